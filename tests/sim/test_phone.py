from __future__ import annotations

import asyncio
import base64
import json

import numpy as np
import pytest
import soundfile

from voicelab.audio.format import AudioFormat
from voicelab.errors import FormatError, SettingError
from voicelab.protocol import vobiz
from voicelab.sim import Carrier

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
