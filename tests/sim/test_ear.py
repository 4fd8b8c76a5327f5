from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.sim.ear import MAX_CHECKPOINTS, Ear

HZ = 8000


def ramp(samples: int, first: int = 1) -> np.ndarray:
    return ((np.arange(samples) + first) % 30_000).astype(np.int16)


def test_an_empty_ear_hears_silence():
    ear = Ear(HZ)
    assert ear.render(0.5).tolist() == [0] * 4000
    assert ear.first_audio_s is None
    assert ear.last_audio_s is None
    assert ear.queued_s(3.0) == 0
    assert ear.next_due_s is None
    assert ear.gaps == ()


def test_audio_is_heard_unchanged_from_the_sample_at_which_it_came():
    ear = Ear(HZ)
    ear.play(0.010, ramp(160), HZ)
    heard = ear.render(0.040)
    assert heard.dtype == np.int16
    assert heard.tolist() == [0] * 80 + ramp(160).tolist() + [0] * 80
    assert ear.first_audio_s == 0.010
    assert ear.last_audio_s == 0.030


def test_audio_queues_behind_audio_without_a_seam():
    ear = Ear(HZ)
    for i in range(50):
        ear.play(0.001 * i, ramp(160, 160 * i), HZ)
    assert ear.queued_s(0.049) == pytest.approx(1 - 0.049)
    assert ear.render(1.0).tolist() == ramp(8000, 0).tolist()
    assert ear.gaps == ()


def test_a_queue_that_ran_dry_leaves_a_gap():
    ear = Ear(HZ)
    ear.play(0.0, ramp(160), HZ)
    ear.play(0.050, ramp(160), HZ)
    (gap,) = ear.gaps
    assert (gap.start_s, gap.end_s) == (0.020, 0.050)
    assert gap.duration_s == pytest.approx(0.030)


def test_silence_between_utterances_is_no_gap():
    ear = Ear(HZ)
    ear.play(0.0, ramp(160), HZ)
    ear.checkpoint(0.0, "one")
    ear.play(1.0, ramp(160), HZ)
    ear.clear(1.010)
    ear.play(2.0, ramp(160), HZ)
    assert ear.gaps == ()


def test_checkpoints_are_due_when_the_audio_before_them_was_heard():
    ear = Ear(HZ)
    ear.play(0.0, ramp(160), HZ)
    ear.checkpoint(0.0, "a")
    ear.checkpoint(0.0, "b")
    ear.play(0.0, ramp(160), HZ)
    ear.checkpoint(0.0, "c")
    assert ear.next_due_s == 0.020
    assert ear.due(0.0199) == []
    assert ear.due(0.020) == ["a", "b"]
    assert ear.due(0.030) == []
    assert ear.next_due_s == 0.040
    assert ear.due(5.0) == ["c"]
    assert ear.next_due_s is None


def test_a_checkpoint_on_an_empty_queue_is_due_at_once():
    ear = Ear(HZ)
    ear.checkpoint(1.5, "now")
    assert ear.due(1.5) == ["now"]


def test_clear_cuts_what_is_in_the_air_and_voids_checkpoints():
    ear = Ear(HZ)
    ear.play(0.0, ramp(8000), HZ)
    ear.checkpoint(0.0, "gone")
    ear.play(0.0, ramp(8000), HZ)
    ear.clear(0.25)
    assert ear.due(10) == []
    assert ear.queued_s(0.25) == 0
    assert ear.last_audio_s == 0.25
    assert ear.render(1.0).tolist() == ramp(2000).tolist() + [0] * 6000
    ear.play(0.5, ramp(80), HZ)
    assert ear.render(0.51)[4000:].tolist() == ramp(80).tolist()
    assert ear.received_s == pytest.approx(2.01)


def test_clear_before_anything_was_heard_leaves_nothing():
    ear = Ear(HZ)
    ear.play(1.0, ramp(8000), HZ)
    ear.clear(1.0)
    assert ear.first_audio_s is None
    assert not ear.render(3.0).any()


def test_clear_removes_whole_runs_of_another_rate():
    ear = Ear(HZ)
    ear.play(0.0, ramp(160), HZ)
    ear.play(0.0, np.zeros(2400, np.int16), 24_000)
    ear.play(0.0, ramp(160), HZ)
    ear.clear(0.010)
    assert ear.last_audio_s == 0.010
    assert ear.render(1.0)[:80].tolist() == ramp(80).tolist()


@pytest.mark.parametrize(("rate_hz", "samples"), [(16_000, 16_000), (24_000, 24_000)])
def test_other_rates_are_resampled_in_place(rate_hz, samples):
    ear = Ear(HZ)
    tone = (10_000 * np.sin(2 * np.pi * 440 * np.arange(samples) / rate_hz)).astype(np.int16)
    for i in range(0, samples, samples // 50):
        ear.play(0.5, tone[i : i + samples // 50], rate_hz)
    heard = ear.render(2.0).astype(float)
    expected = 10_000 * np.sin(2 * np.pi * 440 * np.arange(8000) / HZ)
    inner = slice(200, 7800)
    assert np.abs(heard[4000:12_000][inner] - expected[inner]).max() < 20
    assert not heard[:3990].any()
    assert ear.last_audio_s == 1.5


def test_odd_lengths_of_another_rate_do_not_drift():
    ear = Ear(HZ)
    for _ in range(1001):
        ear.play(0.0, ramp(7), 24_000)
    assert ear.last_audio_s == pytest.approx(7007 / 24_000, abs=1 / HZ)


def test_the_queue_is_bounded():
    ear = Ear(HZ, max_s=1.0)
    assert ear.play(0.0, ramp(8000), HZ)
    assert not ear.play(0.0, ramp(1), HZ)
    assert ear.received_s == 1.0
    assert all(ear.checkpoint(0.0, str(i)) for i in range(MAX_CHECKPOINTS))
    assert not ear.checkpoint(0.0, "one too many")


def test_empty_audio_changes_nothing():
    ear = Ear(HZ)
    assert ear.play(1.0, np.array([], np.int16), HZ)
    assert ear.first_audio_s is None


pieces = st.lists(
    st.tuples(st.integers(0, 400), st.integers(1, 300), st.booleans()), min_size=1, max_size=30
)


@given(pieces)
def test_the_ear_agrees_with_a_sample_by_sample_model(pieces):
    """Each piece: ms since the one before, samples, whether the queue is cleared first."""
    ear = Ear(HZ)
    model = np.zeros(60 * HZ, np.int16)
    now = head = total = 0
    for wait_samples, samples, clear in pieces:
        now += wait_samples
        if clear:
            ear.clear(now / HZ)
            model[now:] = 0
            head = min(head, now)
        start = max(now, head)
        audio = ramp(samples, 1 + total)
        model[start : start + samples] = audio
        head, total = start + samples, total + samples
        ear.play(now / HZ, audio, HZ)
        assert ear.queued_s(now / HZ) == (head - now) / HZ
    assert np.array_equal(ear.render(60), model)
    assert ear.received_s == total / HZ
    assert ear.last_audio_s == head / HZ


@given(st.lists(st.integers(0, 500), min_size=1, max_size=20), st.integers(1, 37))
def test_each_checkpoint_comes_once_and_in_order(lengths, step_ms):
    ear = Ear(HZ)
    due_at = {}
    for i, samples in enumerate(lengths):
        ear.play(0.0, ramp(samples), HZ)
        ear.checkpoint(0.0, str(i))
        due_at[str(i)] = sum(lengths[: i + 1]) / HZ
    seen: list[str] = []
    now_s = 0.0
    while len(seen) < len(lengths):
        for name in ear.due(now_s):
            assert due_at[name] <= now_s + 1 / HZ
            assert due_at[name] > now_s - step_ms / 1000 - 1 / HZ
            seen.append(name)
        now_s += step_ms / 1000
    assert seen == [str(i) for i in range(len(lengths))]
