import asyncio
import gc
import json
import sys
import threading
import warnings

import aiohttp
import numpy as np
import pytest

from voicelab import Call, Lab, Sink, load
from voicelab.call.settings import StreamSettings
from voicelab.errors import (
    CallNotFound,
    CallTimeout,
    FormatError,
    PortBusy,
    SettingError,
    StateError,
    VoicelabError,
)
from voicelab.lab import callers
from voicelab.sim.prompts import prompt_path

pytestmark = pytest.mark.net

YES = prompt_path("yes")


async def test_dialling_returns_when_the_call_has_started(lab):
    call = await lab.dial(YES, speed=2)
    assert call.running
    assert call.id
    assert "running" in repr(call)
    with pytest.raises(CallTimeout, match=r"hangup\(\)"):
        await call.ended(timeout=0.01)
    assert await call.ended(timeout=20) is call
    assert not call.running
    assert call.result.ended_by == "caller"


async def test_a_running_call_can_be_looked_at_and_hung_up(lab):
    call = await lab.dial(prompt_path("order"))
    with lab.sink.server.hub.subscribe(f"call:{call.id}") as follower:
        frames = 0
        async for moment in follower:
            frames += moment.leg == "carrier"
            if frames > 60:
                break
    assert len(call.audio().samples) >= 8000
    assert "image/png" in call._repr_mimebundle_()["text/html"]
    assert not call.facts.ended_why
    await call.hangup()
    await call.ended(timeout=5)
    assert call.audio().duration_s < 4
    assert call.result.ended_by == "caller"


async def test_the_lab_knows_its_calls(lab):
    first = await lab.dial(YES, speed=20)
    second = await lab.dial(YES, speed=20)
    await first.ended(timeout=20)
    await second.ended(timeout=20)
    assert {call.id for call in lab.calls()} == {first.id, second.id}
    assert first in lab.calls()
    assert "calls: 0 running, 2 in all" in repr(lab)
    assert first.id[:8] in lab._repr_mimebundle_()["text/html"]


async def test_a_call_from_outside_is_in_the_list(lab):
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{lab.url}/stream") as ws:
        await ws.send_str(
            json.dumps({"event": "start", "start": {"callId": "CA", "streamId": "S"}})
        )
        await lab.sink.server.registry.wait_for("CA")
        (call,) = lab.calls()
        assert call.running
        assert call.result is None
        with pytest.raises(StateError, match="simulated"):
            call.sent_pcm()
        await call.hangup()
        assert (await ws.receive_json(timeout=5))["event"] == "stop"
    await call.ended(timeout=5)


async def test_the_simulators_facts_are_in_the_journal(lab):
    call = await lab.dial(YES, speed=20)
    await call.ended(timeout=20)
    names = [m.name for m in call.moments() if m.leg == "sim"]
    assert names == ["start", "hangup"]
    assert list(call.facts.callbacks) == ["StartApp", "StartStream", "DroppedStream", "Hangup"]
    written = lab.sink.server.options.webhook_log.read_text().splitlines()
    log = [json.loads(line) for line in written]
    assert sorted(e["Event"] for e in log) == ["DroppedStream", "Hangup", "StartStream"]


async def test_a_call_of_another_format_than_asked_for(lab):
    call = await lab.dial(YES, format="mulaw/8000", speed=20)
    await call.ended(timeout=20)
    assert call.facts.format == "mulaw/8000"
    assert "mu-law encoding" in " ".join(call.result.notes)


@pytest.mark.parametrize(
    ("caller", "error"),
    [("absent.wav", FormatError), (".", FormatError), (__file__, FormatError)],
)
async def test_what_is_no_audio_is_told(lab, caller, error):
    with pytest.raises(error):
        await lab.dial(caller)
    assert lab.calls() == []


async def test_options_that_make_no_sense(tmp_path):
    for options in (
        {"host": "moon"},
        {"byte_order": "middle"},
        {"format": "l16/24000"},
        {"agent": "remote"},
        {"port": 70000},
        {"port": "many"},
        {"address": "192.0.2.1"},
        {"signatures": "maybe"},
        {"public_url": "p"},
    ):
        with pytest.raises(SettingError):
            await Lab.open(**({"agent": None, "port": 0, "recordings": tmp_path} | options))


async def test_running_a_cell_again_replaces_its_lab(tmp_path):
    first = await Lab.open(agent=None, port=0, recordings=tmp_path)
    call = await first.dial(YES)
    second = await Lab.open(agent=None, port=first.sink.port, recordings=tmp_path)
    assert not first.is_open
    assert second.is_open
    assert second.sink.port == first.sink.port
    assert not call.running
    await second.close()
    await second.close()


async def test_labs_of_different_names_stand_side_by_side(tmp_path):
    async with (
        await Lab.open(agent=None, port=0, name="a", recordings=tmp_path) as a,
        await Lab.open(agent=None, port=0, name="b", recordings=tmp_path) as b,
    ):
        assert a.is_open
        with pytest.raises(PortBusy, match=str(b.sink.port)):
            await Lab.open(agent=None, port=b.sink.port, name="c")


async def test_the_default_port_moves_where_it_is_busy(monkeypatch, tmp_path):
    monkeypatch.delenv("PORT", raising=False)
    async with (
        await Sink.open(name="one", recordings=tmp_path) as one,
        await Sink.open(name="two", recordings=tmp_path) as two,
    ):
        assert one.port != two.port
        assert str(two.port) in repr(two)
    assert "closed" in repr(two)


async def test_a_closed_lab_says_so(lab):
    call = await lab.dial(YES, speed=20)
    await lab.close()
    with pytest.raises(StateError, match="closed"):
        await lab.dial(YES)
    assert await call.ended() is call
    await call.hangup()


async def test_the_thread_host_leaves_the_switch_interval_as_it_was(tmp_path):
    before = sys.getswitchinterval()
    async with await Lab.open(agent=None, port=0, host="thread", recordings=tmp_path) as lab:
        assert sys.getswitchinterval() == pytest.approx(0.0005)
        assert any(t.name == "voicelab engine" for t in threading.enumerate())
        call = await lab.dial(YES, speed=20)
        await call.ended(timeout=20)
        assert call.audio().duration_s > 0
    assert sys.getswitchinterval() == pytest.approx(before)


async def test_a_cancelled_dial_leaves_nothing(lab, monkeypatch):
    task = asyncio.create_task(lab.dial(YES))
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    monkeypatch.setattr(callers, "_START_S", 0.0)
    with pytest.raises(CallTimeout):
        await lab.dial(YES)


async def test_a_call_that_could_not_be_stored_says_so(tmp_path):
    place = tmp_path / "recordings"
    async with await Lab.open(agent=None, port=0, recordings=place) as lab:
        place.rmdir()
        place.write_text("")
        call = await lab.dial(YES, speed=20)
        await call.ended(timeout=20)
        assert "could be created" in call.problem
        assert "nothing could be created" in repr(call)
        with pytest.raises(CallNotFound, match="could be created"):
            call.audio()
        assert "could be created" in call._repr_mimebundle_()["text/html"]


async def test_a_place_that_cannot_be_written_is_told_before_any_call(tmp_path):
    (tmp_path / "file").write_text("")
    for options in (
        {"recordings": tmp_path / "file"},
        {"recordings": tmp_path, "webhook_log": tmp_path},
        {"recordings": tmp_path, "webhook_log": tmp_path / "file" / "log"},
    ):
        with pytest.raises(SettingError, match=r"recordings|webhook_log"):
            await Lab.open(agent=None, port=0, **options)


async def test_what_was_replaced_is_told(tmp_path):
    first = await Lab.open(agent=None, port=0, recordings=tmp_path)
    async with await Lab.open(agent=None, port=0, recordings=tmp_path) as second:
        assert f"it replaced <Lab: open on {first.url}" in repr(second)


def test_a_lab_whose_loop_has_ended_makes_way(tmp_path):
    async def leave_open():
        lab = await Lab.open(agent=None, port=0, recordings=tmp_path)
        await lab.dial(YES)
        return lab.sink.port

    async def open_again(port):
        async with await Lab.open(agent=None, port=port, recordings=tmp_path) as lab:
            return lab.sink.port

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        port = asyncio.run(leave_open())
        assert asyncio.run(open_again(port)) == port
        gc.collect()


async def test_only_a_path_can_call(lab):
    for caller in (None, 7, b"x.wav"):
        with pytest.raises(FormatError, match="path of an audio file"):
            await lab.dial(caller)


def test_an_error_in_a_notebook_is_its_line_and_its_sentence():
    cell = compile("def dial():\n    fail()\ndial()", "/tmp/ipykernel_7/1.py", "exec")

    def fail():
        raise FormatError("No such thing.")

    try:
        exec(cell, {"fail": fail})
    except FormatError as error:
        shown = error._render_traceback_()
    assert shown[0].startswith("line 2")
    assert shown[-1] == "FormatError: No such thing."


@pytest.mark.parametrize("host", ["kernel", "thread"])
async def test_a_close_that_is_interrupted_goes_on(tmp_path, host):
    lab = await Lab.open(agent=None, port=0, host=host, recordings=tmp_path)
    call = await lab.dial(YES)
    closing = asyncio.create_task(lab.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)
    await lab.close()
    assert not call.running
    assert call.facts.ended_why


async def test_closing_from_another_loop_changes_nothing(lab):
    def elsewhere():
        asyncio.run(lab.close())

    with pytest.raises(StateError, match="another event loop"):
        await asyncio.to_thread(elsewhere)
    assert lab.is_open
    call = await lab.dial(YES, speed=20)
    await call.ended(timeout=20)


@pytest.mark.parametrize("delay_s", [0.0, 0.005, 0.02, 0.05])
async def test_what_is_under_way_on_the_thread_ends_with_the_lab(tmp_path, delay_s):
    lab = await Lab.open(agent=None, port=0, host="thread", recordings=tmp_path)
    dialling = asyncio.create_task(lab.dial(YES))
    await asyncio.sleep(delay_s)
    await lab.close()
    async with asyncio.timeout(10):
        (outcome,) = await asyncio.gather(dialling, return_exceptions=True)
    assert isinstance(outcome, Call | VoicelabError)


async def test_progress_is_told_on_the_loop_that_dialled(tmp_path):
    told = []
    async with await Lab.open(agent=None, port=0, host="thread", recordings=tmp_path) as lab:
        call = await lab.dial(
            YES, speed=10, on_progress=lambda *done: told.append((threading.get_ident(), done))
        )
        await call.ended(timeout=20)
        await asyncio.sleep(0)
    assert {thread for thread, _ in told} == {threading.get_ident()}
    assert told[-1][1][0] == pytest.approx(told[-1][1][1], abs=0.05)


async def test_callbacks_that_make_no_sense_do_not_spoil_a_call(lab):
    call = await lab.dial(YES, speed=20)
    query = {"CallUUID": call.result.call_id, "Event": "Odd"}
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{lab.url}/webhook", params=query, data=b"[]") as answer:
            assert answer.status == 200
        body = f"{{=1&Event=Brace&CallUUID={call.result.call_id}"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        async with http.post(f"{lab.url}/webhook", data=body, headers=form) as answer:
            assert answer.status == 200
    await call.ended(timeout=20)
    stored = load(call.files.journal)
    assert "Odd" in stored.facts.callbacks
    assert "ended" in repr(stored)


async def test_settings_reach_the_stream(tmp_path):
    settings = StreamSettings(media_timeout_s=7.0, byte_order="little")
    async with await Lab.open(
        agent=None, port=0, recordings=tmp_path, settings=settings, byte_order="big"
    ) as lab:
        stream = lab.sink.server.options.stream
    assert (stream.media_timeout_s, stream.byte_order) == (7.0, "big")


@pytest.mark.parametrize("host", ["kernel", "thread"])
async def test_a_lab_can_stop_and_start(tmp_path, host):
    async with await Lab.open(
        agent=None,
        port=0,
        host=host,
        recordings=tmp_path,
        webhook_log=tmp_path / "log",
        name=f"stop {host}",
    ) as lab:
        first = await lab.dial(prompt_path("order"))
        await lab.stop()
        await lab.stop()
        assert lab.is_open
        assert "stopped" in repr(lab)
        assert not first.running
        with pytest.raises(StateError, match=r"lab\.start\(\)"):
            await lab.dial(YES)
        await lab.start()
        await lab.start()
        second = await lab.dial(YES, speed=20)
        await second.ended(timeout=20)
        assert [call.caller for call in lab.calls()] == ["order", "yes"]
        assert (second.audio().samples == second.sent_pcm()).all()
    with pytest.raises(StateError, match="closed"):
        await lab.start()


async def test_the_sound_of_a_call_can_be_followed(lab):
    pieces = []
    call = await lab.dial(YES, byte_order="little")
    [session] = lab.sink.server.registry.running
    with lab.sink.server.hub.subscribe(session.audio_topic) as follower:
        async for piece in follower:
            pieces.append(piece)
            if piece is None:
                break
    await call.ended(timeout=20)
    assert pieces[-1] is None  # all before it was in the other byte order
    offset, pcm = pieces[-2]
    swapped = np.frombuffer(pcm, "<i2").byteswap()
    assert (call.audio().samples[offset : offset + swapped.size] == swapped).all()
    assert swapped.any()
