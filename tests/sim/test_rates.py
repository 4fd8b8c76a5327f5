"""Any rate to any other, as SciPy would have it, without SciPy."""

import subprocess
import sys
from math import gcd

import numpy as np
import pytest
from scipy.signal import resample_poly

from voicelab.sim.rates import to_rate

RATES = [
    (22050, 8000),
    (44100, 16000),
    (11025, 24000),
    (32000, 24000),
    (44101, 8000),
    (8000, 22050),
]


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
@pytest.mark.parametrize("length", [1, 7, 5000])
def test_it_is_the_polyphase_filter_of_scipy(from_hz, to_hz, length):
    given = np.random.default_rng(length).integers(-20000, 20000, length).astype(np.int16)
    common = gcd(from_hz, to_hz)
    theirs = np.rint(resample_poly(given.astype(float), to_hz // common, from_hz // common))
    ours = to_rate(given, from_hz, to_hz)
    assert len(ours) == max(1, round(length * to_hz / from_hz))
    assert np.abs(ours - np.clip(theirs[: len(ours)], -32768, 32767)).max() <= 1


def test_what_is_longer_than_a_block_has_no_seam():
    tone = (9000 * np.sin(np.arange(25 * 22050) * 2 * np.pi * 440 / 22050)).astype(np.int16)
    theirs = np.rint(resample_poly(tone.astype(float), 160, 441))
    assert np.abs(to_rate(tone, 22050, 8000) - theirs).max() <= 1


def test_the_first_words_of_an_agent_do_not_wait_for_an_import():
    """SciPy takes seconds to import; espeak-ng speaks at 22,050 Hz, a telephone hears 8,000."""
    probe = (
        "import sys, numpy; from voicelab.sim.rates import to_rate; "
        "to_rate(numpy.ones(2205, numpy.int16), 22050, 8000); print('scipy' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
