import numpy as np
import pytest

from tests.audio.diagnosis.voices import prompt
from voicelab.audio.clip import Audio
from voicelab.audio.compare import check
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from voicelab.audio.resample import resample
from voicelab.errors import FormatError


def report(heard, said, heard_hz=8000, said_hz=8000, **more):
    return check(Audio(heard, heard_hz), Audio(said, said_hz), scores=False, **more)


LINES = {
    "l16/8000": lambda samples: samples,
    "mulaw/8000": lambda samples: ulaw_decode(ulaw_encode(samples)),
    "alaw/8000": lambda samples: alaw_decode(alaw_encode(samples)),
}


@pytest.mark.parametrize("form", LINES)
@pytest.mark.parametrize("given", [True, False])
def test_every_line_is_exact_and_found_by_itself(speech, form, given):
    heard = np.concatenate((np.zeros(333, np.int16), LINES[form](speech)))
    got = report(heard, speech, format=form if given else None)
    assert got.exact
    assert str(got.format) == form
    assert got.alignment.delay_ms == 333 / 8
    assert got.verdict.startswith(f"Exact: all {len(speech):,} samples")


def test_a_line_that_was_not_the_given_one_is_not_exact(speech):
    got = report(LINES["alaw/8000"](speech), speech, format="mulaw/8000")
    assert not got.exact
    better = report(speech, speech, format="mulaw/8000")
    assert not better.exact
    assert "another format" in better.verdict


@pytest.mark.parametrize("heard_hz", [16000, 24000, 48000])
def test_a_resampled_leg_is_what_our_resampler_gives(speech, heard_hz):
    heard = resample(LINES["mulaw/8000"](speech), 8000, heard_hz)
    got = report(heard, speech, heard_hz, 8000)
    assert got.exact
    assert str(got.format) == "mulaw/8000"


def test_one_sample_that_differs_is_found(speech):
    heard = speech.copy()
    heard[12345] += 1
    got = report(heard, speech)
    assert not got.exact
    assert got.exactness.first_difference == 12345
    assert got.exactness.equal == len(speech) - 1


def test_a_gap_is_found_to_the_frame(speech, loud_frames):
    heard, k = speech.copy(), int(loud_frames[10])
    heard[k * 160 : (k + 2) * 160] = 0
    (gap,) = report(LINES["mulaw/8000"](heard), speech).faults
    assert gap.kind == "gap"
    assert gap.begin_s == pytest.approx(k * 0.02, abs=0.005)
    assert gap.length_s == pytest.approx(0.04, abs=0.01)


def test_a_repeat_is_found_to_the_sample(speech, loud_frames):
    heard, k = speech.copy(), int(loud_frames[20])
    heard[k * 160 : (k + 1) * 160] = speech[(k - 1) * 160 : k * 160]
    (repeat,) = report(heard, speech).faults
    assert (repeat.kind, repeat.begin_s, repeat.length_s) == ("repeat", k * 0.02, 0.02)


@pytest.mark.parametrize("made_of", ["silence", "repeat"])
def test_an_insertion_is_found(speech, loud_frames, made_of):
    at = int(loud_frames[30]) * 160
    more = np.zeros(320, np.int16) if made_of == "silence" else speech[at - 320 : at]
    got = report(np.concatenate((speech[:at], more, speech[at:])), speech)
    (insertion,) = got.faults
    assert (insertion.kind, insertion.length_s) == ("insertion", 0.04)
    assert insertion.detail == made_of
    assert "insertion, 40 ms" in got.verdict


def test_gain_offset_and_clipping_have_their_numbers(speech):
    quieter = report((speech // 4 + 500).astype(np.int16), speech)
    assert quieter.gain_db == pytest.approx(-12.04, abs=0.05)
    assert quieter.offset == pytest.approx(500, abs=1)
    louder = np.clip(speech.astype(int) * 6, -32768, 32767).astype(np.int16)
    clipped = report(louder, speech)
    assert clipped.levels.clipped_samples > 500
    assert clipped.verdict.startswith("Clipped")


def test_noise_is_measured_beside_what_the_codec_leaves(speech, noisy):
    clean = report(LINES["mulaw/8000"](speech), speech)
    assert clean.noise.snr_db == pytest.approx(clean.noise.codec_snr_db)
    assert 35 < clean.noise.codec_snr_db < 39
    worse = report(LINES["mulaw/8000"](noisy(speech, 20)), speech)
    assert worse.noise.snr_db == pytest.approx(20, abs=0.5)
    assert "below what mulaw/8000 leaves" in worse.verdict
    assert not worse.faults


def test_the_width_of_a_narrow_recording_shows(speech):
    assert report(resample(speech, 8000, 16000), speech, 16000).spectra.bandwidth_hz < 4700


def test_silence_and_strangers_have_sentences_of_their_own(speech):
    silent = report(np.zeros(8000, np.int16), speech)
    assert silent.verdict.startswith("The recording is silent")
    half = len(speech) // 2
    assert "not in the recording" in report(speech[:half], speech[half:]).verdict
    assert "too short" in report(np.ones(1, np.int16), speech).verdict


@pytest.mark.parametrize(
    ("samples", "rate_hz", "words"),
    [
        (np.zeros(0, np.int16), 8000, "empty"),
        (np.zeros((960, 6), np.int16), 96000, "6 channels"),
        (np.zeros(600, np.int16), 6000, "at least 8000"),
    ],
)
def test_bad_input_is_answered(speech, samples, rate_hz, words):
    with pytest.raises(FormatError, match=words):
        report(samples, speech, rate_hz)
    with pytest.raises(FormatError, match=words):
        report(speech, samples, 8000, rate_hz)


@pytest.mark.parametrize("rate_hz", [11025, 44100, 96000])
def test_odd_rates_are_brought_to_ours(speech, rate_hz):
    from scipy.signal import resample_poly

    heard = np.rint(resample_poly(speech.astype(float), rate_hz, 8000)).astype(np.int16)
    got = report(heard, speech, rate_hz)
    assert abs(got.alignment.delay_ms) < 0.2
    assert got.faults == ()


def test_the_scores_of_a_codec(speech):
    got = check(Audio(LINES["mulaw/8000"](speech), 8000), Audio(speech, 8000))
    assert got.quality.stoi > 0.95
    assert got.quality.windows == got.quality.of == 2


def test_at_most_twelve_windows_are_scored_unless_all_are_wanted(speech):
    long = Audio(np.tile(speech, 12), 8000)
    assert check(long, long).quality.windows == 12
    everything = check(long, long, full=True).quality
    assert everything.windows == everything.of > 12


def test_silence_is_not_exact_because_the_reference_begins_with_it():
    spoken = np.concatenate((np.zeros(8000, np.int16), prompt("order")))
    for dead in (np.zeros(8000, np.int16), np.zeros(400, np.int16)):
        report = check(Audio(dead, 8000), Audio(spoken, 8000))
        assert not report.exact
        assert "The recording is silent" in report.verdict
    quiet = Audio(np.zeros(8000, np.int16), 8000)
    assert check(quiet, quiet).exact


def test_a_beginning_too_short_to_be_laid_says_what_is_missing():
    spoken = prompt("order")
    report = check(Audio(spoken[:9000], 8000), Audio(spoken, 8000))
    assert report.exact
    assert "are missing" in report.verdict
