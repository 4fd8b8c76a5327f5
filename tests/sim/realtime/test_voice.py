"""Words, sounds and files become the sound of a session."""

from __future__ import annotations

import logging
import shutil

import numpy as np
import pytest
import soundfile

from voicelab.audio.clip import Audio
from voicelab.audio.format import AudioFormat
from voicelab.call.turn import HangUp, ToolCall
from voicelab.errors import FormatError
from voicelab.sim.prompts import prompt_path, prompt_text
from voicelab.sim.realtime import voice as voice_module
from voicelab.sim.realtime.outputs import Sound
from voicelab.sim.realtime.voice import Voice

PCM, PCMU = AudioFormat("l16", 24000), AudioFormat("mulaw", 8000)
ESPEAK = shutil.which("espeak-ng")


def seconds(sound: Sound) -> float:
    return sound.format.duration_ms(len(sound.payload)) / 1000


@pytest.mark.parametrize("format", [PCM, PCMU], ids=str)
async def test_a_prompts_words_are_the_prompt(format):
    sound = await Voice().part(prompt_text("yes"), format)
    assert sound.transcript == "Yes, that is right."
    assert sound.format == format
    assert seconds(sound) == pytest.approx(soundfile.info(prompt_path("yes")).duration, abs=0.01)
    assert sound == await Voice().part(prompt_path("yes"), format)


async def test_other_words_are_stood_in_for_without_a_program():
    voice = Voice(None)
    sound = await voice.part("It costs twelve.", PCMU)
    assert sound.transcript == "It costs twelve."
    assert seconds(sound) > 1
    assert await voice.part("It costs twelve.", PCMU) is sound


@pytest.mark.skipif(ESPEAK is None, reason="espeak-ng is not installed")
async def test_espeak_says_other_words():
    voice = Voice.found()
    short, long = [await voice.part(text, PCM) for text in ("Yes.", "It costs twelve. " * 3)]
    assert 0.2 < seconds(short) < seconds(long)
    assert np.abs(PCM.to_int16(long.payload)).max() > 3000
    assert short.transcript == "Yes."


@pytest.mark.parametrize("program", ["/no/such/program", "/bin/false"])
async def test_a_program_that_fails_is_stood_in_for(program, caplog):
    with caplog.at_level(logging.WARNING):
        sound = await Voice(program).part("It costs twelve.", PCMU)
    assert seconds(sound) > 1
    assert "a prompt stands in" in caplog.text


async def test_words_that_cannot_be_sent_are_mended():
    assert (await Voice().part("a\ud800b", PCMU)).transcript == "a?b"
    assert await Voice().part("a\ud800b", None) == "a?b"


async def test_sound_is_brought_to_the_format():
    wave = (8000 * np.sin(np.arange(44_100) / 20)).astype(np.int16)
    for samples in (wave, np.stack([wave, wave], axis=1)):
        sound = await Voice().part(Audio(samples, 44_100), PCMU)
        assert (len(sound.payload), sound.transcript) == (8000, "")


async def test_a_file_is_sound_by_its_path_or_its_name(tmp_path):
    path = tmp_path / "hello.wav"
    Audio(np.full(1600, 5, np.int16), 16_000).save(path)
    for given in (path, str(path)):
        assert len((await Voice().part(given, PCMU)).payload) == 800
    with pytest.raises(FormatError):
        await Voice().part(tmp_path / "missing.wav", PCMU)
    missing = str(tmp_path / "missing.wav")
    assert (await Voice().part(missing, PCMU)).transcript == missing, "no file: words"


async def test_sound_in_the_right_format_is_untouched():
    sound = Sound(b"\x01\x02\x03", PCMU, "hm")
    assert await Voice().part(sound, PCMU) is sound


async def test_without_a_format_words_are_wanted():
    voice = Voice()
    assert await voice.part("hello", None) == "hello"
    assert await voice.part(prompt_path("yes"), None) == "Yes, that is right."
    assert await voice.part(Sound(b"", PCMU, "hm"), None) == "hm"
    assert await voice.part(Audio(np.zeros(8, np.int16), 8000), None) == ""


@pytest.mark.parametrize("part", [ToolCall("f", {"a": 1}), HangUp("bye")])
async def test_deeds_stay_what_they_are(part):
    assert await Voice().part(part, PCMU) is part


async def test_no_more_sounds_are_kept_than_a_few(monkeypatch):
    monkeypatch.setattr(voice_module, "KEPT_SOUNDS", 2)
    voice = Voice()
    for text in "abc":
        await voice.part(text, PCMU)
    assert [key[0] for key in voice._kept] == ["b", "c"]
