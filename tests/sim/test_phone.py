from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket as sockets

import numpy as np
import pytest
import soundfile

from voicelab.audio.format import AudioFormat
from voicelab.errors import CallTimeout, DialError, FormatError, SettingError
from voicelab.protocol import vobiz
from voicelab.sim import Carrier
from voicelab.sim.dialling import excerpt
from voicelab.sim.webhooks import Reply

pytestmark = pytest.mark.net

FAST = {"speed": 20.0, "hold_s": 0.5}
TOKEN = "test_token_0001"


def decoded(application, line: AudioFormat, byte_order: str) -> np.ndarray:
    wire = b"".join(base64.b64decode(media["payload"]) for media in application.media())
    return line.to_int16(wire, byte_order)


async def test_a_call_to_a_sink_in_full_order(application, tone):
    app = await application()
    call = await Carrier(app.base, **FAST).dial(tone)
    result = await call.ended(timeout=20)
    await asyncio.sleep(0)
    assert app.log[0] == "StartApp"
    assert app.log[1] == "open"
    assert sorted(app.log[2:4]) == ["StartStream", "start"]
    assert sorted(app.log[4:6]) == ["DroppedStream", "closed"]
    assert app.log[6:] == ["Hangup"]
    assert app.closed_with == 1000
    assert result.ended_by == "caller"
    assert result.hangup == vobiz.NORMAL_HANGUP
    assert result.frames_sent >= 75
    assert (result.frames_received, result.first_audio_ms, result.checkpoints) == (0, None, 0)
    assert (result.offences, result.notes) == ((), ())
    assert json.loads(json.dumps(result.as_dict()))["hangup"]["code"] == 4000

    start, *media = app.texts
    assert start["start"]["mediaFormat"] == {"encoding": "audio/x-l16", "sampleRate": 8000}
    assert [text["sequenceNumber"] for text in app.texts] == list(range(result.frames_sent + 1))
    assert [text["media"]["chunk"] for text in media] == list(range(1, result.frames_sent + 1))
    stamps = [int(text["media"]["timestamp"]) for text in media]
    assert set(np.diff(stamps)) == {20}
    assert {text["streamId"] for text in media} == {call.stream_id}
    assert np.array_equal(decoded(app, call.format, "little"), call.sent_pcm())


async def test_the_callbacks_tell_one_story(application, tone):
    app = await application()
    carrier = Carrier(app.base, from_number="+15550100009", hangup_url=app.url("/hangup"), **FAST)
    call = await carrier.dial(tone)
    await call.ended(timeout=20)
    assert {fields["CallUUID"] for _, fields in app.requests} == {call.call_id}
    assert app.texts[0]["start"]["callId"] == call.call_id
    start = app.fields("StartApp")
    assert (start["From"], start["Direction"]) == ("15550100009", "inbound")
    assert app.fields("StartStream")["StreamID"] == call.stream_id
    assert app.fields("StartStream")["ServiceURL"].endswith("/stream?key=secret")
    assert app.fields("DroppedStream")["Error"] != ""
    assert app.fields("Hangup")["HangupCauseCode"] == "4000"
    assert {r.path for r, f in app.requests if f["Event"] == "Hangup"} == {"/hangup"}
    for request, _ in app.requests:
        assert request.headers["User-Agent"] == "Vobiz"
        assert request.content_type == "application/x-www-form-urlencoded"
        assert vobiz.verify(request.headers, str(request.url), TOKEN) == "absent"


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_callbacks_are_signed(application, tone, method):
    app = await application(stream={"status_callback_method": method})
    carrier = Carrier(app.base + "/?plan=a%20b", auth_token=TOKEN, method=method, **FAST)
    await (await carrier.dial(tone)).ended(timeout=20)
    assert app.events()[0] == "StartApp"
    assert sorted(app.events()[1:-1]) == ["DroppedStream", "StartStream"]
    for request, fields in app.requests:
        url = str(request.url).partition("?")[0]
        assert request.method == method
        assert vobiz.verify(request.headers, url, TOKEN) == "valid"
        assert vobiz.verify(request.headers, url, "another") == "invalid"
        assert fields["CallUUID"]
    assert app.requests[0][0].query["plan"] == "a b"
    assert TOKEN not in repr(carrier) + repr(vars(carrier))


@pytest.mark.parametrize(
    ("asked", "forced", "order"),
    [
        ("audio/x-l16;rate=8000", None, "little"),
        ("audio/x-l16;rate=8000", None, "big"),
        ("audio/x-l16;rate=16000", None, "little"),
        ("audio/x-l16;rate=16000", None, "big"),
        ("audio/x-mulaw;rate=8000", None, "little"),
        (None, "mulaw/8000", "little"),
        ("audio/x-mulaw;rate=8000", "l16/16000", "little"),
    ],
)
async def test_each_line_carries_exactly_what_the_call_says(
    application, tone, asked, forced, order
):
    app = await application(stream={"content_type": asked})
    call = await Carrier(app.base, format=forced, byte_order=order, **FAST).dial(tone)
    await call.ended(timeout=20)
    line = AudioFormat.parse(forced or asked)
    media_format = app.texts[0]["start"]["mediaFormat"]
    assert AudioFormat.of_wire(media_format["encoding"], media_format["sampleRate"]) == line
    sent = call.sent_pcm()
    assert np.array_equal(decoded(app, line, order), sent)
    said = tone(line).samples
    assert np.array_equal(sent[: len(said)], line.to_int16(line.from_int16(said)))


async def test_a_file_is_dialled(application, tmp_path):
    app = await application()
    said = np.arange(-4000, 4000, dtype=np.int16)
    soundfile.write(tmp_path / "said.wav", said, 8000)
    call = await Carrier(app.base, **FAST).dial(tmp_path / "said.wav")
    await call.ended(timeout=20)
    assert np.array_equal(decoded(app, call.format, "little")[:8000], said)
    with pytest.raises(FormatError, match="There is no file"):
        await Carrier(app.base).dial(tmp_path / "gone.wav")
    assert app.events().count("StartApp") == 1


# An agent at the other end


def commands(stream_id: str) -> dict[str, str]:
    audio = (np.arange(1600) % 100 + 1).astype("<i2").tobytes()
    build = vobiz.build
    return {
        "play": build(vobiz.PlayAudio(stream_id, "audio/x-l16", 8000, audio)),
        "checkpoint": build(vobiz.Checkpoint(stream_id, "turn-1")),
        "clear": build(vobiz.ClearAudio(stream_id)),
        "stop": build(vobiz.Stop(stream_id)),
    }


async def test_an_agent_plays_is_acknowledged_clears_and_stops(application, tone):
    async def agent(app, socket):
        texts = app.texts_of(socket)
        say = commands((await anext(texts))["start"]["streamId"])
        await socket.send_str(say["play"])
        await socket.send_str(say["checkpoint"])
        async for text in texts:
            if text["event"] == "playedStream":
                assert text == {"event": "playedStream", "name": "turn-1"}
                await socket.send_str(say["play"])
                await socket.send_str(say["checkpoint"])
                await socket.send_str(say["clear"])
            elif text["event"] == "clearedAudio":
                await socket.send_str(say["stop"])

    app = await application(agent)
    facts = []
    carrier = Carrier(app.base, **FAST)
    call = await carrier.dial(tone, on_fact=lambda ev, data, t_ns: facts.append((ev, data, t_ns)))
    result = await call.ended(timeout=20)
    assert result.ended_by == "agent"
    assert result.hangup == vobiz.END_OF_XML
    assert (result.frames_received, result.checkpoints, result.offences) == (20, 1, ())
    assert result.first_audio_ms is not None
    assert app.closed_with == 1000
    assert app.log[-1] == "Hangup"
    assert sorted(app.events()) == sorted(
        ["StartApp", "StartStream", "PlayedStream", "ClearedAudio", "StopStream", "Hangup"]
    )
    assert app.fields("PlayedStream")["Name"] == "turn-1"
    assert [ev for ev, _, _ in facts] == ["start", "first_audio", "played", "cleared", "hangup"]
    assert [t_ns for _, _, t_ns in facts] == sorted(t_ns for _, _, t_ns in facts)
    assert facts[2][1] == {"checkpoint": "turn-1"}
    heard = call.heard_pcm()
    first = round(call.core.ear.first_audio_s * 8000)
    assert heard[first : first + 1600].tolist() == [i % 100 + 1 for i in range(1600)]
    assert not heard[:first].any()


async def test_a_late_checkpoint_wakes_the_call_on_time(application, tone):
    """At the ear's pace, not at the next frame: acks come between the frames they fall between."""

    async def agent(app, socket):
        texts = app.texts_of(socket)
        say = commands((await anext(texts))["start"]["streamId"])
        await socket.send_str(say["play"])
        await socket.send_str(say["checkpoint"])
        async for _ in texts:
            pass

    app = await application(agent)
    call = await Carrier(app.base, **FAST).dial(tone)
    await call.ended(timeout=20)
    before = [text["event"] for text in app.texts]
    frames_before_ack = before.index("playedStream") - 1
    start_s = call.core.ear.first_audio_s
    assert frames_before_ack >= int((start_s + 0.2) / 0.02 + 1e-6)


async def test_what_is_odd_is_noted_and_the_call_goes_on(application, tone):
    async def agent(app, socket):
        texts = app.texts_of(socket)
        await anext(texts)
        await socket.send_str("what?")
        await socket.send_bytes(b"\x00" * 320)
        await socket.send_str('{"event":"clearAudio","streamId":"of another call"}')
        async for _ in texts:
            pass

    app = await application(agent)
    result = await (await Carrier(app.base, **FAST).dial(tone)).ended(timeout=20)
    assert [offence.rule for offence in result.offences] == [
        "malformed",
        "binary-frame",
        "wrong-stream-id",
    ]
    assert "clearedAudio" in [text["event"] for text in app.texts]
    assert result.ended_by == "caller"


async def test_a_flood_is_taken_and_noted(application, tone):
    async def agent(app, socket):
        texts = app.texts_of(socket)
        say = commands((await anext(texts))["start"]["streamId"])
        for _ in range(300):
            await socket.send_str(say["play"])
        async for _ in texts:
            pass

    app = await application(agent)
    call = await Carrier(app.base, speed=200.0, hold_s=0.5).dial(tone)
    result = await call.ended(timeout=20)
    assert "deep-queue" in {offence.rule for offence in result.offences}
    assert result.frames_received == 3000
    assert result.frames_sent >= 3000


# Ends that nobody wished for


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


# What a person does


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


# Calls that do not come about


async def refused(app_or_url, tone, **options) -> DialError:
    url = app_or_url if isinstance(app_or_url, str) else app_or_url.base
    with pytest.raises(DialError) as error:
        await Carrier(url, **FAST, **options).dial(tone)
    return error.value


async def test_nobody_answers(tone):
    with sockets.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = await refused(f"http://127.0.0.1:{taken.getsockname()[1]}/?key=secret", tone)
    assert error.stage == "answer"
    assert "Nobody answers at http://127.0.0.1" in str(error)
    assert "secret" not in str(error)


async def test_an_address_that_is_none(tone):
    for url in ("localhost:3000", "", "ws://127.0.0.1/"):
        assert (await refused(url, tone)).stage == "answer"


async def test_the_answer_is_an_error(application, tone):
    app = await application(status=500, body="it   broke\nhere")
    error = await refused(app, tone)
    assert error.stage == "answer"
    assert 'status 500 and "it broke here"' in str(error)
    assert app.events() == ["StartApp"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"body": "<Response>"}, "8011"),
        ({"content_type": "text/html"}, "8011"),
        ({"body": "<Response><Stream bidirectional='true'> </Stream></Response>"}, "8011"),
        ({"body": "<Response/>"}, "4010"),
        (
            {
                "body": "<Response><Stream bidirectional='true' audioTrack='both'>ws://x/</Stream>"
                "</Response>"
            },
            "4010",
        ),
        (
            {
                "body": "<Response><Stream bidirectional='true' keepCallAlive='true' "
                "contentType='audio/opus'>ws://x/</Stream></Response>"
            },
            "8011",
        ),
    ],
)
async def test_an_answer_the_provider_refuses(application, tone, options, code):
    app = await application(**options)
    error = await refused(app, tone)
    assert error.stage == "xml"
    assert app.events() == ["StartApp", "Hangup"]
    assert app.fields("Hangup")["HangupCauseCode"] == code
    assert code in str(error) or "audio/opus" in str(error)


async def test_the_socket_does_not_open(application, tone):
    app = await application(refuse_upgrades=9)
    error = await refused(app, tone)
    assert error.stage == "socket"
    assert 'status 503 instead of 101, "not yet"' in str(error)
    assert "secret" not in str(error)
    assert app.events() == ["StartApp", "DroppedStream", "Hangup"]


async def test_a_socket_that_opens_on_the_second_try(application, tone):
    app = await application(refuse_upgrades=1, stream={"max_retries": 1})
    result = await (await Carrier(app.base, **FAST).dial(tone)).ended(timeout=20)
    assert result.ended_by == "caller"
    assert len(app.upgrades) == 2


async def test_nobody_listens_at_the_socket(application, tone):
    with sockets.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        app = await application(stream={"url": f"ws://127.0.0.1:{taken.getsockname()[1]}/s"})
        error = await refused(app, tone)
    assert error.stage == "socket"


async def test_a_callback_is_tried_again(application, tone):
    app = await application(callback_statuses=[500, 503])
    await (await Carrier(app.base, **FAST).dial(tone)).ended(timeout=20)
    assert app.events().count("StartStream") >= 2
    assert app.events()[-1] == "Hangup"


def test_settings_that_make_no_sense_are_refused():
    for options in ({"speed": 0}, {"hold_s": -1}, {"max_s": float("nan")}, {"method": "PUT"}):
        with pytest.raises(SettingError):
            Carrier("http://localhost/", **options)
    with pytest.raises(SettingError, match="byte_order"):
        Carrier("http://localhost/", byte_order="middle")
    with pytest.raises(FormatError, match="Not an audio format"):
        Carrier("http://localhost/", format="opus")


def test_an_excerpt_is_short():
    assert excerpt(Reply(200, None, b"")) == " and no body"
    assert excerpt(Reply(200, None, b"x" * 999)).endswith('x…"')
