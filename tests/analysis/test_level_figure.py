import numpy as np
import pytest

from voicelab.analysis.level_figure import level_counts, level_figure, level_words, on_steps
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode

EVERY = np.arange(-32768, 32768).astype(np.int16)


def test_each_level_is_counted():
    counts = level_counts(np.array([-32768, 0, 0, 32767], np.int16))
    assert counts.shape == (65536,)
    assert (counts[0], counts[32768], counts[65535]) == (1, 2, 1)


def test_a_law_lies_on_its_own_steps():
    mulaw, alaw = on_steps(ulaw_decode(ulaw_encode(EVERY)))
    assert (len(mulaw.levels), len(alaw.levels)) == (255, 256)
    assert mulaw.share == 1.0
    assert mulaw.used.all()
    assert alaw.share < 0.2
    mulaw, alaw = on_steps(alaw_decode(alaw_encode(EVERY)))
    assert alaw.share == 1.0
    assert mulaw.share < 0.2


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (ulaw_decode(ulaw_encode(EVERY)), "all samples on 255 of μ-law's 255 steps"),
        (alaw_decode(alaw_encode(EVERY)), "all samples on 256 of A-law's 256 steps"),
        (
            EVERY,
            "65,536 levels used, and of the samples only 0 % on μ-law's and 0 % on A-law's steps",
        ),
        (np.zeros(9, np.int16), "only 1 level used"),
        (np.zeros(0, np.int16), "only 0 levels used"),
    ],
)
def test_words(samples, words):
    assert level_words(samples) == words


@pytest.mark.parametrize("samples", [EVERY, np.zeros(9, np.int16), np.zeros(0, np.int16)])
def test_it_is_drawn(samples):
    figure = level_figure(samples)
    assert figure._repr_png_()[0].startswith(b"\x89PNG")
    near, whole = figure.axes[:2]
    assert near.get_ylim() == whole.get_ylim()
