import json
import math

import pytest

from voicelab.analysis.turn_table import turn_table
from voicelab.analysis.turns import CallTurn, call_turns
from voicelab.call.moment import Moment, fact

RATE_HZ = 8000


def note(t_ms, name, **details):
    return fact(round(t_ms * 1e6), name, details)


def model(t_ms, type, way="in", **fields):
    return Moment(round(t_ms * 1e6), "model", way, "m", json.dumps({"type": type, **fields}))


def ready(at_ms=0.0, delay_ms=0.0):
    vad = {"type": "server_vad", "prefix_padding_ms": 300, "silence_duration_ms": 500}
    session = {"audio": {"input": {"turn_detection": vad}}}
    formats = {"heard": "mulaw/8000", "said": "mulaw/8000"}
    return [
        model(0, "session.updated", session=session),
        note(1, "model_ready", at_ms=at_ms, delay_ms=delay_ms, **formats),
    ]


def caller(item, begin_ms, end_ms, text, at_ms):
    """Speech from begin to end, on the model's clock; the end is told at a time of the call's."""
    spoken = "conversation.item.input_audio_transcription.completed"
    return [
        model(
            begin_ms + 60,
            "input_audio_buffer.speech_started",
            item_id=item,
            audio_start_ms=begin_ms - 300,
        ),
        model(at_ms, "input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=end_ms + 500),
        model(at_ms + 1, spoken, item_id=item, transcript=text),
    ]


def agent(item, given_ms, text, said_ms, begins_ms, heard_at_ms, at):
    delta = {"bytes": said_ms * 8, "crc32": "0"}
    return [
        model(given_ms, "response.output_audio.delta", item_id=item, delta=delta),
        model(given_ms, "response.output_audio_transcript.done", item_id=item, transcript=text),
        note(begins_ms, "item_begins", item=item),
        note(begins_ms + 500, "item_placed", item=item, at=at, heard_ms=heard_at_ms),
    ]


def over(t_ms, item, until):
    return [note(t_ms, "item_heard", item=item), note(t_ms, "item_over", item=item, until=until)]


TURN = [
    *ready(),
    *caller("u1", 1000, 2000, "Hello?", at_ms=2550),
    *agent("a1", 2650, "Good evening.", 800, 2660, 2700, at=21600),
    *over(4000, "a1", until=28000),
]


def test_a_turn_of_each_side_and_where_the_wait_went():
    asked, answered = call_turns(TURN, RATE_HZ)
    assert asked == CallTurn("caller", "Hello?", 1.0, 2.0)
    assert (answered.who, answered.text) == ("agent", "Good evening.")
    assert (answered.begin_s, answered.end_s) == (2.7, 3.5)
    assert (answered.said_ms, answered.heard_ms, answered.interrupted) == (800, 800, False)
    assert answered.latency_ms == pytest.approx(700)
    parts = (answered.vad_ms, answered.model_ms, answered.bridge_ms, answered.line_ms)
    assert parts == pytest.approx((550, 100, 10, 40))
    assert sum(parts) == pytest.approx(answered.latency_ms)
    assert not answered.spoilt


def test_the_models_clock_is_put_on_the_calls_axis():
    moments = [*ready(at_ms=400.0, delay_ms=4.0), *caller("u1", 1000, 2000, "", at_ms=2900)]
    (asked,) = call_turns(moments, RATE_HZ)
    assert (asked.begin_s, asked.end_s) == pytest.approx((1.396, 2.396))
    assert asked.text is None


def test_a_second_session_begins_its_clock_anew():
    again = [*ready(), *ready(at_ms=60_000.0), *caller("u2", 1000, 2000, "", at_ms=62_500)]
    (asked,) = call_turns(again, RATE_HZ)
    assert (asked.begin_s, asked.end_s) == (61.0, 62.0)


def test_an_interrupted_turn_has_what_was_heard_of_it():
    cut = note(
        3200,
        "interrupted",
        item="a1",
        heard_ms=480.0,
        source="ack",
        uncertainty_ms=2.5,
        received_ms=900.0,
    )
    moments = [*TURN[:-2], cut, note(3200, "item_over", item="a1", until=25_440)]
    (_, answered) = call_turns(moments, RATE_HZ)
    assert answered.interrupted
    assert (answered.said_ms, answered.heard_ms, answered.uncertainty_ms) == (900, 480, 2.5)
    assert answered.end_s == 3.18


def test_what_was_never_heard_answers_nobody():
    unheard = model(
        2600, "response.output_audio.delta", item_id="a0", delta={"bytes": 80, "crc32": "0"}
    )
    cut = note(2610, "interrupted", item="a0", heard_ms=0.0, uncertainty_ms=0.0, received_ms=10.0)
    _, answered, lost = call_turns([*TURN[:5], unheard, cut, *TURN[5:]], RATE_HZ)
    assert (lost.begin_s, lost.heard_ms, lost.interrupted) == (None, 0.0, True)
    assert lost.latency_ms is None
    assert answered.latency_ms == pytest.approx(700)


def test_a_greeting_answers_nobody():
    (greeting,) = call_turns([*ready(), *agent("a0", 20, "Hello.", 500, 30, 50, at=400)], RATE_HZ)
    assert greeting.latency_ms is None
    assert (greeting.begin_s, greeting.end_s, greeting.heard_ms) == (0.05, None, None)


def test_tools_are_named_with_their_outputs_and_their_time():
    call = {"type": "function_call", "name": "minutes", "call_id": "c1", "arguments": '{"n": 2}'}
    output = {"type": "function_call_output", "call_id": "c1", "output": "25"}
    tools = [
        model(2560, "response.output_item.done", item=call),
        note(2620, "tool", tool="minutes", call_id="c1", ms=60.0, problem=None),
        model(2621, "conversation.item.create", way="out", item=output),
    ]
    _, answered = call_turns([*TURN[:5], *tools, *TURN[5:]], RATE_HZ)
    assert answered.tools == ('minutes({"n": 2}) → 25',)
    assert (answered.tool_ms, answered.model_ms) == (60.0, pytest.approx(40))


@pytest.mark.parametrize(("at_ms", "spoilt"), [(2600, True), (2690, True), (900, False)])
def test_a_stall_in_the_wait_spoils_it(at_ms, spoilt):
    stall = note(at_ms, "stall", ms=80.0, at=0)
    _, answered = call_turns(sorted([*TURN, stall], key=lambda m: m.t_ns), RATE_HZ)
    assert answered.spoilt is spoilt


def test_a_client_that_plays_by_itself_truncates_itself():
    first = Moment(round(100e6), "browser", "in", "bin", bytes(4800))
    truncate = model(2900, "conversation.item.truncate", way="out", item_id="a1", audio_end_ms=200)
    delta = model(
        2650, "response.output_audio.delta", item_id="a1", delta={"bytes": 48_000, "crc32": "0"}
    )
    said = caller("u1", 1000, 2000, "Hello?", at_ms=2550)
    asked, answered = call_turns([first, ready()[0], *said, delta, truncate], 24_000)
    assert (asked.begin_s, asked.end_s) == (1.0, 2.0)
    assert (answered.begin_s, answered.end_s) == pytest.approx((2.65, 2.85))
    assert (answered.said_ms, answered.heard_ms, answered.interrupted) == (1000, 200, True)
    assert answered.latency_ms == pytest.approx(650)


def test_a_journal_without_an_agent_has_no_turns():
    assert call_turns([note(1, "gap", frames=1, samples=160, at=0)], RATE_HZ) == []
    assert list(turn_table([]).columns)[:4] == ["who", "text", "begin_s", "end_s"]


def test_what_is_no_event_is_passed_over():
    broken = Moment(1, "model", "in", "m", "[1, 2]")
    assert call_turns([broken, *TURN], RATE_HZ) == call_turns(TURN, RATE_HZ)


def test_the_table_has_a_row_a_turn():
    table = turn_table(call_turns(TURN, RATE_HZ))
    assert list(table.who) == ["caller", "agent"]
    assert math.isnan(table.latency_ms[0])
    assert table.latency_ms[1] == 700.0
    assert table.tools[1] == ""
