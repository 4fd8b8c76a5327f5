import numpy as np
import pytest

from tests.audio.diagnosis.voices import prompt
from voicelab.audio.clip import Audio
from voicelab.audio.compare import check
from voicelab.audio.compare.alignment import align
from voicelab.audio.compare.correlation import best_lags
from voicelab.audio.compare.drift import _over_all
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode

WORST_MS = 0.2


def ulaw(samples):
    return ulaw_decode(ulaw_encode(samples))


def alaw(samples):
    return alaw_decode(alaw_encode(samples))


def worst_ms(found, delay_s, drift_ppm, said, heard):
    """The largest error of the lag anywhere in the recording."""
    stretch = 1 + drift_ppm * 1e-6
    first, last = max(0, delay_s * 8000), min(len(heard), len(said) * stretch + delay_s * 8000)
    at = np.linspace(first, last - 1, 25).astype(int)
    true = at - (at - delay_s * 8000) / stretch
    return max(abs(found.lag_samples(int(n)) - lag) / 8 for n, lag in zip(at, true, strict=True))


@pytest.mark.parametrize("drift_ppm", [-100, 0, 100])
@pytest.mark.parametrize("delay_s", [-2, -0.51234, 0, 0.0007, 2])
def test_delay_and_drift_are_found_everywhere(speech, through, delay_s, drift_ppm):
    heard = ulaw(through(speech, delay_s, drift_ppm))
    found = align(heard, speech, 8000)
    assert len(found.segments) == 1
    assert worst_ms(found, delay_s, drift_ppm, speech, heard) < WORST_MS / 4
    assert found.drift_ppm == pytest.approx(drift_ppm, abs=1)
    assert found.delay_ms == pytest.approx(1000 * delay_s, abs=0.05)


@pytest.mark.parametrize("snr_db", [15, 5])
def test_noise_does_not_move_it(speech, through, noisy, snr_db):
    heard = alaw(noisy(through(speech, -1.25003, 60), snr_db))
    assert worst_ms(align(heard, speech, 8000), -1.25003, 60, speech, heard) < WORST_MS


@pytest.mark.parametrize("filled", ["silence", "repeat"])
@pytest.mark.parametrize(("delay_s", "drift_ppm"), [(0.3, 0), (-2, 100), (2, -100)])
def test_five_percent_of_loss_does_not_move_it(speech, through, filled, delay_s, drift_ppm):
    heard = through(speech, delay_s, drift_ppm)
    frames = heard[: len(heard) // 160 * 160].reshape(-1, 160)
    for k in np.flatnonzero(np.random.default_rng(3).random(len(frames)) < 0.05):
        frames[k] = frames[k - 1] if filled == "repeat" and k else 0
    found = align(ulaw(heard), speech, 8000)
    assert len(found.segments) == 1
    assert worst_ms(found, delay_s, drift_ppm, speech, heard) < WORST_MS


def test_polarity(speech):
    found = align(-speech, speech, 8000)
    assert found.inverted
    assert found.delay_ms == 0


def test_other_speech_is_not_found(speech):
    half = len(speech) // 2
    assert align(speech[:half], speech[half:], 8000) is None


def test_what_is_left_out_makes_all_that_follows_early(speech, loud_frames):
    at = int(loud_frames[len(loud_frames) // 2]) * 160
    found = align(np.concatenate((speech[:at], speech[at + 320 :])), speech, 8000)
    assert [segment.lag for segment in found.segments] == [0, -320]
    assert found.segments[0].end == pytest.approx(at, abs=20)


@pytest.mark.parametrize("length_s", [0.2, 1, 3, -0.3, -1])
@pytest.mark.parametrize("at", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("put_in", ["silence", "noise"])
def test_what_is_put_in_or_left_out_is_one_step(length_s, at, put_in):
    names = ("greeting", "order", "question", "sorry", "please_wait", "goodbye")
    said = np.concatenate([prompt(name) for name in names])
    place, length = int(at * len(said)), int(abs(length_s) * 8000)
    between = np.zeros(length, np.int16)
    if put_in == "noise":
        between = np.random.default_rng(2).normal(0, 400, length).astype(np.int16)
    if length_s > 0:
        heard = np.concatenate((said[:place], between, said[place:]))
    else:
        heard = np.concatenate((said[:place], said[place + length :]))
    (fault,) = check(Audio(heard, 8000), Audio(said, 8000), scores=False).faults
    assert fault.kind == ("insertion" if length_s > 0 else "skip")
    assert fault.length_s == pytest.approx(abs(length_s), abs=0.001)
    assert fault.begin_s == pytest.approx(place / 8000, abs=0.06)


@pytest.mark.parametrize(("at", "length_s"), [(0.3, 0.2), (0.3, 1), (0.8, 0.5), (0.8, 3)])
def test_a_step_near_either_end_of_a_short_recording(at, length_s):
    said = prompt("order")
    place = int(at * len(said))
    between = np.zeros(int(length_s * 8000), np.int16)
    heard = np.concatenate((said[:place], between, said[place:]))
    (fault,) = check(Audio(heard, 8000), Audio(said, 8000), scores=False).faults
    assert (fault.kind, round(fault.length_s, 3)) == ("insertion", length_s)


def test_one_block_that_is_much_surer_than_all_others_tells_no_drift():
    at, fine = np.arange(4) * 2048.0, np.array([0.0, 0.5, 0.4, 0.6])
    within = (0.0, 1.0, 1.0)
    assert _over_all(at, fine, np.array([100.0, 1.0, 1.0, 1.0]), within) == within


@pytest.mark.parametrize("count", [1, 2, 3, 5, 13, 14, 15, 16])
def test_blocks_lie_together_where_each_lies_alone(speech, count):
    starts, guesses = 4096 + 2048 * np.arange(count), np.full(count, 700)
    heard = np.concatenate((np.zeros(777, np.int16), speech))
    places, like = best_lags(heard, speech, starts, guesses, 2048, 8000)
    for k in range(count):
        alone = best_lags(heard, speech, starts[k : k + 1], guesses[:1], 2048, 8000)
        assert places[k] == alone[0][0]
        assert like[k] == pytest.approx(alone[1][0], abs=1e-5)
