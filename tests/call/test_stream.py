import base64
import json

import numpy as np
import pytest

from voicelab.audio.format import AudioFormat
from voicelab.call.listener import StreamEnd, StreamListener
from voicelab.call.moment import Moment
from voicelab.call.settings import StreamSettings
from voicelab.call.stream import Stream, StreamState
from voicelab.errors import StateError
from voicelab.protocol import vobiz

REFERENCE_PAYLOAD = "+P/4/wgACAAIAAgA+P/o//j/+P/4//j/CAAIAAgACAAIAAgACAAIAPj/"


class Socket:
    def __init__(self) -> None:
        self.sent: list[dict] = []
        self.closed: tuple[int, str] | None = None

    def send_text(self, text: str) -> bool:
        self.sent.append(json.loads(text))
        return self.closed is None

    def close(self, code: int, reason: str) -> None:
        self.closed = code, reason


class Ears(StreamListener):
    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self.audio: list[tuple[int, bytes]] = []
        self.orders: list[tuple[str, bool]] = []
        self.ends: list[StreamEnd] = []
        self.named: list[str | None] = []

    def on_moment(self, moment: Moment) -> None:
        self.moments.append(moment)

    def on_audio(self, offset: int, pcm: bytes) -> None:
        self.audio.append((offset, pcm))

    def on_byte_order(self, order: str, swapped: bool) -> None:
        self.orders.append((order, swapped))

    def on_end(self, end: StreamEnd) -> None:
        self.ends.append(end)

    def on_named(self, stream: Stream) -> None:
        self.named.append(stream.call_id)

    def facts(self, name: str) -> list[dict]:
        return [m.data for m in self.moments if m.name == name]


class Rig:
    def __init__(self, **settings: object) -> None:
        self.now_s = 100.0
        self.socket = Socket()
        self.ears = Ears()
        self.stream = Stream(
            "our-id",
            self.socket,
            lambda: int(self.now_s * 1e9),
            StreamSettings(**settings),
            adopt=lambda call_id: "answered-id" if call_id == "CA-known" else None,
        )
        self.stream.audience.add(self.ears)

    def start(self, encoding: str = "audio/x-mulaw", rate: int = 8000, call: str = "CA1") -> None:
        self.text(
            event="start",
            sequenceNumber=0,
            start={
                "callId": call,
                "streamId": "ST1",
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": encoding, "sampleRate": rate},
            },
        )

    def media(self, payload: bytes, chunk: int | None, **more: object) -> None:
        media = {
            "track": "inbound",
            "timestamp": str(int(self.now_s * 1000)),
            "payload": base64.b64encode(payload).decode(),
        }
        if chunk is not None:
            media["chunk"] = chunk
        self.text(event="media", sequenceNumber=chunk, media=media | more)

    def text(self, **message: object) -> None:
        self.stream.on_text(json.dumps(message))

    def recorded(self) -> bytes:
        out = bytearray(self.stream.samples * 2)
        for offset, pcm in self.ears.audio:
            out[2 * offset : 2 * offset + len(pcm)] = pcm
        return bytes(out)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def law(n: int) -> bytes:
    return bytes((n * 7 + i) % 256 for i in range(160))


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


@pytest.mark.parametrize("order", ["little", "big"])
def test_the_byte_order_is_found_and_earlier_audio_corrected(order: str):
    rig = Rig()
    rig.start("audio/x-l16")
    t = np.arange(160 * 40)
    voice = (3000 * np.sin(t / 9) * np.sin(t / 700) ** 2 + 40 * np.sin(t * 1.7)).astype("<i2")
    wire = voice.astype("<i2" if order == "little" else ">i2").tobytes()
    for chunk in range(40):
        rig.media(wire[320 * chunk : 320 * chunk + 320], chunk + 1)
    assert rig.stream.byte_order == order
    assert rig.ears.orders == [(order, order == "little")]
    assert rig.ears.facts("byte_order")[0]["order"] == order
    assert rig.recorded()[-320:] == voice.tobytes()[-320:]


def test_the_reference_payload_is_little_endian(rig: Rig):
    rig.start("audio/x-l16")
    payload = base64.b64decode(REFERENCE_PAYLOAD) * 8
    for chunk in range(1, 12):
        rig.media(payload[:320], chunk)
    assert rig.stream.byte_order == "little"


def test_silence_leaves_the_documented_order(rig: Rig):
    rig.start("audio/x-l16")
    for chunk in range(1, 100):
        rig.media(bytes(320), chunk)
    assert rig.stream.byte_order is None
    rig.stream.on_close(1000)
    assert rig.stream.byte_order == "big"
    assert "documented" in rig.stream.byte_order_reason


def test_a_forced_order_is_not_questioned():
    rig = Rig(byte_order="big")
    rig.start("audio/x-l16")
    rig.media(b"\x01\x02" * 160, 1)
    assert rig.recorded() == b"\x02\x01" * 160


def test_outbound_order_is_forced_else_detected_else_little():
    silent, forced = Rig(), Rig(byte_order="big")
    for rig in (silent, forced):
        rig.start("audio/x-l16")
        rig.stream.play(np.full(160, 1, np.int16))
    sent = [base64.b64decode(r.socket.sent[0]["media"]["payload"])[:2] for r in (silent, forced)]
    assert sent == [b"\x01\x00", b"\x00\x01"]


def test_an_odd_byte_is_carried_only_into_an_odd_frame():
    rig = Rig(byte_order="little")
    rig.start("audio/x-l16")
    audio = bytes(range(200)) * 4
    rig.media(audio[:321], 1)
    rig.media(audio[321:640], 2)
    assert rig.recorded() == audio[:640]
    rig.media(audio[:321], 3)
    rig.media(audio[:320], 4)
    assert rig.recorded()[640:] == audio[:320] + audio[:320]
    assert rig.stream.health.odd["odd_length"] == 3


def test_two_frames_that_were_cut_short_do_not_belong_together():
    rig = Rig(byte_order="little")
    rig.start("audio/x-l16")
    audio = bytes(range(200)) * 4
    rig.media(audio[:319], 1)
    rig.media(audio[:319], 2)
    assert rig.recorded() == audio[:318] * 2


@pytest.mark.parametrize("numbering", ["track", "stream"])
def test_chunks_of_two_tracks_are_counted_by_the_track(numbering: str):
    rig = Rig()
    rig.text(
        event="start",
        start={
            "callId": "CA1",
            "streamId": "ST1",
            "tracks": ["inbound", "outbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000},
        },
        sequenceNumber=0,
    )
    for number, track in enumerate(["inbound", "outbound"] * 4, 1):
        chunk = number if numbering == "stream" else (number + 1) // 2
        if number == 5:
            continue
        payload = base64.b64encode(law(number)).decode()
        media = {"track": track, "chunk": chunk, "timestamp": "1", "payload": payload}
        rig.text(event="media", sequenceNumber=number, media=media)
    assert (rig.stream.health.lost, rig.stream.health.other_track) == (1, 4)
    assert rig.stream.samples == 4 * 160


def test_loss_is_counted_and_noted(rig: Rig):
    rig.start()
    for chunk in (1, 2, 5, 5, 4, 6):
        rig.media(law(chunk), chunk)
    health = rig.stream.health
    assert (health.lost, health.filled, health.duplicates) == (1, 1, 1)
    assert rig.ears.facts("gap") == [{"name": "gap", "frames": 2, "samples": 320, "at": 320}]
    assert rig.stream.samples == 6 * 160


def test_a_lost_first_frame_is_silence_where_both_counters_say_so(rig: Rig):
    rig.start()
    rig.media(law(3), 3)
    assert rig.stream.samples == 3 * 160
    assert rig.stream.health.lost == 2


def test_joining_in_mid_count_adds_no_silence(rig: Rig):
    rig.start()
    rig.media(law(206), 206)
    assert rig.stream.samples == 160


def test_the_other_track_is_not_the_caller(rig: Rig):
    rig.start()
    rig.media(law(1), 1)
    rig.media(law(9), 1, track="outbound")
    assert rig.stream.samples == 160
    assert rig.stream.health.other_track == 1


def test_inbound_stop_is_accepted_once_and_not_waited_for(rig: Rig):
    rig.start()
    rig.text(event="stop", streamId="ST1", reason="hangup")
    rig.text(event="stop", streamId="ST1")
    rig.media(law(1), 1)
    assert rig.stream.samples == 160
    assert not rig.stream.play(np.zeros(160, np.int16))
    rig.stream.on_close(1000)
    assert rig.ears.ends[0].why == "stop"


def test_what_is_sent_is_well_formed_and_journalled():
    rig = Rig()
    rig.start()
    rig.stream.play(np.zeros(160, np.int16))
    rig.stream.checkpoint("turn-1")
    rig.stream.clear()
    rig.stream.stop()
    assert [m["event"] for m in rig.socket.sent] == [
        "playAudio",
        "checkpoint",
        "clearAudio",
        "stop",
    ]
    assert all(m["streamId"] == "ST1" for m in rig.socket.sent)
    out = [m for m in rig.ears.moments if m.way == "out"]
    assert len(out) == 4
    assert not rig.stream.clear()
    assert not rig.stream.stop()
    assert len(rig.socket.sent) == 4


def test_what_the_socket_refuses_is_not_journalled(rig: Rig):
    rig.start()
    rig.stream.close(1001, "shutdown", "closing")
    assert rig.stream.state is StreamState.CLOSING
    assert not rig.stream.play(np.zeros(160, np.int16))
    rig.stream.close(1000, "error", "again")
    assert rig.socket.closed == (1001, "closing")
    assert not [m for m in rig.ears.moments if m.way == "out"]
    rig.media(law(1), 1)
    assert rig.stream.samples == 160


def test_nothing_can_be_sent_before_start(rig: Rig):
    with pytest.raises(StateError, match="waiting for start") as caught:
        rig.stream.checkpoint("x")
    assert (caught.value.state, caught.value.event) == ("waiting for start", "Checkpoint")


def test_the_watchdogs(rig: Rig):
    rig.now_s += 9.9
    rig.stream.tick()
    assert rig.socket.closed is None
    rig.now_s += 0.2
    rig.stream.tick()
    assert rig.socket.closed == (1008, "no start within 10 s")
    rig.stream.on_close(1008)
    assert rig.ears.ends[0].why == "open-timeout"


def test_a_stream_without_media_is_closed(rig: Rig):
    rig.start()
    rig.now_s += 29
    rig.media(law(1), 1)
    rig.now_s += 29
    rig.stream.tick()
    assert rig.socket.closed is None
    rig.now_s += 2
    rig.stream.tick()
    assert rig.socket.closed == (1001, "no media for 30 s")


def test_a_peer_that_ignores_stop_is_closed(rig: Rig):
    rig.start()
    rig.stream.stop()
    rig.now_s += 1
    rig.stream.tick()
    assert rig.socket.closed is None
    rig.now_s += 1.5
    rig.stream.tick()
    assert rig.socket.closed is not None
    assert rig.socket.closed[0] == 1000


def test_the_end_is_told_once(rig: Rig):
    rig.stream.on_close(1006, "the connection broke")
    rig.stream.on_close(1006)
    assert [end.detail for end in rig.ears.ends] == ["the connection broke"]


def test_a_flood_without_start_does_not_wait(rig: Rig):
    for _ in range(40):
        rig.text(event="noise", filler="x" * 40_000)
    assert rig.stream.state is StreamState.OPEN


def test_a_flood_of_bytes_without_start_does_not_wait_either(rig: Rig):
    for _ in range(40):
        rig.stream.on_binary(bytes(40_000))
    assert rig.stream.state is StreamState.OPEN


def test_the_played_audio_parses_as_the_protocol_says(rig: Rig):
    rig.start()
    rig.stream.play(np.arange(160, dtype=np.int16))
    message = vobiz.parse(json.dumps(rig.socket.sent[0]))
    assert isinstance(message, vobiz.PlayAudio)
    assert (message.content_type, message.rate_hz, len(message.payload)) == (
        "audio/x-mulaw",
        8000,
        160,
    )


def test_a_stall_is_a_moment_of_the_call_and_spoils_no_figure():
    rig = Rig()
    rig.start()
    zero_ms = 1_778_574_000_000
    for n in range(1, 51):
        rig.now_s += 0.02
        rig.media(b"\xff" * 160, n, timestamp=str(zero_ms + 20 * n))
    begin_s = rig.now_s + 0.01
    rig.now_s += 2.0
    rig.stream.on_stall(int(begin_s * 1e9), int(rig.now_s * 1e9))
    for n in range(51, 151):
        rig.media(b"\xff" * 160, n, timestamp=str(zero_ms + 20 * n))
    health = rig.stream.health
    assert rig.ears.facts("stall") == [{"name": "stall", "ms": 1990.0, "at": 50 * 160}]
    (moment,) = [m for m in rig.ears.moments if m.name == "stall"]
    assert moment.t_s == pytest.approx(begin_s - 100)
    assert (health.stalls, health.stalled_ms) == (1, 1990.0)
    assert health.arrivals.stalled_frames == 99
    assert health.as_dict()["jitter_ms"] < 0.01
    assert health.lost == 0
    assert rig.stream.samples == 150 * 160


def test_a_stall_before_the_call_and_one_after_it_are_not_its_own():
    rig = Rig()
    rig.stream.on_stall(int(98e9), int(99e9))
    assert rig.stream.health.stalls == 0
    rig.now_s = 101.0
    rig.stream.on_stall(int(99e9), int(101e9))
    assert rig.stream.health.stalled_ms == 1000.0
    rig.stream.on_close(1000)
    rig.stream.on_stall(int(101e9), int(102e9))
    assert rig.stream.health.stalls == 1


def test_the_watchdogs_do_not_count_a_stall():
    rig = Rig(media_timeout_s=5, stop_timeout_s=2)
    rig.start()
    rig.now_s += 1
    rig.media(b"\xff" * 160, 1)
    rig.now_s += 60
    rig.stream.on_stall(int((rig.now_s - 60) * 1e9), int(rig.now_s * 1e9))
    rig.stream.tick()
    assert rig.socket.closed is None
    rig.now_s += 6
    rig.stream.tick()
    assert rig.socket.closed[0] == 1001
