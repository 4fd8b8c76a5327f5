"""With the reference nearly all of it can be told, and nothing is found that is not there."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import butter, firwin, lfilter, resample_poly, sosfilt

from tests.audio.diagnosis.voices import as_int16, noisy, prompt
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.against import Reference
from voicelab.audio.diagnosis.against.moments import Moved
from voicelab.audio.diagnosis.against.timing import _moved
from voicelab.audio.diagnosis.against.ways import ways
from voicelab.audio.diagnosis.against.weighing import _enough
from voicelab.audio.diagnosis.faults import FAULTS, break_audio
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode

RATE_HZ = 8000


def speech(rate_hz=RATE_HZ):
    return np.concatenate((prompt("greeting", rate_hz), prompt("order", rate_hz)))


def named(heard, said, heard_hz=RATE_HZ, said_hz=RATE_HZ):
    return diagnose(Audio(heard, heard_hz), Audio(said, said_hz))


def broken(fault, snr_db=8, severity=1, late=0):
    """A fault in noise, the reference without it, and so many samples of silence before."""
    rate_hz = 16_000 if fault == "rate-half" else RATE_HZ
    said = speech(rate_hz)
    rng = np.random.default_rng(7)
    heard, heard_hz = break_audio(fault, noisy(said, snr_db, rng), rate_hz, severity, seed=3)
    heard = np.concatenate((np.zeros(late, np.int16), heard))
    return diagnose(Audio(heard, heard_hz), Audio(said, rate_hz))


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_in_noise(fault):
    assert broken(fault).fault == fault


@pytest.mark.parametrize("severity", [0, 2])
@pytest.mark.parametrize(
    "fault",
    ["clipped", "continuous-mulaw", "packet-loss", "repeats", "reordering", "chunk-clicks"],
)
def test_mild_and_severe(fault, severity):
    assert broken(fault, 20, severity).fault == fault


@pytest.mark.parametrize("fault", ["packet-loss", "reordering", "chunk-clicks", "odd-byte-slip"])
def test_any_delay_will_do(fault):
    assert broken(fault, 20, late=9000).fault == fault


@pytest.mark.parametrize(("up", "down"), [(2, 1), (1, 2), (1, 3), (160, 147), (147, 160)])
def test_rates_of_the_content_under_a_header_that_is_right(up, down):
    names = {(2, 1): "rate-half", (1, 2): "rate-double", (1, 3): "rate-triple"}
    heard = as_int16(resample_poly(speech().astype(np.float64), up, down))
    assert named(heard, speech()).fault == names.get((up, down), "rate-44100-48000")


def test_what_was_sent_big_endian():
    slipped = speech().astype(">i2").tobytes()[1:-1]
    heard = np.frombuffer(slipped, ">i2").astype(np.int16)
    assert named(heard, speech()).fault == "odd-byte-slip"
    codes = ulaw_encode(speech())
    pairs = codes[: codes.size // 2 * 2].view(">i2").astype(np.int16)
    assert named(pairs, speech()).fault == "mulaw-as-pcm16"


def test_a_byte_that_is_lost_near_the_end():
    data = speech().tobytes()
    at = int(0.8 * len(data)) | 1
    heard = np.frombuffer(data[:at] + data[at + 1 : -1], np.int16)
    assert named(heard, speech()).fault == "odd-byte-slip"


def test_bytes_that_are_lost_where_too_little_is_left_to_lay():
    said = prompt("order")
    data = np.frombuffer(said.tobytes(), np.uint8)
    kept = np.delete(data, [int(place * data.size) | 1 for place in (0.025, 0.156, 0.838)])
    heard = kept[: kept.size // 2 * 2].view(np.int16)
    assert named(heard, said).fault == "odd-byte-slip"


def test_linear_samples_of_8_bits_as_mulaw():
    heard = ulaw_decode(((speech() >> 8) + 128).astype(np.uint8))
    assert named(heard, speech()).fault == "linear-as-mulaw"


@pytest.mark.parametrize("order", ["<i2", ">i2"])
def test_linear_samples_of_twice_the_rate_as_mulaw(order):
    sent = speech(2 * RATE_HZ).astype(order)
    found = named(ulaw_decode(sent.tobytes()), speech())
    assert found.fault == "linear-as-mulaw"
    assert found.repaired.rate_hz == 2 * RATE_HZ
    assert np.mean(found.repaired.samples == speech(2 * RATE_HZ)) > 0.9  # two codes are silence


def test_mulaw_of_twice_the_rate_as_linear_samples():
    codes = ulaw_encode(speech(2 * RATE_HZ))
    found = named(codes[: codes.size // 2 * 2].view(np.int16), speech())
    assert found.fault == "mulaw-as-pcm16"
    assert found.repaired.rate_hz == 2 * RATE_HZ


@pytest.mark.parametrize("place", [0.1, 0.5, 0.7])
def test_a_byte_that_is_lost_above_the_rate_of_the_reference(place):
    said = speech(2 * RATE_HZ)
    data = noisy(said, 20, np.random.default_rng(3)).tobytes()
    at = int(place * len(data)) | 1
    heard = np.frombuffer(data[:at] + data[at + 1 : -1], np.int16)
    assert named(heard, speech(), 2 * RATE_HZ).fault == "odd-byte-slip"


@pytest.mark.parametrize("rate_hz", [RATE_HZ, 2 * RATE_HZ])
def test_swapped_bytes_are_no_slip(rate_hz):
    heard = noisy(speech(rate_hz), 20, np.random.default_rng(3)).byteswap()
    assert named(heard, speech(), rate_hz).fault == "l16-byte-order"


def test_a_frame_that_comes_later_by_two():
    said, step = speech(), 160
    frames = [said[at : at + step] for at in range(0, said.size - step, step)]
    for at in range(40, len(frames) - 4, 40):
        frames[at : at + 3] = [frames[at + 1], frames[at + 2], frames[at]]
    found = named(np.concatenate(frames), said)
    assert found.fault == "reordering"
    assert "frames of 20 ms" in found.hypotheses[0].evidence


def test_reordered_frames_are_put_back():
    said = speech()
    heard, _ = break_audio("reordering", said, RATE_HZ, 1, seed=3)
    mended = named(heard, said).repaired.samples[: said.size]
    assert np.mean(mended != said) < 0.2 * np.mean(heard != said)


def test_frames_that_are_cut_out():
    said = speech()
    cuts = [10_000, 30_000, 52_000]
    heard = np.delete(said, np.concatenate([np.arange(at, at + 480) for at in cuts]))
    assert named(heard, said).fault == "packet-loss"


@pytest.mark.parametrize("frame_ms", [10, 20])
def test_frames_that_are_left_out_again_and_again(frame_ms):
    said, step = speech()[:30_000], frame_ms * RATE_HZ // 1000
    frames = said[: said.size // step * step].reshape(-1, step)
    kept = np.random.default_rng(5).random(len(frames)) > 0.2
    found = named(frames[kept].reshape(-1), said)
    assert found.fault == "packet-loss"
    assert "sound is left out" in found.hypotheses[0].evidence


def test_few_chunks_that_were_filtered_from_silence():
    chunks = prompt("greeting", 16_000)[:40_000].reshape(-1, 1600)
    line = lfilter(firwin(65, 3600, fs=16_000), 1.0, chunks.astype(np.float64))[:, ::2]
    heard = alaw_decode(alaw_encode(as_int16(line.reshape(-1))))
    assert named(heard, prompt("greeting")).fault == "chunk-clicks"


def test_chunks_that_are_stretched_one_by_one():
    wide = resample_poly(speech().astype(np.float64), 2, 1)
    chunks = (wide[at : at + 640] for at in range(0, wide.size - 640, 640))
    heard = [np.interp(np.linspace(0, 639, 320), np.arange(640), chunk) for chunk in chunks]
    assert named(as_int16(np.concatenate(heard)), speech()).fault == "chunk-clicks"


def clean():
    said = speech()
    wide = said.astype(np.float64)
    band = butter(4, (300, 3400), "bandpass", fs=RATE_HZ, output="sos")
    there = np.arange(said.size - 200) / (1 + 100e-6)
    return {
        "the same": said,
        "mu-law": ulaw_decode(ulaw_encode(said)),
        "A-law": alaw_decode(alaw_encode(said)),
        "both laws": alaw_decode(alaw_encode(ulaw_decode(ulaw_encode(said)))),
        "quiet": as_int16(0.06 * wide),
        "quiet mu-law": ulaw_decode(ulaw_encode(as_int16(0.06 * wide))),
        "loud": as_int16(1.9 * wide),
        "late": np.concatenate((np.zeros(7000, np.int16), said)),
        "without its beginning": said[9000:],
        "the other polarity": -said,
        "through a band": as_int16(sosfilt(band, wide)),
        "half a sample late": as_int16(resample_poly(wide, 2, 1)[1::2]),
        "100 ppm slower": as_int16(
            np.interp(8 * there, np.arange(8 * said.size), resample_poly(wide, 8, 1))
        ),
        "in noise": noisy(said, 8, np.random.default_rng(1)),
        "noise, mu-law": ulaw_decode(ulaw_encode(noisy(said, 8, np.random.default_rng(2)))),
    }


@pytest.mark.parametrize("how", clean())
def test_nothing_is_wrong(how):
    assert named(clean()[how], speech()).fault == "none"


def test_nothing_is_wrong_at_another_rate():
    said = speech(16_000)
    heard = as_int16(resample_poly(said.astype(np.float64), 1, 2))
    assert named(heard, said, RATE_HZ, 16_000).fault == "none"
    wide = as_int16(resample_poly(speech().astype(np.float64), 2, 1))
    assert named(wide, speech(), 16_000).fault == "none"


@pytest.mark.parametrize("pause_s", [0, 4, 16])
def test_noise_that_is_loudest_in_pauses_is_nothing_wrong(pause_s):
    pause = np.zeros(pause_s * RATE_HZ, np.int16)
    said = np.concatenate((pause, speech(), pause))
    assert named(noisy(said, 8, np.random.default_rng(7)), said).fault == "none"


@pytest.mark.parametrize("seed", range(4))
def test_another_law_is_told_in_noise(seed):
    said = as_int16(speech() * 2.0)
    heard = noisy(said, 8, np.random.default_rng(seed))
    assert named(alaw_decode(ulaw_encode(heard)), said).fault == "mulaw-as-alaw"
    assert named(ulaw_decode(alaw_encode(heard)), said).fault == "alaw-as-mulaw"


@pytest.mark.parametrize("seed", range(6))
def test_rumble_is_not_an_offset(seed):
    """Noise that is the stronger the slower it is has a middle off zero, as slow waves have."""
    said = speech()
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(said.size))
    rumble = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(spectrum.size), 1)), said.size)
    heard = as_int16(said + rumble * (0.3 * said.std() / rumble.std()))
    assert named(heard, said).fault == "none"
    assert named(as_int16(heard + 1500.0), said).fault == "dc-offset"


def test_silence_beside_what_is_cut_off_is_not_lost():
    said = np.concatenate([np.pad(part, (0, 900)) for part in np.array_split(speech(), 9)])
    loud = 12.0 * said.astype(np.float64)
    assert named(as_int16(np.clip(loud, -30_000, 9000)), said).fault == "clipped"


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_frames_of_hum_that_are_lost_in_pauses(seed):
    said = speech()
    n = np.arange(said.size)
    hum = 300 * np.sin(2 * np.pi * 50 * n / RATE_HZ) + 200 * np.sin(2 * np.pi * 150 * n / RATE_HZ)
    frames = as_int16(said + hum)[: said.size // 320 * 320].reshape(-1, 320)
    spoken = np.abs(said[: frames.size]).reshape(-1, 320).mean(axis=1)
    quiet = np.flatnonzero(spoken < np.percentile(spoken, 25))
    frames[np.random.default_rng(seed).choice(quiet, 5, replace=False)] = 0
    assert named(frames.ravel(), said).fault == "packet-loss"


@pytest.mark.parametrize("fade", [1, 40, 160])
@pytest.mark.parametrize("least", [100, 600])
def test_a_gate_that_closes_on_hum_loses_nothing(least, fade):
    said = speech()
    hum = 400 * np.sin(2 * np.pi * 50 * np.arange(said.size) / RATE_HZ)
    loud = maximum_filter1d(np.abs(said.astype(np.float64)), 1201)
    gate = uniform_filter1d((loud > least).astype(np.float64), fade)
    assert named(as_int16((said + hum) * gate), said).fault == "none"


def test_one_law_as_the_other_is_much_like_the_reference():
    said = speech()
    on_a_law = Heard(alaw_decode(ulaw_encode(said)), RATE_HZ)
    assert _enough(on_a_law) > _enough(Heard(said, RATE_HZ))


def test_two_channels_are_not_one_at_half_its_rate():
    said = speech().astype(np.float64)
    both = np.stack((said, 0.5 * said), axis=1).ravel()
    assert {way.fault for way in ways(as_int16(both))} >= {"stereo-as-mono", "rate-double"}
    assert all(way.fault != "rate-half" for way in ways(as_int16(both)))
    assert any(way.fault == "rate-half" for way in ways(speech(16_000)))


def test_what_the_reference_has_too_is_no_fault():
    for how in (
        np.clip(speech(), -4000, 4000),
        as_int16(speech() + 1500.0),
        np.repeat(speech(), 2),
        np.zeros(20_000, np.int16),
    ):
        assert named(how, how).fault == "none"


def test_the_delay_is_told():
    late = np.concatenate((np.zeros(4000, np.int16), speech()))
    assert "500.0 ms late" in named(late, speech()).verdict


def test_another_call_cannot_be_told():
    found = named(prompt("order"), prompt("greeting")[::-1].copy())
    assert found.fault == "unknown"
    assert "not in it" in found.verdict


def test_a_silent_reference_says_nothing():
    assert named(speech(), np.zeros(8000, np.int16)).fault == "unknown"


def test_a_short_or_empty_pair():
    assert named(speech()[:900], speech()).fault in ("none", "unknown")
    assert named(speech(), speech()[:300]).fault == "unknown"
    assert named(speech(), np.array([3], np.int16)).fault == "unknown"


def test_a_long_recording_is_looked_at_in_parts():
    said = np.concatenate([np.roll(speech(), 1000 * n) // (1 + n % 3) for n in range(40)])
    late = np.concatenate((np.zeros(50_000, np.int16), said))
    assert named(late, said).fault == "none"
    assert "6250.0 ms late" in named(late, said).verdict
    heard, _ = break_audio("reordering", late, RATE_HZ, 1, seed=1)
    assert named(heard, said).fault == "reordering"


def test_a_piece_is_found_by_when_it_is_loud():
    said = np.concatenate((prompt("greeting"), prompt("order"), prompt("yes")))
    reference = Reference(np.concatenate((said[::-1], said)), RATE_HZ)
    assert abs(reference.places(said, RATE_HZ)[0] - said.size / RATE_HZ) < 0.05


def test_pieces_of_no_whole_frame_are_no_repeats():
    def found(frame, pieces):
        return _moved(Moved(frame, 0.0, 60.0, [(n, n + 80, frame) for n in range(pieces)]), 8000)

    assert [finding.fault for finding in found(160, 2)] == ["repeats"]
    assert [finding.fault for finding in found(926, 6)] == ["repeats"]
    assert not found(926, 5)
