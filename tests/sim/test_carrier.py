from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicelab.audio.format import AudioFormat
from voicelab.errors import StateError
from voicelab.protocol import vobiz
from voicelab.sim.caller import Caller
from voicelab.sim.carrier import BURST_FRAMES, DROPPED, STOPPED, CarrierCore, CarrierState
from voicelab.sim.output import End, Fact, Output, Send, Status

L16 = AudioFormat("l16", 8000)


def core_of(seconds: float = 1.0, format: AudioFormat = L16, **options) -> CarrierCore:
    samples = np.arange(round(seconds * format.rate_hz)).astype(np.int16)
    caller = Caller.from_samples(samples, format.rate_hz, format)
    return CarrierCore(caller, call_id="call-1", stream_id="stream-1", **options)


def started(*args, **options) -> CarrierCore:
    core = core_of(*args, **options)
    core.start()
    return core


def texts(outputs: list[Output]) -> list[dict]:
    return [json.loads(out.text) for out in outputs if isinstance(out, Send)]


def play(ms: int, *, value: int = 7, stream_id: str | None = "stream-1") -> str:
    audio = np.full(8 * ms, value, "<i2").tobytes()
    return vobiz.build(vobiz.PlayAudio(stream_id or "x", "audio/x-l16", 8000, audio))


def checkpoint(name: str) -> str:
    return vobiz.build(vobiz.Checkpoint("stream-1", name))


CLEAR = vobiz.build(vobiz.ClearAudio("stream-1"))
STOP = vobiz.build(vobiz.Stop("stream-1"))


def run_out(core: CarrierCore, now_s: float = 0.0) -> tuple[list[Output], float]:
    """Tick at each wake until the end."""
    outputs: list[Output] = []
    while not core.end:
        now_s = max(now_s, core.next_wake_s)
        outputs += core.tick(now_s)
    return outputs, now_s


def test_start_comes_first_in_the_providers_shape():
    core = core_of(format=AudioFormat("mulaw", 8000))
    outputs = core.start()
    assert texts(outputs) == [
        {
            "sequenceNumber": 0,
            "event": "start",
            "start": {
                "callId": "call-1",
                "streamId": "stream-1",
                "accountId": "100001",
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000},
            },
            "extra_headers": "{}",
        }
    ]
    assert Status("StartStream") in outputs
    assert core.state is CarrierState.SPEAKING


def test_frames_are_due_on_an_absolute_clock():
    core = started(epoch_ms=1_000_000)
    assert core.tick(0.019) == []
    (frame,) = texts(core.tick(0.020))
    assert frame["sequenceNumber"] == frame["media"]["chunk"] == 1
    assert frame["media"]["timestamp"] == "1000020"
    assert core.next_wake_s == pytest.approx(0.040)
    assert core.due_frames(0.1) == 4
    late = texts(core.tick(0.1))
    assert [frame["media"]["chunk"] for frame in late] == [2, 3, 4, 5]
    assert [frame["media"]["timestamp"] for frame in late] == [
        str(1_000_000 + 20 * n) for n in range(2, 6)
    ]
    assert core.tick(0.1) == []


@given(st.lists(st.floats(0.0, 0.2), max_size=50))
def test_however_late_the_ticks_every_frame_goes_out_once(waits):
    core = started(10)
    now_s, chunks = 0.0, []
    for wait_s in waits:
        now_s += wait_s
        chunks += [text["media"]["chunk"] for text in texts(core.tick(now_s))]
    assert chunks == list(range(1, core.frames_sent + 1))
    assert core.frames_sent == math.floor(now_s / 0.02 + 1e-6)


def test_a_long_stall_is_caught_up_in_bursts():
    core = started(20)
    assert len(texts(core.tick(10.0))) == BURST_FRAMES
    assert core.next_wake_s < 10.0
    assert len(texts(core.tick(10.0))) == 500 - BURST_FRAMES


@pytest.mark.parametrize("order", ["little", "big"])
def test_l16_goes_out_in_the_carriers_byte_order(order):
    core = started(byte_order=order)
    media = vobiz.parse(core.tick(0.020)[0].text)
    assert isinstance(media, vobiz.Media)
    assert L16.to_int16(media.payload, order).tolist() == list(range(160))


@pytest.mark.parametrize("order", ["little", "big"])
def test_the_ear_reads_l16_in_the_carriers_byte_order(order):
    core = started(byte_order=order)
    said = np.array([1, -2, 300], np.int16)
    wire = L16.from_int16(said, order)
    core.on_text(0.0, vobiz.build(vobiz.PlayAudio("stream-1", "audio/x-l16", 8000, wire)))
    assert core.ear.render(3 / 8000).tolist() == [1, -2, 300]


def test_a_checkpoint_is_acknowledged_when_the_ear_has_passed_it():
    core = started()
    core.on_text(0.005, play(50))
    assert core.on_text(0.006, checkpoint("turn-1")) == []
    assert core.next_wake_s == 0.020
    core.tick(0.040)
    assert core.next_wake_s == pytest.approx(0.055)
    assert core.tick(0.055) == [
        Send('{"event":"playedStream","name":"turn-1"}'),
        Status("PlayedStream", "turn-1"),
        Fact("played", {"checkpoint": "turn-1"}),
    ]
    assert core.checkpoints == 1


def test_a_checkpoint_on_an_empty_queue_is_acknowledged_at_once():
    core = started()
    assert core.on_text(0.3, checkpoint("now"))[0] == Send('{"event":"playedStream","name":"now"}')


def test_clear_voids_checkpoints_and_is_acknowledged_each_time():
    core = started()
    core.on_text(0.0, play(1000))
    core.on_text(0.0, checkpoint("gone"))
    for _ in range(2):
        assert core.on_text(0.1, CLEAR) == [
            Send('{"sequenceNumber":0,"event":"clearedAudio","streamId":"stream-1"}'),
            Status("ClearedAudio"),
            Fact("cleared"),
        ]
    outputs, _ = run_out(core, 0.1)
    assert not any(isinstance(out, Status) and out.event == "PlayedStream" for out in outputs)
    assert core.ear.last_audio_s == 0.1


def test_first_audio_is_told_once_and_measured_from_the_first_frame():
    core = started()
    core.tick(0.020)
    assert core.first_audio_ms is None
    assert core.on_text(0.145, play(20)) == [Fact("first_audio", {"call_s": 0.145})]
    assert core.on_text(0.5, play(20)) == []
    assert core.first_audio_ms == pytest.approx(125)


def test_an_agent_that_speaks_first_has_no_latency():
    core = started()
    core.on_text(0.001, play(20))
    assert core.first_audio_ms == 0


# The end


def test_without_an_agent_the_caller_hangs_up_hold_s_after_its_words():
    core = started(1.0, hold_s=2.0)
    outputs, now_s = run_out(core)
    assert now_s == pytest.approx(3.0)
    assert outputs[-1] == End("caller", DROPPED, vobiz.NORMAL_HANGUP)
    assert core.frames_sent == 150
    assert core.ended_s == now_s
    assert core.next_wake_s == math.inf
    silence = texts(outputs)[50:150]
    assert {text["media"]["payload"] for text in silence} == {silence[0]["media"]["payload"]}


def test_the_caller_waits_until_the_agent_has_spoken():
    core = started(1.0, hold_s=0.5)
    core.on_text(0.9, play(3000))
    core.on_text(0.9, checkpoint("all"))
    outputs, now_s = run_out(core, 0.9)
    assert now_s == pytest.approx(4.4)
    assert Status("PlayedStream", "all") in outputs
    assert core.end.ended_by == "caller"


def test_the_callers_patience_ends():
    core = started(1.0, hold_s=0.5, max_s=2.0)
    core.on_text(0.9, play(60_000))
    outputs, now_s = run_out(core, 0.9)
    assert now_s == pytest.approx(3.0)
    assert outputs[-1] == End("timeout", DROPPED, vobiz.NORMAL_HANGUP)


def test_a_stall_does_not_count_as_the_agents_silence():
    core = started(1.0, hold_s=0.5)
    now_s = 0.0
    while now_s < 1.1:
        now_s = core.next_wake_s
        core.tick(now_s)
    core.tick(9.0)
    assert core.end is None
    core.tick(9.0)
    core.on_text(9.001, play(100))
    _, now_s = run_out(core, 9.001)
    assert now_s == pytest.approx(9.601)


def test_a_stall_over_the_callers_last_words_leaves_the_agent_its_time():
    core = started(1.0, hold_s=0.5)
    core.tick(0.020)
    core.tick(4.0)
    assert core.end is None
    assert core.state is CarrierState.LISTENING
    _, now_s = run_out(core, 4.0)
    assert now_s == pytest.approx(4.5)


def test_stop_ends_the_stream_and_drops_the_queue():
    core = started()
    core.on_text(0.1, play(1000))
    core.on_text(0.1, checkpoint("never"))
    outputs = core.on_text(0.3, STOP)
    assert outputs[-1] == End("agent", STOPPED, vobiz.END_OF_XML)
    assert core.ear.last_audio_s == 0.3
    assert core.tick(5.0) == []
    assert core.on_text(0.4, CLEAR) == []
    assert [offence.rule for offence in core.offences] == ["after-stop"]


def test_each_end_happens_once():
    core = started()
    assert core.on_close(0.5, "a note")[-1] == End("server", DROPPED, vobiz.END_OF_XML)
    assert core.notes == ["a note"]
    assert core.on_close(0.6) == core.hang_up(0.6) == core.fail(0.6, "no") == core.tick(0.6) == []
    assert core.on_text(0.7, CLEAR) == []
    assert list(core.offences) == []
    assert core.end.ended_by == "server"


@pytest.mark.parametrize(("verb", "ended_by"), [("hang_up", "caller"), ("fail", "error")])
def test_the_caller_and_trouble_end_the_call(verb, ended_by):
    core = started()
    arguments = (0.5,) if verb == "hang_up" else (0.5, "broke")
    assert getattr(core, verb)(*arguments)[-1].ended_by == ended_by


def test_what_follows_the_stream_says_how_the_call_ends():
    core = started(after_stream=vobiz.HANGUP_VERB)
    assert core.on_text(0.1, STOP)[-1].hangup == vobiz.HANGUP_VERB


def test_the_stream_has_a_timeout():
    core = started(10, stream_timeout_s=3)
    outputs, now_s = run_out(core)
    assert now_s == 3
    assert outputs[-1] == End("timeout", STOPPED, vobiz.END_OF_XML)
    assert core.notes == ["the answer's streamTimeout of 3 s passed"]


def test_a_call_starts_once():
    core = started()
    with pytest.raises(StateError, match="speaking") as error:
        core.start()
    assert (error.value.state, error.value.event) == ("speaking", "start")


def test_speed_is_the_clocks_affair():
    """The same call in coarser steps gives the same frames and the same end."""
    outputs, _ = run_out(started(1.0, hold_s=1.0))
    coarse, now_s = started(1.0, hold_s=1.0), 0.0
    sent = []
    while not coarse.end:
        now_s += 0.1
        sent += texts(coarse.tick(now_s))
    assert sent == texts(outputs)


# Oddities


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("hello", "malformed"),
        ("[]", "malformed"),
        ('{"event":"playAudio","media":{"payload":"***"}}', "malformed"),
        ('{"event":"mark","name":"x"}', "unknown-event"),
        ('{"event":"media","media":{"payload":"AAAA"}}', "unknown-event"),
        ('{"no":"event"}', "unknown-event"),
        (b"\x00\x01", "binary-frame"),
        ('{"event":"clearAudio"}', "no-stream-id"),
        ('{"event":"clearAudio","streamId":"other"}', "wrong-stream-id"),
        ('{"event":"checkpoint","streamId":"stream-1","name":""}', "malformed"),
    ],
)
def test_oddities_are_noted_and_nothing_breaks(raw, rule):
    core = started()
    core.on_text(0.1, raw)
    (offence,) = core.offences
    assert offence.rule == rule
    assert offence.message.endswith(".")
    assert core.end is None


def audio(content_type: object, rate: object, payload: str, **more: str) -> str:
    media = {"contentType": content_type, "sampleRate": rate, "payload": payload}
    return json.dumps({"event": "playAudio", "streamId": "stream-1", "media": media} | more)


@pytest.mark.parametrize(
    ("raw", "rules", "heard_samples"),
    [
        (audio("audio/x-l16", 8000, "AQACAAM="), ["half-sample"], 2),
        (audio("wav", 8000, "AQACAA=="), ["content-type"], 2),
        (audio("audio/x-l16;rate=8000", 8000, "AQACAA=="), ["content-type"], 2),
        (audio("audio/x-alaw", 8000, "AQI="), ["content-type"], 2),
        (audio("audio/mpeg", 8000, "AQI="), ["content-type", "format"], 0),
        (audio("audio/x-mulaw", 16_000, "AQI="), ["format"], 0),
        (audio("audio/x-mulaw", "8000", "AQI=", streamId=""), ["no-stream-id"], 2),
    ],
)
def test_odd_audio_is_played_as_far_as_it_makes_sense(raw, rules, heard_samples):
    core = started()
    core.on_text(0.0, raw)
    assert [offence.rule for offence in core.offences] == rules
    assert core.ear.received_s == heard_samples / 8000


def test_a_one_way_stream_ignores_commands():
    core = started(bidirectional=False)
    for raw in (play(100), checkpoint("x"), CLEAR, STOP):
        assert core.on_text(0.1, raw) == []
    assert {offence.rule for offence in core.offences} == {"one-way"}
    assert core.ear.received_s == 0
    assert core.end is None


def test_a_deep_queue_is_noted_once_each_time_it_gets_deep():
    core = started(hold_s=100)
    for _ in range(45):
        core.on_text(0.0, play(1000))
    core.on_text(0.1, CLEAR)
    for _ in range(45):
        core.on_text(0.2, play(1000))
    assert [offence.rule for offence in core.offences] == ["deep-queue"] * 2


def test_more_audio_than_a_call_can_hear_is_dropped(monkeypatch):
    core = started()
    monkeypatch.setattr(core.ear, "_max", 8000)
    core.on_text(0.0, play(2000))
    assert [offence.rule for offence in core.offences] == ["queue-full"]


@settings(max_examples=60)
@given(
    st.lists(st.one_of(st.text(), st.binary(), st.sampled_from([play(30), CLEAR, checkpoint("a")])))
)
def test_no_message_breaks_the_core(raws):
    core = started(0.1)
    for i, raw in enumerate(raws):
        core.on_text(i / 100, raw)
    run_out(core, len(raws) / 100)
    assert core.end.ended_by == "caller"
