"""Turns on the clock of the sound: positions are milliseconds of all that was ever appended."""

from __future__ import annotations

import numpy as np
import pytest

from voicelab.audio.format import AudioFormat
from voicelab.sim.prompts import prompt_names
from voicelab.sim.realtime import input_buffer
from voicelab.sim.realtime.hearing import Hearing, SpeechStarted, SpeechStopped, TimedOut
from voicelab.sim.realtime.input_buffer import InputBuffer
from voicelab.sim.realtime.session_config import SEMANTIC_VAD, SERVER_VAD

FORMATS = [AudioFormat("l16", 24000), AudioFormat("mulaw", 8000), AudioFormat("alaw", 8000)]
PCMU = FORMATS[1]


def hearing(format: AudioFormat = PCMU, **detection) -> Hearing:
    return Hearing(format, {**SERVER_VAD, "silence_duration_ms": 500, **detection})


def hear(ear: Hearing, data: bytes, ms: int = 20) -> list:
    step = ear.buffer.format.frame_bytes(ms)
    return [e for at in range(0, len(data), step) for e in ear.append(data[at : at + step])]


@pytest.mark.parametrize("format", FORMATS, ids=str)
@pytest.mark.parametrize("name", sorted(prompt_names()))
def test_a_prompt_is_one_turn(prompt, format, name):
    sent = prompt(name, format, before_ms=1000)
    speech_ms = format.duration_ms(len(sent)) - 2000
    started, stopped = hear(hearing(format), sent)
    assert isinstance(started, SpeechStarted)
    assert 1000 - 300 <= started.start_ms <= 1000 - 300 + 160
    assert isinstance(stopped, SpeechStopped)
    assert 1000 + speech_ms - 100 + 500 <= stopped.end_ms <= 1000 + speech_ms + 100 + 500
    begin = started.start_ms * format.frame_bytes(1)
    assert stopped.audio == sent[begin : begin + len(stopped.audio)]
    assert format.duration_ms(len(stopped.audio)) == stopped.end_ms - started.start_ms


@pytest.mark.parametrize("step_ms", [5, 20, 100, 1000, 60_000])
def test_positions_do_not_depend_on_how_it_is_sent(prompt, step_ms):
    sent = prompt("order", PCMU)
    assert hear(hearing(), sent, step_ms) == hear(hearing(), sent)


def test_positions_go_on_from_turn_to_turn(prompt):
    ear, sent = hearing(), prompt("yes", PCMU)
    first, second = hear(ear, sent), hear(ear, sent)
    length_ms = round(PCMU.duration_ms(len(sent)))
    assert second[0].start_ms == pytest.approx(first[0].start_ms + length_ms, abs=20)
    assert second[1].end_ms == pytest.approx(first[1].end_ms + length_ms, abs=20)


def test_less_silence_ends_a_turn_sooner(prompt):
    ends = [
        hear(hearing(silence_duration_ms=ms), prompt("yes", PCMU))[1].end_ms for ms in (200, 600)
    ]
    assert ends[1] - ends[0] == 400


def test_padding_is_in_front(prompt):
    starts = [
        hear(hearing(prefix_padding_ms=ms), prompt("yes", PCMU))[0].start_ms for ms in (0, 400)
    ]
    assert starts[0] - starts[1] == 400


def test_padding_ends_where_the_turn_before_did(prompt):
    ear = hearing(prefix_padding_ms=5000, silence_duration_ms=200)
    turns = hear(ear, prompt("yes", PCMU) * 2)
    assert turns[2].start_ms == turns[1].end_ms


def test_a_click_is_no_turn():
    click = np.zeros(8000, np.int16)
    click[4000:4080] = 20000
    assert hear(hearing(), PCMU.from_int16(click)) == []


@pytest.mark.parametrize(("eagerness", "silence_ms"), [("high", 300), ("auto", 500), ("low", 1000)])
def test_semantic_detection_waits_by_eagerness(prompt, eagerness, silence_ms):
    ear = Hearing(PCMU, {**SEMANTIC_VAD, "eagerness": eagerness})
    turns = hear(ear, prompt("yes", PCMU, after_ms=1500))
    by_server = hear(hearing(silence_duration_ms=silence_ms), prompt("yes", PCMU, after_ms=1500))
    assert turns == by_server


def test_without_detection_sound_only_gathers(prompt):
    ear = Hearing(PCMU, None)
    sent = prompt("yes", PCMU)
    assert hear(ear, sent) == []
    assert ear.take() == sent
    assert ear.buffer.held_ms == 0
    assert ear.buffer.end_ms == PCMU.duration_ms(len(sent))


def test_clearing_forgets_a_turn_under_way(prompt):
    ear = hearing()
    sent = prompt("order", PCMU)
    assert [type(each) for each in hear(ear, sent[:12_000])] == [SpeechStarted]
    ear.clear()
    assert not ear.speaking
    assert hear(ear, PCMU.silence(8000)) == []


def test_silence_after_the_models_words_times_out():
    ear = hearing(idle_timeout_ms=1000)
    hear(ear, PCMU.silence(8000))
    ear.wait_for_speech(played_ms=2000)
    assert hear(ear, PCMU.silence(8000 * 2 + 7840)) == []
    (timed_out,) = hear(ear, PCMU.silence(320))
    assert timed_out == TimedOut(3000, 4000, PCMU.silence(8000))
    assert hear(ear, PCMU.silence(80_000)) == []


def test_speech_stops_the_idle_time(prompt):
    ear = hearing(idle_timeout_ms=4000)
    ear.wait_for_speech(played_ms=0)
    turns = hear(ear, prompt("yes", PCMU, after_ms=8000))
    assert [type(each) for each in turns] == [SpeechStarted, SpeechStopped]


def test_quiet_keeps_the_newest_sound_only():
    ear = hearing()
    hear(ear, PCMU.silence(8000 * 60), 1000)
    assert ear.buffer.held_ms == 10_000
    assert ear.buffer.end_ms == 60_000


def test_other_settings_listen_anew_and_the_same_do_not(prompt):
    ear = hearing()
    hear(ear, prompt("order", PCMU)[:12_000])
    ear.configure(PCMU, {**SERVER_VAD, "silence_duration_ms": 500})
    assert ear.speaking
    ear.configure(FORMATS[0], {**SERVER_VAD, "silence_duration_ms": 500})
    assert not ear.speaking
    assert ear.buffer.end_ms == 1500
    assert ear.buffer.held_ms == 0


def test_half_a_sample_waits_for_its_other_half(prompt):
    pcm = FORMATS[0]
    sent = prompt("yes", pcm)
    ear, odd = hearing(pcm), []
    for at in range(0, len(sent), 961):
        odd += ear.append(sent[at : at + 961])
    assert odd == hear(hearing(pcm), sent)


def test_a_buffer_forgets_the_oldest_when_it_is_full(monkeypatch):
    monkeypatch.setattr(input_buffer, "MAX_BUFFER_BYTES", 800)
    buffer = InputBuffer(PCMU)
    buffer.append(bytes(range(200)) * 5)
    assert (buffer.begin_ms, buffer.end_ms) == (25, 125)
    assert buffer.take(25, 50) == bytes(range(200))
    assert buffer.take(0, 1000) == bytes(range(200)) * 3
