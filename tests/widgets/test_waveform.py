import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.widgets.waveform import COLUMNS, LiveWaveform

STEP = 80


def noise(count, seed=1):
    return np.random.default_rng(seed).integers(-30000, 30000, count).astype("<i2")


def expected(samples):
    padded = np.zeros(-(-len(samples) // STEP) * STEP, np.int16)
    padded[: len(samples)] = samples
    blocks = padded.reshape(-1, STEP)
    return np.stack((blocks.min(axis=1), blocks.max(axis=1)), axis=1)


def drawn(pieces):
    """Add each piece, take what changed, and put it together as a view does."""
    wave, columns = LiveWaveform(8000), {}
    for offset, samples in pieces:
        wave.add(offset, samples.astype("<i2").tobytes())
        first, new = wave.take()
        columns |= dict(enumerate(new.tolist(), first))
    first, whole = wave.whole()
    assert whole.tolist() == [columns[n] for n in range(first, first + len(whole))]
    return first, whole


@given(st.lists(st.integers(1, 700), min_size=1, max_size=60))
def test_however_it_is_cut(sizes):
    samples = noise(sum(sizes))
    edges = np.cumsum([0, *sizes])
    first, whole = drawn([(edges[i], samples[edges[i] : edges[i + 1]]) for i in range(len(sizes))])
    assert first == 0
    assert (whole == expected(samples)).all()


def test_only_the_last_seconds_are_kept():
    samples = noise(8000 * 30 + 40)
    pieces = [(at, samples[at : at + 160]) for at in range(0, len(samples), 160)]
    first, whole = drawn(pieces)
    assert len(whole) == COLUMNS
    # The column that still grows takes the place of the oldest, which is then incomplete no more.
    assert (whole == expected(samples)[first:]).all()


def test_a_hole_is_silent_even_where_there_was_sound_a_round_ago():
    round_ = COLUMNS * STEP
    sound = noise(round_)
    _, whole = drawn([(0, sound), (round_ + 800, sound[:800])])
    assert not whole[-20:-10].any()
    assert (whole[-10:] == expected(sound[:800])).all()
    _, whole = drawn([(0, sound), (5 * round_, sound[:80])])
    assert not whole[:-1].any()


def test_late_sound_fills_its_place():
    samples = noise(1600)
    late = [(0, samples[:320]), (640, samples[640:]), (320, samples[320:640])]
    assert (drawn(late)[1] == expected(samples)).all()
    forgotten = [(COLUMNS * STEP * 2, samples), (0, samples[:160])]
    assert (drawn(forgotten)[1][-20:] == expected(samples)).all()


def test_a_piece_longer_than_what_is_kept():
    samples = noise(COLUMNS * STEP + 8000)
    first, whole = drawn([(0, samples)])
    assert first == 100
    assert (whole == expected(samples)[first:]).all()


def test_another_byte_order_draws_everything_anew():
    wave, samples = LiveWaveform(8000), noise(800)
    wave.add(0, samples.byteswap().tobytes())
    wave.take()
    wave.swap()
    first, columns = wave.take()
    assert first == 0
    assert (columns == expected(samples)).all()


def test_nothing_new_is_nothing_to_take():
    wave = LiveWaveform(8000)
    assert len(wave.take()[1]) == 0
    wave.add(0, noise(800).tobytes())
    assert len(wave.take()[1]) == 10
    assert len(wave.take()[1]) == 0


@pytest.mark.parametrize("rate_hz", [8000, 16000, 24000])
def test_a_column_is_a_hundredth_of_a_second(rate_hz):
    wave = LiveWaveform(rate_hz)
    wave.add(0, noise(rate_hz).tobytes())
    assert len(wave.whole()[1]) == 100
