from __future__ import annotations

import numpy as np
import pytest
import soundfile

from voicelab.errors import FormatError
from voicelab.sim import speech as speech_module
from voicelab.sim.speech import Speech

ALL = np.arange(-32768, 32768, dtype=np.int16)


def test_sixteen_bit_mono_is_read_exactly(tmp_path):
    soundfile.write(tmp_path / "a.wav", ALL, 8000, subtype="PCM_16")
    speech = Speech.read(tmp_path / "a.wav")
    assert np.array_equal(speech.samples, ALL)
    assert (speech.rate_hz, speech.notes) == (8000, ())


@pytest.mark.parametrize(("subtype", "decode"), [("ULAW", "ulaw"), ("ALAW", "alaw")])
def test_g711_files_are_read_as_the_standard_decodes_them(tmp_path, subtype, decode):
    from voicelab.audio import g711

    soundfile.write(tmp_path / "a.wav", ALL[::7], 8000, subtype=subtype)
    codes = (tmp_path / "a.wav").read_bytes()[-len(ALL[::7]) - len(ALL[::7]) % 2 :]
    expected = getattr(g711, f"{decode}_decode")(codes[: len(ALL[::7])])
    speech = Speech.read(tmp_path / "a.wav")
    assert speech.notes == ()
    assert np.array_equal(speech.samples, expected)


@pytest.mark.parametrize(
    ("subtype", "note"),
    [
        ("PCM_24", "24-bit reduced to 16-bit"),
        ("PCM_32", "32-bit reduced to 16-bit"),
        ("FLOAT", "32-bit float reduced to 16-bit"),
        ("DOUBLE", "64-bit float reduced to 16-bit"),
    ],
)
def test_wider_samples_are_rounded_and_told(tmp_path, subtype, note):
    wide = np.array([0.25, -0.5, 100.4 / 32768, 100.6 / 32768])
    soundfile.write(tmp_path / "a.wav", wide, 16_000, subtype=subtype)
    speech = Speech.read(tmp_path / "a.wav")
    assert speech.samples.tolist() == [8192, -16384, 100, 101]
    assert speech.notes == (note,)


def test_channels_are_mixed_at_their_mean(tmp_path):
    both = np.array([[100, 200], [-4, -2], [32767, 32767]], np.int16)
    soundfile.write(tmp_path / "a.flac", both, 8000)
    speech = Speech.read(tmp_path / "a.flac")
    assert speech.samples.tolist() == [150, -3, 32767]
    assert speech.notes == ("stereo mixed to mono",)
    soundfile.write(tmp_path / "b.wav", np.zeros((5, 3), np.int16), 8000)
    assert Speech.read(tmp_path / "b.wav").notes == ("3 channels mixed to mono",)


def test_level_is_kept_and_clipping_is_told(tmp_path):
    loud = np.array([2.0, -2.0, 0.5, np.nan], np.float64)
    soundfile.write(tmp_path / "a.wav", loud, 8000, subtype="DOUBLE")
    speech = Speech.read(tmp_path / "a.wav")
    assert speech.samples.tolist() == [32767, -32768, 16384, 0]
    assert speech.notes[-1] == "2 samples beyond full scale clipped"


def test_lossy_files_are_told(tmp_path):
    soundfile.write(tmp_path / "a.ogg", np.zeros(8000, np.int16), 8000)
    assert Speech.read(tmp_path / "a.ogg").notes == ("VORBIS decoded to 16-bit",)


def test_a_long_file_is_read_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(speech_module, "_BLOCK_FRAMES", 1000)
    soundfile.write(tmp_path / "a.wav", ALL, 8000, subtype="PCM_16")
    assert np.array_equal(Speech.read(str(tmp_path / "a.wav")).samples, ALL)


def test_what_cannot_be_a_caller_is_said_in_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "text.wav").write_text("not audio")
    (tmp_path / "blob.raw").write_bytes(bytes(100))
    soundfile.write(tmp_path / "empty.wav", np.zeros(0, np.int16), 8000)
    soundfile.write(tmp_path / "long.wav", np.zeros(3000, np.int16), 1)
    monkeypatch.setattr(speech_module, "MAX_SPEECH_S", 2000)
    for name, sentence in {
        "gone.wav": "There is no file",
        "text.wav": "is not audio that can be read",
        "blob.raw": "is not audio that can be read",
        "empty.wav": "holds no audio",
        "long.wav": "is longer than 3 hours",
        ".": "is a folder",
    }.items():
        with pytest.raises(FormatError, match=sentence):
            Speech.read(tmp_path / name)
