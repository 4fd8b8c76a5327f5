"""Files of sound of any kind."""

import io
import os

import numpy as np
import pytest
import soundfile

from voicelab.audio.wav import wav_bytes
from voicelab.errors import CallNotFound, FormatError, SettingError
from voicelab.store import sound_file
from voicelab.store.sound_file import opened, read_bytes, read_sound

RAMP = np.arange(-16000, 16000, 2, dtype=np.int16)


def encoded(samples, rate_hz=8000, **kind) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, **kind)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "within"),
    [
        ({"format": "WAV", "subtype": "PCM_16"}, 0),
        ({"format": "WAV", "subtype": "PCM_24"}, 0),
        ({"format": "WAV", "subtype": "FLOAT"}, 0),
        ({"format": "WAV", "subtype": "DOUBLE"}, 0),
        ({"format": "WAV", "subtype": "PCM_U8"}, 256),
        ({"format": "WAVEX", "subtype": "PCM_16"}, 0),
        ({"format": "RF64", "subtype": "PCM_16"}, 0),
        ({"format": "WAV", "subtype": "ULAW"}, 512),
        ({"format": "FLAC", "subtype": "PCM_16"}, 0),
        ({"format": "AIFF", "subtype": "PCM_16"}, 0),
        ({"format": "W64", "subtype": "PCM_16"}, 0),
        ({"format": "OGG", "subtype": "VORBIS"}, 4000),
        ({"format": "MP3", "subtype": "MPEG_LAYER_III"}, 4000),
    ],
    ids=lambda kind: "-".join(kind.values()) if isinstance(kind, dict) else None,
)
def test_every_kind_is_read_as_int16_and_is_whole(kind, within):
    if kind["format"] not in soundfile.available_formats():
        pytest.skip(f"libsndfile {soundfile.__libsndfile_version__} lacks {kind['format']}")
    audio, holds = read_sound(encoded(RAMP / 32768, **kind))
    assert (audio.rate_hz, audio.channels, holds) == (8000, 1, kind["subtype"])
    assert audio.samples.dtype == np.int16
    assert len(audio.samples) == len(RAMP)
    assert np.abs(audio.samples.astype(int) - RAMP).max() <= within
    assert audio.cut_short_s == 0


def test_a_channel_is_read_alone():
    six = np.stack([RAMP + number for number in range(6)], axis=1)
    data = encoded(six, 96_000, format="WAV", subtype="PCM_16")
    assert read_sound(data)[0].samples.shape == (16_000, 6)
    assert read_sound(data, 6)[0].samples.tolist() == (RAMP + 5).tolist()
    with pytest.raises(FormatError, match="has 6 channels: there is no channel 7"):
        read_sound(data, 7)
    with pytest.raises(FormatError, match="no channel 0"):
        read_sound(data, 0)
    with pytest.raises(FormatError, match="no channel 'left'"):
        read_sound(data, "left")


def test_what_breaks_off_is_read_as_far_as_it_goes(tmp_path):
    path = tmp_path / "cut.wav"
    path.write_bytes(wav_bytes(RAMP, 8000)[: 44 + 8000])
    audio, _ = read_sound(path)
    assert audio.samples.tolist() == RAMP[:4000].tolist()
    assert audio.cut_short_s == 1.5
    assert "cut short by 1.50 s" in repr(audio)


def test_half_a_sample_at_the_end_is_none(tmp_path):
    path = tmp_path / "odd.wav"
    path.write_bytes(wav_bytes(RAMP, 8000)[:-1])
    audio, _ = read_sound(path)
    assert audio.samples.tolist() == RAMP[:-1].tolist()
    assert audio.cut_short_s == 1 / 16000


def test_a_flac_that_breaks_off_keeps_what_is_decoded():
    noise = np.random.default_rng(1).integers(-9000, 9000, 100_000).astype(np.int16)
    data = encoded(noise, format="FLAC")
    audio, _ = read_sound(data[: len(data) // 2])
    there = len(audio.samples)
    assert there > 10_000
    assert audio.samples.tolist() == noise[:there].tolist()
    assert audio.cut_short_s == (100_000 - there) / 8000


def test_a_header_that_was_never_finished_is_a_sentence():
    data = wav_bytes(RAMP, 8000)
    with pytest.raises(FormatError, match="did not finish"):
        read_sound(data[:40] + bytes(4) + data[44:])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_what_is_no_number_is_refused(value, subtype):
    samples = np.zeros(100_000)
    samples[-1] = value
    with pytest.raises(FormatError, match="no numbers"):
        read_sound(encoded(samples, format="WAV", subtype=subtype))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b"not a sound\n" * 50, "no audio that can be read"),
        (wav_bytes(RAMP, 8000)[:30], "no audio that can be read"),
        (b"fLaC" + bytes(60), "no audio that can be read"),
    ],
)
def test_what_is_no_sound_is_a_sentence_without_a_trace_of_python(data, words):
    with pytest.raises(FormatError, match=words) as caught:
        read_sound(data, otherwise="Do something else.")
    assert "BytesIO" not in str(caught.value)
    asked = "Do something else." if data else "it is empty. Was anything recorded?"
    assert str(caught.value).endswith(asked)


def test_no_sound_at_all_is_a_sound_of_no_samples():
    assert len(read_sound(wav_bytes(RAMP[:0], 8000))[0].samples) == 0
    assert read_sound(wav_bytes(RAMP[:1], 8000))[0].samples.tolist() == [-16000]


@pytest.mark.parametrize("name", ["wire.raw", "wire.vox", "wire.gsm"])
def test_a_name_alone_is_no_header(tmp_path, name):
    (tmp_path / name).write_bytes(bytes(1600))
    with pytest.raises(FormatError, match="no audio that can be read"):
        read_sound(tmp_path / name)


@pytest.mark.parametrize("read", [read_sound, read_bytes])
def test_what_has_no_end_is_not_begun(tmp_path, read):
    os.mkfifo(tmp_path / "pipe.wav")
    for path in (tmp_path / "pipe.wav", *map(type(tmp_path), ("/dev/zero", "/dev/null"))):
        with pytest.raises(FormatError, match="pipe or a device, which may never end"):
            read(path)
    with pytest.raises(FormatError, match="is a directory"):
        read(tmp_path)
    with pytest.raises(CallNotFound, match="There is no file"):
        read(tmp_path / "none.wav")


def test_what_may_not_be_read_is_a_sentence(tmp_path, monkeypatch):
    path = tmp_path / "mine.wav"
    path.write_bytes(wav_bytes(RAMP, 8000))

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refused)
    with pytest.raises(SettingError, match=r"mine.wav cannot be read: Permission denied\."):
        opened(path)


def test_what_memory_cannot_hold_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "long.wav"
    path.write_bytes(encoded(np.zeros((8000, 6), np.int16), format="WAV"))
    monkeypatch.setattr(sound_file, "MOST_BYTES", 50_000)
    with pytest.raises(FormatError, match="hours of 6 channels, more than"):
        read_sound(path)
    assert len(read_sound(path, 2)[0].samples) == 8000
    with pytest.raises(FormatError, match=r"96,0.. bytes, more than"):
        read_bytes(path)


def test_bytes_are_what_is_there(tmp_path):
    path = tmp_path / "grows.raw"
    path.write_bytes(b"1234")
    assert read_bytes(path) == b"1234"


def test_floats_that_were_never_scaled_are_refused_and_loud_ones_clipped():
    with pytest.raises(FormatError, match="floats that reach 16,000, and full scale is 1"):
        read_sound(encoded(RAMP.astype(np.float64), format="WAV", subtype="DOUBLE"))
    loud, _ = read_sound(encoded(RAMP / 8000, format="WAV", subtype="FLOAT"))
    assert (loud.samples[0], loud.samples[-1]) == (-32768, 32767)
