import numpy as np
import pytest
import soundfile

from voicelab.store.wavfile import WavFile


def read(path):
    return soundfile.read(path, dtype="int16")


def test_it_is_valid_from_the_first_moment(tmp_path):
    with WavFile(tmp_path / "a.wav", 8000) as wav:
        samples, rate_hz = read(wav.path)
        assert (len(samples), rate_hz) == (0, 8000)


def test_it_holds_what_was_written_at_every_refresh(tmp_path):
    noise = np.random.default_rng(1).integers(-32768, 32767, 1600, np.int16)
    with WavFile(tmp_path / "a.wav", 8000) as wav:
        for at in range(0, 1600, 160):
            wav.write(at, noise[at : at + 160].tobytes())
            wav.refresh()
            assert np.array_equal(read(wav.path)[0], noise[: at + 160])


def test_what_was_never_written_is_silence_and_can_be_written_later(tmp_path):
    with WavFile(tmp_path / "a.wav", 8000) as wav:
        wav.write(3, np.array([7], np.int16).tobytes())
        wav.refresh()
        assert read(wav.path)[0].tolist() == [0, 0, 0, 7]
        wav.write(1, np.array([5], np.int16).tobytes())
    assert read(wav.path)[0].tolist() == [0, 5, 0, 7]


def test_channels_are_written_one_by_one(tmp_path):
    with WavFile(tmp_path / "a.wav", 8000, 2) as wav:
        wav.write_channel(0, 0, np.array([1, 2, 3], np.int16).tobytes())
        wav.write_channel(1, 1, np.array([8, 9, 10], np.int16).tobytes())
        wav.write_channel(0, 2, np.array([4], np.int16).tobytes())
    assert read(wav.path)[0].tolist() == [[1, 0], [2, 8], [4, 9], [0, 10]]


def test_the_byte_order_of_one_channel_is_corrected(tmp_path):
    with WavFile(tmp_path / "a.wav", 8000, 2) as wav:
        wav.write_channel(0, 0, np.array([0x0102, 0x7F00], np.int16).tobytes())
        wav.write_channel(1, 0, np.array([1, 2], np.int16).tobytes())
        wav.swap_bytes(0)
    assert read(wav.path)[0].tolist() == [[0x0201, 1], [0x007F, 2]]


def test_a_long_file_is_corrected_whole(tmp_path):
    noise = np.random.default_rng(2).integers(-32768, 32767, 1_000_001, np.int16)
    with WavFile(tmp_path / "a.wav", 16000) as wav:
        wav.write(0, noise.tobytes())
        wav.swap_bytes()
    assert np.array_equal(read(wav.path)[0], noise.byteswap())


def test_a_file_that_exists_is_not_overwritten(tmp_path):
    (tmp_path / "a.wav").write_text("mine")
    with pytest.raises(FileExistsError):
        WavFile(tmp_path / "a.wav", 8000)
    assert (tmp_path / "a.wav").read_text() == "mine"


def test_closing_twice_is_closing_once(tmp_path):
    wav = WavFile(tmp_path / "a.wav", 8000)
    wav.close()
    wav.close()
