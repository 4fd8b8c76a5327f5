"""Chunks that were stretched a little: what is left of the noise wavers in step with them.

Who takes the samples of a chunk between the lines, from its first to its last, stretches it by one
or two of them. Noise is the weaker the farther from a sample it is taken, so that its strength goes
up and down some whole number of times in each chunk, the same everywhere.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

_SHORTEST_S: Final = 2.0
_SLOWEST_HZ: Final = 9.0  # below it are words
_FASTEST_HZ: Final = 450.0  # no voice holds a pitch as steadily
_MAINS_HZ: Final = 48.0
_TIMES: Final = (1, 2, 3, 4, 5)
_FINER: Final = 2
_NEAR: Final = 8
_AROUND: Final = 60
_RIVALS: Final = (0.75, 1.3)

_Floats = npt.NDArray[np.float64]


def wavering(
    rough: _Floats, rate_hz: int, lengths: list[int], hums: bool
) -> tuple[float, float, float]:
    """How often what is left wavers most, of all that is in step with a length.

    Parameters
    ----------
    rough : ndarray of float64, shape (n,)
        How strong it is at each sample; with a mean of 0. Nothing is found in less than 2 s.
    rate_hz : int
    lengths : list of int
        Samples that a chunk may have.
    hums : bool
        Whether the mains are heard: then nothing in step with them counts.

    Returns
    -------
    tuple of three float
        Its power beside that of its neighbours, which chance gives 1; the same beside its strongest
        rival, at a frequency somewhat higher or lower; and how often it wavers, in Hz.
    """
    from scipy.fft import next_fast_len, rfft

    if rough.size < _SHORTEST_S * rate_hz:
        return 0.0, 0.0, 0.0
    size = next_fast_len(_FINER * rough.size, real=True)
    fastest_hz = _MAINS_HZ if hums else _FASTEST_HZ
    last = int(_RIVALS[1] * fastest_hz * size / rate_hz) + 2 * _AROUND
    power = np.abs(rfft(rough, size)[:last]) ** 2
    best = (0.0, 0.0, 0.0)
    for length in lengths:
        for times in _TIMES:
            wavers_hz = times * rate_hz / length
            if _SLOWEST_HZ < wavers_hz < fastest_hz:
                best = max(best, (*_above(power, round(times * size / length)), wavers_hz))
    return best


def _above(power: _Floats, at: int) -> tuple[float, float]:
    """How far one frequency lies above its neighbours, and above the strongest of its rivals."""
    lower, upper = max(at - _NEAR, 0), at + _NEAR
    near = np.concatenate((power[max(at - _AROUND, 0) : lower], power[upper : at + _AROUND]))
    usual = float(np.median(near)) / np.log(2) + 1e-9
    first, last = (round(share * at) for share in _RIVALS)
    rivals = np.concatenate((power[first:lower], power[upper:last], [usual]))
    top = float(power[max(at - 1, 0) : at + 2].max())
    return top / usual, top / max(float(rivals.max()), 1e-9)
