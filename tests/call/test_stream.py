import numpy as np
import pytest

from voicelab.audio.format import AudioFormat
from voicelab.call.listener import StreamEnd, StreamListener
from voicelab.call.stream import StreamState

from .rig import Ears, Rig, law


def test_a_plain_call_gives_its_audio_in_order(rig: Rig):
    rig.start()
    frames = [law(n) for n in range(1, 6)]
    for chunk, frame in enumerate(frames, 1):
        rig.media(frame, chunk)
    rig.stream.on_close(1000)
    assert rig.recorded() == AudioFormat("mulaw", 8000).to_pcm(b"".join(frames))
    assert rig.stream.health.frames == 5
    assert rig.stream.state is StreamState.CLOSED
    assert rig.ears.ends == [StreamEnd("closed", 1000, "the other side closed")]


def test_what_came_is_journalled_as_it_came(rig: Rig):
    rig.start()
    rig.stream.on_text('{"event": "media",\n "media": {}}')
    rig.stream.on_text("no json")
    rig.stream.on_binary(b"\x00\xff")
    kinds = [(m.kind, m.data) for m in rig.ears.moments if m.leg == "carrier"]
    assert [kind for kind, _ in kinds] == ["m", "text", "text", "bin"]
    assert kinds[2][1] == "no json"
    assert kinds[3][1] == b"\x00\xff"
    assert rig.stream.health.odd == {"malformed": 2, "binary": 1}


def test_the_id_given_at_the_answer_is_adopted():
    rig = Rig()
    rig.start(call="CA-known")
    assert (rig.stream.id, rig.stream.call_id, rig.stream.stream_id) == (
        "answered-id",
        "CA-known",
        "ST1",
    )


def test_a_flat_start_is_understood(rig: Rig):
    rig.text(event="start", streamId="ST9", callId="CA9", contentType="audio/x-mulaw;rate=8000")
    assert rig.stream.state is StreamState.OPEN
    assert (rig.stream.call_id, rig.stream.stream_id) == ("CA9", "ST9")


def test_media_before_start_is_kept(rig: Rig):
    rig.media(law(1), 1)
    rig.media(law(2), 2)
    assert rig.stream.state is StreamState.WAITING
    rig.start()
    rig.media(law(3), 3)
    assert rig.recorded() == AudioFormat("mulaw", 8000).to_pcm(law(1) + law(2) + law(3))
    assert rig.stream.health.before_start == 2


def test_media_without_any_start_is_taken_for_what_was_asked_for():
    rig = Rig(format=AudioFormat("mulaw", 8000))
    for chunk in range(1, 61):
        rig.media(law(chunk), chunk)
    assert rig.stream.state is StreamState.OPEN
    assert rig.stream.samples == 60 * 160
    assert len(rig.ears.facts("format_assumed")) == 1
    rig.start()
    assert rig.stream.call_id == "CA1"
    (late,) = rig.ears.facts("start_late")
    assert late["call_id"] == "CA1"
    assert rig.ears.named == ["CA1"]


def test_a_duplicate_start_changes_nothing_and_a_new_stream_counts_anew(rig: Rig):
    rig.start()
    rig.media(law(1), 1)
    rig.start()
    rig.media(law(2), 2)
    assert rig.stream.samples == 320
    rig.text(event="start", start={"streamId": "ST2", "callId": "CA1"}, sequenceNumber=0)
    rig.media(law(3), 1)
    assert rig.stream.samples == 480
    assert rig.stream.stream_id == "ST2"
    assert rig.stream.health.odd["duplicate_start"] == 2


def test_a_format_that_cannot_be_read_ends_the_stream(rig: Rig):
    rig.start("audio/opus", 48000)
    assert rig.socket.closed is not None
    assert rig.socket.closed[0] == 1003
    assert "opus" in rig.socket.closed[1]
    rig.media(law(1), 1)
    rig.stream.on_close(1003)
    assert rig.ears.ends[0].why == "error"
    assert rig.stream.samples == 0
    assert rig.ears.facts("format_assumed") == []


def test_another_format_on_the_same_socket_ends_the_stream(rig: Rig):
    rig.start()
    rig.text(
        event="start",
        start={"streamId": "ST2", "mediaFormat": {"encoding": "audio/x-l16", "sampleRate": 16000}},
    )
    assert rig.socket.closed is not None
    assert rig.socket.closed[0] == 1003
    assert rig.stream.health.odd["format_changed"] == 1


def test_a_law_is_heard_and_answered_in_mu_law(rig: Rig):
    rig.start("audio/x-alaw")
    rig.media(law(1), 1)
    assert rig.recorded() == AudioFormat("alaw", 8000).to_pcm(law(1))
    assert rig.stream.play(np.zeros(160, np.int16))
    assert rig.socket.sent[0]["media"]["contentType"] == "audio/x-mulaw"


def test_a_listener_that_fails_harms_nobody_else(rig: Rig, caplog: pytest.LogCaptureFixture):
    class Faulty(StreamListener):
        def on_audio(self, offset: int, pcm: bytes) -> None:
            raise ZeroDivisionError

    later = Ears()
    rig.stream.audience.add(Faulty())
    rig.stream.audience.add(later)
    rig.start()
    rig.media(law(1), 1)
    rig.media(law(2), 2)
    assert len(later.audio) == len(rig.ears.audio) == 2
    assert caplog.text.count("hears no more") == 1


def test_inbound_stop_is_accepted_once_and_not_waited_for(rig: Rig):
    rig.start()
    rig.text(event="stop", streamId="ST1", reason="hangup")
    rig.text(event="stop", streamId="ST1")
    rig.media(law(1), 1)
    assert rig.stream.samples == 160
    assert not rig.stream.play(np.zeros(160, np.int16))
    rig.stream.on_close(1000)
    assert rig.ears.ends[0].why == "stop"


def test_the_end_is_told_once(rig: Rig):
    rig.stream.on_close(1006, "the connection broke")
    rig.stream.on_close(1006)
    assert [end.detail for end in rig.ears.ends] == ["the connection broke"]
