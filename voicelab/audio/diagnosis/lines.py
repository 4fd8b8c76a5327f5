"""Steady frequencies: the hum of the mains, a whistle, a fan.

Each frequency that stands far above its neighbours is steady: no voice holds it so long. Where it
is in step with a length of frames, it looks as if something happened at each of them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

_AROUND_HZ: Final = 15.0
_LINE: Final = 4.0  # by chance one of 60,000 frequencies is as strong
_FEW: Final = 0.2  # more of them are no lines, but sound that comes again as a whole


def without_lines(samples: npt.NDArray[np.generic], rate_hz: int) -> npt.NDArray[np.float64]:
    """Lower what hums, whistles or buzzes all the time to the level of what is beside it.

    Parameters
    ----------
    samples : ndarray, shape (n,)
        Some seconds; of less, little is taken off.
    rate_hz : int
    """
    from scipy.fft import irfft, next_fast_len, rfft

    wide = samples.astype(np.float64)
    size = next_fast_len(max(wide.size, 1), real=True)
    spectrum = rfft(wide, size)
    height = np.abs(spectrum)
    width = max(round(_AROUND_HZ * size / rate_hz), 8)
    count = height.size // width
    if not count or not height.any():
        return wide
    usual = np.median(height[: count * width].reshape(count, width), axis=1)
    middles = (np.arange(count) + 0.5) * width
    usual = np.interp(np.arange(height.size), middles, usual)
    lines = height > _LINE * usual
    crowded = lines[: count * width].reshape(count, width).mean(axis=1) > _FEW
    lines[: count * width] &= ~np.repeat(crowded, width)
    spectrum[lines] *= usual[lines] / height[lines]
    return np.asarray(irfft(spectrum, size)[: wide.size])
