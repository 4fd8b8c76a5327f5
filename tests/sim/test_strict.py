from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from voicelab.audio.format import AudioFormat
from voicelab.protocol import vobiz
from voicelab.sim import Caller, CallResult, CarrierCore
from voicelab.sim.output import Send, Status
from voicelab.sim.strict import FLUSH_S

L16 = AudioFormat("l16", 8000)
CLEAR = '{"event":"clearAudio","streamId":"s"}'
STOP = '{"event":"stop","streamId":"s"}'


def started(*, strict: bool = True, **options) -> CarrierCore:
    caller = Caller.from_samples(np.zeros(8000, np.int16), 8000, L16)
    core = CarrierCore(caller, call_id="c", stream_id="s", strict=strict, **options)
    core.start()
    return core


def play(payload: bytes = bytes(320), content_type="audio/x-l16", rate=8000, **more) -> str:
    text = base64.b64encode(payload).decode()
    media = {"contentType": content_type, "sampleRate": rate, "payload": text}
    return json.dumps({"event": "playAudio", "streamId": "s", "media": media | more})


def checkpoint(name: str) -> str:
    return vobiz.build(vobiz.Checkpoint("s", name))


def offences(core: CarrierCore) -> list[tuple[str, str]]:
    return [(offence.rule, offence.severity) for offence in core.offences]


def without_id(text: str) -> str:
    return json.dumps({k: v for k, v in json.loads(text).items() if k != "streamId"})


@pytest.mark.parametrize(
    "text",
    [
        play(),
        play(bytes(160), "audio/x-mulaw"),
        play(bytes(960), rate=24000),
        play(bytes(960)),
        checkpoint("one"),
        CLEAR,
        STOP,
    ],
)
def test_what_is_right_is_no_offence(text):
    core = started()
    core.on_text(0.1, text)
    assert offences(core) == []
    assert not CallResult.of(core).failed


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (without_id(play()), ["no-stream-id"]),
        (play().replace('"s"', '"t"'), ["wrong-stream-id"]),
        (play(content_type="audio/x-l16;rate=8000"), ["content-type"]),
        (play(bytes(160), "audio/x-mulaw;rate=8000"), ["content-type"]),
        (play(content_type="audio/wav"), ["content-type", "format"]),
        (play(rate="8000"), ["sample-rate-type"]),
        (play(rate=8000.0), ["sample-rate-type"]),
        (play(rate=11025), ["sample-rate", "format"]),
        (play(bytes(160), "audio/x-mulaw", 16000), ["format"]),
        (play().replace("AAAA", "@@", 1), ["base64"]),
        (play(b"RIFF" + bytes(316)), ["file-header"]),
        (play(b"ID3" + bytes(317)), ["file-header"]),
        (play(bytes(321)), ["half-sample"]),
        ("{", ["malformed"]),
        ('{"event":"mark"}', ["unknown-event"]),
        (b"\x00", ["binary-frame"]),
        ('{"event":"mark","x":"' + "x" * 70_000 + '"}', ["message-size", "unknown-event"]),
    ],
)
def test_what_fails(text, rules):
    core = started()
    core.on_text(0.1, text)
    found = [rule for rule, severity in offences(core) if severity == "fail"]
    assert found == rules
    result = CallResult.of(core)
    assert result.failed
    start = text[:20] if isinstance(text, str) else text.decode()
    assert all(offence.raw_excerpt.startswith(start) for offence in result.offences)


@pytest.mark.parametrize(
    ("texts", "rules"),
    [
        ([play(bytes(318))], ["frame-length"]),
        ([play(bytes(976))], ["frame-length"]),
        ([play(bytes(13_000))], ["frame-length", "large-payload"]),
        ([CLEAR, play()], ["play-before-cleared"]),
        ([play(bytes(32_000))] * 21, ["deep-queue"]),
    ],
)
def test_what_warns(texts, rules):
    core = started()
    for text in texts:
        core.on_text(0.1, text)
    assert sorted({rule for rule, _ in offences(core)} & set(rules)) == sorted(rules)
    assert {severity for _, severity in offences(core)} == {"warn"}
    assert not CallResult.of(core).failed


def test_a_deep_queue_degrades_the_stream_once():
    core = started()
    outputs = [out for _ in range(25) for out in core.on_text(0.1, play(bytes(32_000)))]
    assert outputs.count(Status("DegradedStream")) == 1


def test_a_name_is_given_once():
    core = started()
    for name in ("one", "two", "one"):
        core.on_text(0.1, checkpoint(name))
    assert offences(core) == [("checkpoint-name", "fail")]


def test_nothing_is_sent_after_stop():
    core = started()
    core.on_text(0.1, STOP)
    core.on_text(0.1, play())
    assert offences(core) == [("after-stop", "fail")]


def test_a_flush_takes_a_moment_and_then_one_may_play():
    core = started()
    assert core.on_text(0.1, CLEAR) == []
    assert core.next_wake_s <= 0.1 + FLUSH_S
    acks = [out for out in core.tick(0.1 + FLUSH_S) if isinstance(out, Send)]
    assert sum("clearedAudio" in out.text for out in acks) == 1
    core.on_text(0.13, play())
    assert offences(core) == []


def test_a_lenient_provider_lets_most_of_it_pass():
    core = started(strict=False)
    for text in (play(rate="8000"), play(b"RIFF" + bytes(316)), CLEAR, play(bytes(2))):
        core.on_text(0.1, text)
    for _ in range(2):
        core.on_text(0.2, checkpoint("one"))
    assert offences(core) == []
    core.on_text(0.3, without_id(play()))
    assert offences(core) == [("no-stream-id", "fail")]
    assert not CallResult.of(core).failed
