from __future__ import annotations

import subprocess
import sys
from itertools import permutations

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from voicelab.audio.resample import RATES_HZ, Resampler, resample
from voicelab.errors import FormatError

PAIRS = list(permutations(RATES_HZ, 2))
pairs = pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)


def int16(values):
    return np.clip(np.rint(values), -32768, 32767).astype(np.int16)


def tone(freq_hz, rate_hz, samples, peak=20000):
    return int16(peak * np.sin(2 * np.pi * freq_hz * np.arange(samples) / rate_hz))


def speech(rate_hz, samples, seed=1):
    """Noise below 0.4 of 8 kHz, so that every pair of rates passes it."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.normal(0, 1, samples))
    spectrum[np.fft.rfftfreq(samples, 1 / rate_hz) > 3200] = 0
    sound = np.fft.irfft(spectrum, samples)
    return int16(8000 * sound / sound.std() / 3)


def level(samples, freq_hz, rate_hz):
    """Amplitude of one frequency, through a window with -120 dB side lobes."""
    window = np.kaiser(samples.size, 16)
    turn = np.exp(-2j * np.pi * freq_hz * np.arange(samples.size) / rate_hz)
    return 2 * abs((samples * window * turn).sum()) / window.sum()


def folded(freq_hz, rate_hz):
    return abs(freq_hz - rate_hz * round(freq_hz / rate_hz))


def impulse_response(from_hz, to_hz):
    """Response at the common rate, one output phase after the other."""
    up = to_hz // np.gcd(from_hz, to_hz)
    down = from_hz // np.gcd(from_hz, to_hz)
    rows = {}
    for shift in range(down):
        click = np.zeros(240, np.int16)
        click[shift] = 32767
        out = Resampler(from_hz, to_hz).process(click) / 32767
        for index, value in enumerate(out):
            rows[index * down - shift * up] = value
    return np.array([rows.get(index, 0.0) for index in range(240 * up)])


@pairs
def test_the_passband_is_flat_through_int16(from_hz, to_hz):
    lower = min(from_hz, to_hz)
    for share in (0.01, 0.1, 0.2, 0.3, 0.4, 0.425):
        out = resample(tone(share * lower, from_hz, from_hz), from_hz, to_hz)
        out = out[to_hz // 10 : -to_hz // 10]
        assert abs(20 * np.log10(level(out, share * lower, to_hz) / 20000)) < 0.1


@pairs
def test_loud_images_and_aliases_stay_under_70_db(from_hz, to_hz):
    lower = min(from_hz, to_hz)
    for share in (0.1, 0.3, 0.42, 0.575, 0.7, 0.9, 1.1, 1.4):
        freq_hz = share * lower
        if freq_hz >= from_hz / 2:
            continue
        out = resample(tone(freq_hz, from_hz, from_hz, peak=30000), from_hz, to_hz)
        out = out[to_hz // 10 : -to_hz // 10].astype(float)
        copies = {folded(k * from_hz + sign * freq_hz, to_hz) for k in range(8) for sign in (1, -1)}
        if share < 0.5:
            copies = {copy for copy in copies if abs(copy - freq_hz) > 1}
        for copy in copies - {0, to_hz / 2}:
            assert 20 * np.log10(level(out, copy, to_hz) / 30000 + 1e-12) <= -70


@pairs
def test_the_coefficients_meet_the_bands(from_hz, to_hz):
    lower = min(from_hz, to_hz)
    up = to_hz // np.gcd(from_hz, to_hz)
    taps = impulse_response(from_hz, to_hz)
    size = 1 << 16
    gain = np.abs(np.fft.rfft(taps, size)) / up
    freq_hz = np.fft.rfftfreq(size, 1 / (from_hz * up))
    passed = 20 * np.log10(gain[freq_hz <= 0.425 * lower])
    assert np.abs(passed).max() < 0.1
    # a click of full scale comes out in steps of 1 / 32767, hence the distance to -71.6 dB
    assert 20 * np.log10(gain[freq_hz >= 0.575 * lower].max()) <= -70


@pairs
def test_the_delay_is_the_one_that_is_named(from_hz, to_hz):
    stream = Resampler(from_hz, to_hz)
    sound = speech(from_hz, from_hz // 2)
    out = stream.process(sound).astype(float)
    reference = soxr.resample(sound, from_hz, to_hz, quality="VHQ").astype(float)[: out.size]
    size = 2 * out.size
    match = np.fft.irfft(np.fft.rfft(out, size) * np.fft.rfft(reference, size).conj(), size)
    assert np.argmax(match) == stream.delay_samples
    assert stream.delay_ms == 1000 * stream.delay_samples / to_hz
    assert stream.delay_ms <= 2


@pairs
def test_nothing_is_held_back_at_20_ms(from_hz, to_hz):
    stream = Resampler(from_hz, to_hz)
    for _ in range(3):
        assert stream.process(np.ones(from_hz // 50, np.int16)).size == to_hz // 50


@pairs
def test_as_good_as_soxr_in_the_passband(from_hz, to_hz):
    sound = speech(from_hz, from_hz)
    ours = resample(sound, from_hz, to_hz).astype(float)
    theirs = soxr.resample(sound.astype(float), from_hz, to_hz, quality="VHQ")
    middle = slice(to_hz // 10, -to_hz // 10)
    error = (ours - theirs)[middle]
    assert 20 * np.log10(theirs[middle].std() / error.std()) > 60


@given(data=st.data(), pair=st.sampled_from(PAIRS), length=st.integers(0, 700))
@settings(deadline=None)
def test_chunks_do_not_matter(data, pair, length):
    samples = np.random.default_rng(length).integers(-32768, 32768, length).astype(np.int16)
    cuts = sorted(data.draw(st.lists(st.integers(0, length), max_size=12)))
    stream = Resampler(*pair)
    parts = [stream.process(part) for part in np.split(samples, cuts)]
    whole = Resampler(*pair)
    assert np.concatenate(parts).tolist() == whole.process(samples).tolist()
    assert stream.flush().tolist() == whole.flush().tolist()


@pairs
def test_single_samples_make_the_same_stream(from_hz, to_hz):
    samples = np.random.default_rng(5).integers(-32768, 32768, 400).astype(np.int16)
    stream = Resampler(from_hz, to_hz)
    parts = [stream.process(samples[at : at + 1]) for at in range(samples.size)]
    joined = np.concatenate([*parts, stream.flush()])
    assert joined[stream.delay_samples :].tolist() == resample(samples, from_hz, to_hz).tolist()


@pytest.mark.parametrize("length", [0, 1, 2, 3, 5, 160, 1001])
@pairs
def test_a_recording_keeps_its_length(from_hz, to_hz, length):
    out = resample(np.ones(length, np.int16), from_hz, to_hz)
    assert out.dtype == np.int16
    assert out.size == round(length * to_hz / from_hz)


def test_a_long_recording_is_the_stream_of_it():
    samples = speech(8000, 150_000)
    stream = Resampler(8000, 24000)
    out = np.concatenate([stream.process(samples), stream.flush()])
    assert np.array_equal(resample(samples, 8000, 24000), out[stream.delay_samples :])


@pairs
def test_a_constant_stays_that_constant(from_hz, to_hz):
    out = resample(np.full(2000, -1234, np.int16), from_hz, to_hz)
    settled = out[to_hz // 100 : -to_hz // 100]
    assert settled.size
    assert set(settled.tolist()) == {-1234}


@pairs
def test_a_loud_square_wave_saturates(from_hz, to_hz):
    square = np.where(np.arange(3840) // 40 % 2, 32767, -32768).astype(np.int16)
    out = resample(square, from_hz, to_hz)
    assert (out.max(), out.min()) == (32767, -32768)
    held = np.repeat(np.sign(square), to_hz)[::from_hz]
    assert (np.sign(out) == held).mean() > 0.9  # a wrapped peak would change its sign


@pairs
def test_flush_starts_anew(from_hz, to_hz):
    samples = speech(from_hz, 600)
    stream = Resampler(from_hz, to_hz)
    first = np.concatenate([stream.process(samples), stream.flush()])
    assert np.concatenate([stream.process(samples), stream.flush()]).tolist() == first.tolist()


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_equal_rates_pass_through(rate_hz):
    samples = np.arange(-100, 100, dtype=np.int16)
    stream = Resampler(rate_hz, rate_hz)
    assert stream.process(samples) is samples
    assert stream.flush().size == 0
    assert stream.delay_ms == 0
    assert resample(samples, rate_hz, rate_hz).tolist() == samples.tolist()


@pytest.mark.parametrize("rates", [(8000, 44100), (11025, 8000), (0, 8000)])
def test_other_rates_are_refused(rates):
    with pytest.raises(FormatError, match="8000, 16000, 24000, 48000"):
        Resampler(*rates)


@pytest.mark.parametrize("samples", [np.zeros(4), [1, 2], np.zeros((4, 2), np.int16)])
@pytest.mark.parametrize("to_hz", [8000, 16000])
def test_only_mono_int16_is_taken(samples, to_hz):
    with pytest.raises(FormatError):
        Resampler(8000, to_hz).process(samples)


def test_audio_does_not_import_scipy():
    modules = "voicelab.audio.resample, voicelab.audio.byteorder"
    probe = f"import sys, {modules}; print('scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
