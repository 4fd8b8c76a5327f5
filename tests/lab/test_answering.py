"""A lab whose calls are answered: over real sockets, by people's own functions."""

import asyncio
import time
from html import unescape

import numpy as np
import pytest

from voicelab import Agent, Audio, HangUp, Lab, LocalRealtime, ToolCall, load
from voicelab.errors import StateError
from voicelab.lab.picture import facts_table

pytestmark = pytest.mark.net

YES = "data/prompts/yes.wav"
QUESTION = "data/prompts/question.wav"
BEEP = Audio((8000 * np.sin(np.arange(4800) * 0.3)).astype(np.int16), 8000)


@pytest.fixture
def open_lab(tmp_path):
    def opened(agent="local", **options):
        places = {"recordings": tmp_path / "recordings", "webhook_log": tmp_path / "webhooks.log"}
        return Lab.open(agent, port=0, voice_port=0, **places, **options)

    return opened


def facts(call, name):
    return [moment.data for moment in call.moments() if moment.name == name]


@pytest.mark.parametrize(
    ("host", "format"), [("kernel", "mulaw/8000"), ("thread", "l16/16000"), ("kernel", "l16/8000")]
)
async def test_a_caller_is_greeted_and_answered(open_lab, host, format):
    async with await open_lab(host=host, format=format) as lab:
        assert "agent local, calls: 0 running, 0 in all>" in repr(lab)
        call = await lab.dial(YES, strict=True)
        await call.ended(timeout=30)
        local = lab._exchange.answering.local
        assert (local.opened, local.sessions) == (1, 0)
    assert call.result.offences == ()
    turns = call.turns()
    assert list(turns.who) == ["agent", "caller", "agent"]
    assert list(turns.text[1:]) == ["Yes, that is right."] * 2
    assert turns.begin_s.is_monotonic_increasing
    assert turns.latency_ms[2] >= 500  # the silence that ends a turn
    assert call.audio("heard").samples[:, 1].any()
    assert facts(call, "model_ready")[0]["heard"] == (
        "mulaw/8000" if format == "mulaw/8000" else "l16/24000"
    )
    assert lab._exchange.answering.left() == []


async def test_a_lab_without_an_agent_has_no_voice_port(open_lab):
    async with await open_lab(None) as lab:
        assert (lab.bridge, lab.voice_url, lab.agent) == (None, None, "none")
        assert lab.sink.server.options.stream.format.encoding == "l16"
        freed = await lab.close()
    assert freed.voice_port is None


@pytest.mark.parametrize("host", ["kernel", "thread"])
async def test_closing_says_that_both_ports_are_free(open_lab, host):
    lab = await open_lab(host=host)
    ports = lab.sink.port, lab.bridge.port
    freed = await lab.close()
    assert (freed.port, freed.voice_port) == ports
    assert freed.left == ()
    assert f"port {ports[0]}, port {ports[1]}" in repr(freed)
    assert await lab.close() == freed


@pytest.mark.parametrize("host", ["kernel", "thread"])
async def test_a_function_answers_on_the_notebooks_loop(open_lab, host):
    loops, seen = [], []

    async def agent(turn):
        loops.append(asyncio.get_running_loop())
        seen.append(turn)
        if len(seen) == 1:
            return BEEP
        return [BEEP, HangUp("all said")]

    async with await open_lab(agent, host=host) as lab:
        assert "agent your agent" in repr(lab)
        call = await lab.dial(YES)
        await call.ended(timeout=30)
    assert set(loops) == {asyncio.get_running_loop()}
    first, second = seen
    assert first.audio.size == 0
    assert second.text == "Yes, that is right."
    assert second.call == call.id
    assert call.result.ended_by == "agent"


async def test_any_realtime_server_can_answer(open_lab):
    async with LocalRealtime() as server, await open_lab(server.url) as lab:
        assert f"agent {server.url}?model=gpt-realtime-2.1," in repr(lab)
        call = await lab.dial(YES)
        await call.ended(timeout=30)
        await lab.close()
        assert (server.opened, server.sessions) == (1, 0)
    assert list(call.turns().who) == ["agent", "caller", "agent"]


async def test_a_server_that_is_not_there_ends_the_call_with_a_reason(open_lab, caplog):
    async with await open_lab("ws://127.0.0.1:9/v1/realtime") as lab:
        call = await lab.dial(YES)
        await call.ended(timeout=30)
    assert call.result.ended_by == "agent"
    assert call.audio("heard").samples[:, 1].any()  # the fallback prompt
    (lost,) = facts(call, "agent_lost")
    assert "127.0.0.1:9" in lost["reason"]
    assert "ended, its agent was lost" in repr(call)
    assert f"lost: {lost['reason']}" in unescape(facts_table(call))
    assert f"Call {call.id} lost its agent: {lost['reason']}" in caplog.messages
    stored = load(call.files.wav)
    assert stored.facts.agent_lost == lost["reason"]
    assert repr(stored) == repr(call)


async def minutes_until(pizzas: int) -> int:
    """Tell how long it takes to deliver."""
    return 10 * pizzas


async def test_a_generator_calls_a_tool_and_hears_its_output(open_lab):
    heard = []

    async def agent(turn):
        last = turn.history[-1] if turn.history else None
        if last and last.who == "tool":
            heard.append(last.text)
            yield BEEP
            yield HangUp()
        elif turn.text:
            yield ToolCall("minutes_until", {"pizzas": 3})

    async with await open_lab(Agent(agent, tools=[minutes_until], greeting=False)) as lab:
        call = await lab.dial(YES)
        await call.ended(timeout=30)
    assert heard == ["30"]
    assert facts(call, "tool")[0]["problem"] is None
    assert call.turns().tools.iloc[-1].startswith('minutes_until({"pizzas": 3}) → 30; hang_up(')


async def edited(turn):
    return "first"


async def test_an_edited_function_counts_for_the_next_call(open_lab, monkeypatch):
    spoken = []

    async def second(turn):
        spoken.append(turn)
        return HangUp()

    async with await open_lab(edited) as lab:
        monkeypatch.setitem(globals(), "edited", second)
        call = await lab.dial(YES)
        await call.ended(timeout=30)
    assert spoken


async def test_a_function_that_is_too_slow_is_left(open_lab):
    ended = []

    async def agent(turn):
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async with await open_lab(Agent(agent, timeout_s=0.2)) as lab:
        call = await lab.dial(YES, hold_s=0.5)
        await call.ended(timeout=30)
        assert "answers too late" in repr(lab)
    assert all(ended)
    assert call.turns().text[0].startswith("Sorry")


async def test_a_cell_that_keeps_the_loop_costs_an_answer_and_not_the_call(open_lab):
    asked = []

    async def agent(turn):
        asked.append(turn)
        return HangUp()

    async with await open_lab(Agent(agent, timeout_s=0.3), host="thread") as lab:
        call = await lab.dial(YES)
        busy_until = time.monotonic() + 30
        while "answers too late: 1" not in repr(lab) and time.monotonic() < busy_until:
            time.sleep(0.5)  # noqa: ASYNC251 - as a busy cell does
        await call.ended(timeout=30)
        assert "answers too late: 1" in repr(lab)
    assert call.turns().text[0].startswith("Sorry")
    assert call.result.ended_by == "agent"
    assert len(asked) == 1
    assert np.array_equal(call.audio().samples, call.sent_pcm())


async def test_a_tool_that_is_too_slow_is_answered_in_words(open_lab):
    async def oven() -> str:
        await asyncio.sleep(60)
        return "too late"

    async with await open_lab(Agent(tools=[oven], timeout_s=0.2)) as lab:
        call = await lab.dial(YES)
        await call.ended(timeout=30)
    assert facts(call, "tool")[0]["problem"] == "The tool oven did not answer within 0.2 s."
    assert "did not answer" in call.turns().tools.iloc[-1]


async def test_of_two_labs_opened_at_once_one_is_left(open_lab):
    opened = await asyncio.gather(open_lab(), open_lab(), return_exceptions=True)
    (lab,) = [each for each in opened if isinstance(each, Lab) and each.is_open]
    for other in opened:
        assert other is lab or isinstance(other, StateError) or not other.is_open
    await lab.close()


def test_a_lab_whose_loop_is_gone_frees_its_ports(tmp_path):
    places = {"recordings": tmp_path, "webhook_log": tmp_path / "log"}

    async def left_open():
        return await Lab.open(port=0, voice_port=0, **places)

    async def again(lab):
        ports = {"port": lab.sink.port, "voice_port": lab.bridge.port}
        async with await Lab.open(**ports, **places) as second:
            return second.is_open

    lab = asyncio.run(left_open())
    assert asyncio.run(again(lab))


async def test_an_interruption_is_heard_seen_and_drawn(open_lab):
    async with await open_lab() as lab:
        call = await lab.dial([QUESTION, 1.3, YES])
        await call.ended(timeout=40)
    (cut,) = facts(call, "interrupted")
    row = call.turns().query("interrupted").iloc[0]
    assert row.heard_ms == cut["heard_ms"] < row.said_ms
    begin, end = (round(row[edge] * 8000) for edge in ("begin_s", "end_s"))
    assert abs(end - begin - row.heard_ms * 8) <= 16  # the table is to the millisecond
    labels = {text.get_text() for axes in call.plot().axes for text in axes.texts}
    assert "interrupted" in labels
    assert any(label.endswith(" ms") for label in labels)


async def test_a_running_call_is_told_made_to_speak_and_followed(open_lab):
    async with await open_lab() as lab:
        call = await lab.dial(YES, hold_s=6)
        following = lab.follow(call)
        await lab.say(call, "Sorry, I did not catch that, please say it once more.")
        await lab.inject(call.id, "How long will it take to deliver them?")
        told = []
        async for moment in following:
            told.append(moment)
            if sum(m.name == "item_heard" for m in told) == 4:
                await call.hangup()
        await call.ended(timeout=30)
        with pytest.raises(StateError):
            await lab.say(call, "Hello?")
        with pytest.raises(StateError):
            await lab.inject(call, "Hello?")
        with pytest.raises(StateError, match="none of this lab"):
            lab.follow("nobody")
    spoken = set(call.turns().query("who == 'agent'").text)
    assert "Sorry, I did not catch that, please say it once more." in spoken
    assert "How long will it take to deliver them?" in spoken
    assert any(moment.name == "ended" for moment in told)


async def test_without_an_agent_there_is_nobody_to_tell(open_lab):
    async with await open_lab(None) as lab:
        call = await lab.dial(YES)
        with pytest.raises(StateError, match="no agent"):
            await lab.inject(call, "Hello?")
        with pytest.raises(StateError, match="no agent"):
            await lab.say(call, "Hello?")
