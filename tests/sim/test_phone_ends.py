"""How a simulated call ends: by a person, or because something broke."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from voicelab.errors import CallTimeout
from voicelab.sim import Carrier

pytestmark = pytest.mark.net

FAST = {"speed": 20.0, "hold_s": 0.5}


async def test_the_server_closes(application, tone):
    async def agent(app, socket):
        await anext(app.texts_of(socket))
        await socket.close(code=1000)

    app = await application(agent)
    result = await (await Carrier(app.base, **FAST).dial(tone)).ended(timeout=20)
    assert (result.ended_by, result.notes) == ("server", ())
    assert app.events()[-2:] == ["DroppedStream", "Hangup"]
    assert app.fields("Hangup")["HangupCauseCode"] == "4010"


async def test_the_server_closes_with_a_reason(application, tone):
    async def agent(app, socket):
        await anext(app.texts_of(socket))
        await socket.close(code=1008, message=b"who are you")

    app = await application(agent)
    result = await (await Carrier(app.base, **FAST).dial(tone)).ended(timeout=20)
    assert (result.ended_by, result.notes) == (
        "server",
        ("the server closed with 1008 who are you",),
    )


async def test_the_server_dies(application, tone):
    async def agent(app, socket):
        await anext(app.texts_of(socket))
        socket._req.transport.abort()

    app = await application(agent)
    result = await (await Carrier(app.base, **FAST).dial(tone)).ended(timeout=20)
    assert result.ended_by == "error"
    assert "broke off" in result.notes[0]
    assert app.events()[-1] == "Hangup"


async def test_a_server_that_takes_nothing_does_not_hold_the_call(application, tone, monkeypatch):
    from voicelab.sim import simulated_call

    release = asyncio.Event()

    async def agent(app, socket):
        socket._req.transport.pause_reading()
        await release.wait()

    monkeypatch.setattr(simulated_call, "SEND_TIMEOUT_S", 0.05)
    monkeypatch.setattr(simulated_call, "CLOSE_TIMEOUT_S", 0.05)
    app = await application(agent)
    call = await Carrier(app.base, speed=100_000.0, hold_s=1e6, max_s=1e6).dial(tone)
    result = await call.ended(timeout=20)
    release.set()
    assert result.ended_by == "error"
    assert "took no frame" in result.notes[0]


async def test_a_stream_that_nothing_holds_ends_at_once(application, tone):
    app = await application(stream={"keep_call_alive": False})
    call = await Carrier(app.base, **FAST).dial(tone)
    result = await call.ended(timeout=20)
    assert result.ended_by == "error"
    assert "keepCallAlive" in result.notes[0]
    assert app.texts[0]["event"] == "start"
    assert app.fields("Hangup")["HangupCauseCode"] == "4010"


async def test_the_caller_hangs_up(application, tone):
    app = await application()
    call = await Carrier(app.base, hold_s=60).dial(tone)
    assert "speaking" in repr(call)
    assert call.result.ended_by is None
    with pytest.raises(CallTimeout, match="still runs"):
        await call.ended(timeout=0.01)
    result = await call.hangup()
    assert result.ended_by == "caller"
    assert app.events()[-1] == "Hangup"
    assert app.events().count("Hangup") == 1
    assert await call.hangup() == result
    assert "ended by caller" in repr(call)


async def test_leaving_the_block_ends_the_call(application, tone):
    app = await application()
    async with await Carrier(app.base, hold_s=60).dial(tone) as call:
        pass
    assert call.result.ended_by == "caller"
    assert app.events()[-1] == "Hangup"


async def test_cancelling_leaves_nothing(application, tone):
    app = await application()
    before = asyncio.all_tasks()
    call = await Carrier(app.base, hold_s=60).dial(tone)
    for task in asyncio.all_tasks() - before:
        if task.get_name().startswith("simulated call"):
            task.cancel()
    result = await call.ended(timeout=20)
    assert result.ended_by == "caller"
    assert app.log[0] == "StartApp"


@pytest.mark.parametrize("steps", [1, 5, 10, 20, 40, 80])
async def test_cancelling_the_dialling_leaves_nothing(application, tone, steps):
    app = await application()
    dialling = asyncio.create_task(Carrier(app.base, hold_s=60).dial(tone))
    for _ in range(steps):
        await asyncio.sleep(0)
    dialling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await (await dialling).aclose()


async def test_progress_is_told_up_to_the_end_of_the_words(application, tone):
    app = await application()
    told = []
    carrier = Carrier(app.base, **FAST)
    call = await carrier.dial(tone, on_progress=lambda sent_s, of_s: told.append((sent_s, of_s)))
    await call.ended(timeout=20)
    assert told[-1] == (1.0, 1.0)
    assert told == sorted(told)
    assert len(told) <= 10


async def test_a_callback_of_a_person_may_fail(application, tone, caplog):
    def fails(*_):
        raise RuntimeError("a cell's mistake")

    app = await application()
    call = await Carrier(app.base, **FAST).dial(tone, on_fact=fails, on_progress=fails)
    result = await call.ended(timeout=20)
    assert result.ended_by == "caller"
    assert [record.message for record in caplog.records] == [
        "on_fact failed; it is not called again",
        "on_progress failed; it is not called again",
    ]
