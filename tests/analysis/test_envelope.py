from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voicelab.analysis.envelope import envelope


@given(st.integers(0, 3000), st.integers(1, 500))
def test_every_sample_lies_in_its_column(count, columns):
    samples = np.random.default_rng(count).integers(-32768, 32767, count, np.int16)
    got = envelope(samples, columns)
    assert got.shape == (min(count, columns), 2)
    edges = [n * count // max(len(got), 1) for n in range(len(got) + 1)]
    for n, (first, last) in enumerate(pairwise(edges)):
        assert tuple(got[n]) == (samples[first:last].min(), samples[first:last].max())
