"""What a verdict says, read as a person would who has to act on it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from voicelab.audio.clip import Audio
from voicelab.audio.compare import check
from voicelab.audio.compare.ends import Ends
from voicelab.audio.compare.wording import count, lateness, length, times
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from voicelab.audio.resample import resample


def verdict(heard, said, heard_hz=8000, said_hz=8000, **more):
    report = check(Audio(heard, heard_hz), Audio(said, said_hz), scores=False, **more)
    said_ = report.verdict
    assert not said_[0].islower()
    assert said_.endswith(".")
    assert not re.search(r"-0\.0|\b1 (samples|gaps|repeats|runs)\b|None|nan|  ", said_)
    assert report.fine == said_.endswith("nothing to do.")
    return said_


def late(samples, by):
    return np.concatenate((np.zeros(by, np.int16), samples))


def mulaw(samples):
    return ulaw_decode(ulaw_encode(samples))


def test_exact_says_of_what_and_when(speech):
    assert verdict(speech, speech).endswith("samples equal the reference; nothing to do.")
    assert "reference, 41.62 ms later; nothing" in verdict(late(speech, 333), speech)
    assert "what mulaw/8000 makes of the reference;" in verdict(mulaw(speech), speech)
    wide = resample(speech, 8000, 16000)
    narrow = resample(wide, 16000, 8000)
    assert "equal the reference brought to 8000 Hz;" in verdict(narrow, wide, 8000, 16000)


def test_what_is_missing_at_either_end_is_said(speech):
    assert "but the first 1.50 s of the reference are missing" in verdict(speech[12000:], speech)
    assert "but the last 3.75 s of the reference are missing" in verdict(speech[:-30000], speech)
    both = verdict(mulaw(speech[12000:-30000]), speech)
    assert "the first 1.50 s and the last 3.75 s of the reference are missing" in both
    assert "earlier" not in both


def test_silence_that_is_missing_is_not(speech):
    padded = np.concatenate((np.zeros(8000, np.int16), speech, np.zeros(8000, np.int16)))
    assert verdict(speech, padded).endswith("nothing to do.")


def test_one_sample_that_differs_is_named(speech):
    heard = speech.copy()
    heard[12345] += 1
    assert verdict(heard, speech).startswith(
        "All but 1 sample, at 1.543 s, are what l16/8000 makes"
    )
    heard[20000] += 1
    assert verdict(heard, speech).startswith("All but 2 samples, the first at 1.543 s, are")


@pytest.mark.parametrize(
    ("kind", "words", "advice"),
    [
        ("gap", "1 gap, 20 ms at ", "look at the network"),
        ("repeat", "1 repeat, 20 ms at ", "sent twice or put in for lost ones"),
        ("insertion", "1 insertion, 40 ms at ", "the pace of the sender"),
        ("skip", "1 place where audio is missing, 40 ms at ", "a buffer that ran over"),
    ],
)
def test_each_kind_of_fault_has_its_advice(speech, loud_frames, kind, words, advice):
    at = int(loud_frames[10]) * 160
    heard = {
        "gap": np.concatenate((speech[:at], np.zeros(160, np.int16), speech[at + 160 :])),
        "repeat": np.concatenate((speech[:at], speech[at - 160 : at], speech[at + 160 :])),
        "insertion": np.concatenate((speech[:at], np.zeros(320, np.int16), speech[at:])),
        "skip": np.concatenate((speech[:at], speech[at + 320 :])),
    }[kind]
    said = verdict(heard, speech)
    assert said.startswith(words)
    assert advice in said
    share = "all" if kind in ("insertion", "skip") else r"99\.\d %"
    assert re.search(share + " of the samples are exactly what l16/8000 makes", said)


def test_several_kinds_are_counted_the_longest_first(speech, loud_frames):
    heard = speech.copy()
    for frame in loud_frames[10:100:20]:
        heard[frame * 160 : (frame + 1) * 160] = 0
    at = int(loud_frames[120]) * 160
    heard = np.concatenate((heard[:at], heard[at + 320 :]))
    assert verdict(heard, speech).startswith(
        "5 gaps, 1 place where audio is missing, 140 ms in all"
    )


def test_shape(speech):
    assert "6.0 dB quieter" in verdict(np.rint(speech / 2).astype(np.int16), speech)
    assert "linear line" not in verdict(np.rint(speech / 2).astype(np.int16), speech)
    assert "An offset of -500 steps (1.5 % of full scale)" in verdict(speech - 500, speech)
    assert "The polarity is inverted" in verdict(-speech, speech)


def test_noise_beside_the_codec(speech, noisy):
    assert "dB below what mulaw/8000 leaves" in verdict(mulaw(noisy(speech, 20)), speech)
    better = verdict(speech, speech, format="mulaw/8000")
    assert re.search(r"is \d+\.\d dB better than mulaw/8000 can leave", better)
    twice = verdict(alaw_decode(alaw_encode(mulaw(speech))), speech)
    assert re.search(r"as good as alaw/8000 gets, .* dB where it leaves .* dB: nothing", twice)
    assert "linear line" in verdict(noisy(speech, 20), speech)


def test_a_drift_is_told_in_seconds_an_hour(speech, through):
    assert "80.0 ppm slower than the reference, 0.29 s an hour" in verdict(
        through(speech, 0.0, 80), speech
    )
    assert "ppm faster than the reference" in verdict(through(speech, 0.0, -80), speech)


def test_nothing_to_compare(speech):
    assert "1 sample, where 20 ms are the least" in verdict(speech[:1], speech)
    assert "The reference is too short" in verdict(speech, speech[:99])
    assert "The reference is silent" in verdict(speech, speech * 0)


def test_what_is_hardly_alike_is_sent_to_diagnose(speech, noisy):
    for heard in (alaw_decode(ulaw_encode(speech)), noisy(speech, -3)):
        said = verdict(heard, speech)
        assert said.startswith("It is hardly like the reference, with an SNR of")
        assert "try `voicelab diagnose REC --against REF`" in said
        assert "louder" not in said
    assert "try `voicelab diagnose REC --against REF`" in verdict(speech.byteswap(), speech)
    assert "hardly" not in verdict(noisy(speech, 8), speech)
    assert "or try `voicelab diagnose REC --against REF`" in verdict(noisy(speech, 20), speech)


def test_sound_after_the_end_is_said(speech, noisy):
    more = np.concatenate((speech, speech[20000:38400]))
    assert verdict(more, speech).endswith(
        "equal the reference, but it goes on for 2.30 s more than the reference, with sound in "
        "it: see what is heard there."
    )
    assert "for 2.30 s more than the reference" in verdict(mulaw(noisy(more, 30)), speech)
    assert "for 2.30 s more" in verdict(late(more, 333), speech)


@pytest.mark.parametrize("begin", [8000, 20_000])
def test_what_was_said_before_is_no_insertion_at_the_end(speech, begin):
    more = late(np.concatenate((speech, speech[begin : begin + 18_400])), 333)
    assert "for 2.30 s more than the reference" in verdict(more, speech)


def test_what_comes_after_a_pause_is_not_taken_for_a_repeat(speech):
    at = speech.size - 15_000
    paused = np.concatenate((speech[:at], np.zeros(16_000, np.int16), speech[at:]))
    assert verdict(late(paused, 333), speech).startswith("1 insertion, 2.00 s")


def test_silence_and_noise_after_the_end_are_nothing_more(speech, noisy):
    silence = np.concatenate((speech, np.zeros(18400, np.int16)))
    assert verdict(silence, speech).endswith("nothing to do.")
    assert "more than the reference" not in verdict(noisy(silence, 20), speech)


@pytest.mark.parametrize("limit", [3000, 5000, 8000])
@pytest.mark.parametrize(
    "line",
    [lambda x: x, mulaw, lambda x: late(x, 77), lambda x: -x],
    ids=("l16", "mulaw", "late", "inverted"),
)
def test_flat_tops_below_full_scale_are_clipping(speech, limit, line):
    said = verdict(line(np.clip(speech, -limit, limit)), speech)
    assert said.startswith("Clipped: ")
    assert "where the reference goes on beyond it" in said
    assert "quieter" not in said
    assert "linear line" not in said


def test_flat_tops_that_were_made_quieter_are_seen_with_their_true_level(speech):
    said = verdict(np.rint(np.clip(speech, -6000, 6000) * 0.25).astype(np.int16), speech)
    assert "stand at a limit of 1,500" in said
    assert "12.0 dB quieter" in said


def test_no_top_is_flat_that_is_so_in_the_reference(speech, noisy):
    flat = np.clip(speech, -5000, 5000)
    for heard in (flat, mulaw(flat), noisy(flat, 20), np.rint(flat * 0.5).astype(np.int16)):
        assert "lipped" not in verdict(heard, flat)
    for heard in (mulaw(speech), noisy(speech, 10), np.rint(speech * 0.3).astype(np.int16)):
        assert "lipped" not in verdict(heard, speech)


def test_another_resampler_is_named(speech):
    from scipy.signal import firwin, resample_poly

    wide = resample(speech, 8000, 16000)
    rng = np.random.default_rng(3)
    wide = (wide + rng.normal(0, 30, len(wide))).astype(np.int16)
    taps = firwin(161, 0.46, window=("kaiser", 8.0))
    narrow = np.rint(resample_poly(wide.astype(float), 1, 2, window=taps)).astype(np.int16)
    said = verdict(narrow, wide, 8000, 16000)
    assert re.search(r"Below 3\d\d0 Hz nothing differs \(\d\d dB\)", said)
    assert "another resampler or low-pass filter" in said
    assert "resampler" not in verdict(resample(wide, 16000, 8000), wide, 8000, 16000)


def test_wording():
    assert [count(n, "run") for n in (0, 1, 1234)] == ["0 runs", "1 run", "1,234 runs"]
    assert [length(s) for s in (0.02, 0.9999, 1.5, 400)] == ["20 ms", "1.00 s", "1.50 s", "6.7 min"]
    assert [lateness(ms) for ms in (-0.0, 0.004, 0.1, -1500, -12_345.4)] == [
        "", "", "0.10 ms later", "1,500.00 ms earlier", "12.345 s earlier",
    ]  # fmt: skip
    assert [times(n) for n in (1, 2, 1234)] == ["once", "twice", "1,234 times"]


def test_every_row_has_a_meaning(speech):
    for heard in (speech, mulaw(speech), speech * 0, speech[:1]):
        rows = check(Audio(heard, 8000), Audio(speech, 8000)).rows()
        assert len({row.name for row in rows}) == len(rows)
        assert all(row.value and row.meaning.endswith(".") for row in rows)


def test_the_ends_are_values_too(speech):
    report = check(Audio(speech[12000:-30000], 8000), Audio(speech, 8000), scores=False)
    assert (report.ends.first_s, report.ends.last_s, report.ends.more_s) == (1.5, 3.75, 0.0)
    more = np.concatenate((speech, speech[20000:38400]))
    report = check(Audio(more, 8000), Audio(speech, 8000), scores=False)
    assert (report.ends.first_s, report.ends.last_s, report.ends.more_s) == (0.0, 0.0, 2.3)
    apart = check(Audio(speech.byteswap(), 8000), Audio(speech, 8000), scores=False)
    assert apart.ends == Ends()


def test_a_verdict_follows_from_the_report(speech):
    report = check(Audio(speech, 8000), Audio(speech, 8000), scores=False)
    assert replace(report, alignment=None).verdict.startswith("Exact")
    other = replace(report, exactness=replace(report.exactness, exact=False), alignment=None)
    assert other.verdict.startswith("The reference is not in the recording")
