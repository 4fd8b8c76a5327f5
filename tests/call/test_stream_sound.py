"""What a stream makes of the caller's frames."""

import base64

import numpy as np
import pytest

from .rig import Rig, law

REFERENCE_PAYLOAD = "+P/4/wgACAAIAAgA+P/o//j/+P/4//j/CAAIAAgACAAIAAgACAAIAPj/"


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
