"""How much like sound is a row of samples? Compared before and after a mistake is undone.

Sound goes on: a sample can be told in part from the ones before it. And it is mostly quiet: small
magnitudes are the common ones, neighbouring levels are used about equally often. Samples whose bits
were read wrongly have neither, whatever noise is in the room. All of it is measured on the
companded scale, where whispers count as shouts do.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.continuous import compress
from voicelab.audio.g711 import ulaw_encode
from voicelab.audio.samples import Int16Array

_ORDER: Final = 8
_EVENNESS_DB: Final = 4.0
_QUIET_DB: Final = 6.0
_RANKS = np.empty(256, np.intp)  # of each mu-law byte by the sample it stands for
_RANKS[np.arange(256) ^ 0x7F] = np.concatenate((np.arange(127, -1, -1), np.arange(128, 256)))

_Floats = npt.NDArray[np.float64]


def likeness_db(samples: Int16Array) -> float:
    """How much like sound it is, in dB; only differences mean anything.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
        0.2 s or more.
    """
    share = samples.astype(np.float64) / 32768.0
    companded, centred = compress(share), compress(share - share.mean())
    quiet = min(float(np.abs(companded).mean()), float(np.abs(centred).mean()))
    return prediction_gain_db(companded) - _EVENNESS_DB * _unevenness(samples) - _QUIET_DB * quiet


def prediction_gain_db(values: _Floats, order: int = _ORDER) -> float:
    """How much a linear predictor saves, in dB.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    order : int
        How many samples it looks back.
    """
    from scipy.linalg import solve_toeplitz

    values = values - values.mean()
    count = 1 << int(2 * values.size - 1).bit_length()
    power = np.abs(np.fft.rfft(values, count)) ** 2
    lags = np.fft.irfft(power)[: order + 1]
    if lags[0] <= 1e-9:
        return 0.0
    lags[0] *= 1 + 1e-6
    told = float(solve_toeplitz(lags[:-1], lags[1:]) @ lags[1:])
    return float(10 * np.log10(lags[0] / max(lags[0] - told, 1e-12)))


def _unevenness(samples: Int16Array) -> float:
    """Nats a sample that it takes to tell a level from how often its neighbours are used."""
    counts = np.bincount(_RANKS.take(ulaw_encode(samples)), minlength=256).astype(np.float64)
    around = np.convolve(counts, (0.25, 0.25, 0.0, 0.25, 0.25), "same") + 0.5
    return float(-(counts * np.log(around / around.sum())).sum() / max(samples.size, 1))
