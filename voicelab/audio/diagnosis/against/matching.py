"""How like the reference a piece is, window by window, at the delay that suits it best."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from voicelab.audio.diagnosis.against.filters import loudness, through
from voicelab.audio.diagnosis.against.reference import Floats

_WINDOW_S: Final = 0.5
_MOST: Final = 5.0
_LOWEST_HZ: Final = 150.0
_TINY: Final = 1e-9
_SIDE_S: Final = 0.005


def correlation(one: Floats, other: Floats) -> float:
    """Correlation coefficient; 0 where one does not move."""
    if one.size < 2:
        return 0.0
    one, other = one - one.mean(), other - other.mean()
    power = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / power if power > 0 else 0.0


def match(own: Floats, said: Floats, rate_hz: float) -> tuple[Floats, Floats]:
    """Likeness of each window where all of it fits best, and how loud the window is.

    Parameters
    ----------
    own, said : ndarray of float, shape (n,) and (m,)
        A piece, and the part of the reference in which it is looked for.
    rate_hz : float
        Of both.

    Returns
    -------
    likeness, power : ndarray of float, shape (k,)
        For windows of half a second; 0 to 1, and the power of what was said there.
    """
    if not own.any() or not said.any():
        return np.zeros(1), np.zeros(1)
    own, said = own - own.mean(), said - said.mean()
    lag = best_fit(own, said, rate_hz)[1]
    first, last = max(lag, 0), min(lag + own.size, said.size)
    window = round(_WINDOW_S * rate_hz)
    count = max(round(own.size / window), 1)
    filtered = through(own, said, lag, rate_hz, _SIDE_S)
    like, power = np.zeros(count), np.zeros(count)
    for k in range(count):
        a, b = max(k * window, first - lag), min((k + 1) * window, last - lag)
        if k == count - 1:
            b = min(own.size, last - lag)
        if b - a >= window // 2:
            piece = _bounded(own[a:b])
            like[k] = max(
                abs(correlation(piece, _bounded(row[a + lag : b + lag])))
                for row in (said, filtered)
            )
            power[k] = float(np.var(said[a + lag : b + lag]))
    return like, power


def best_fit(own: Floats, said: Floats, rate_hz: float) -> tuple[float, int]:
    """How far the place where a piece fits best stands out, and where in the other it begins.

    Parameters
    ----------
    own, said : ndarray of float, shape (n,) and (m,)
        A piece, and the part of the reference in which it is looked for.
    rate_hz : float
        Of both.

    Returns
    -------
    clearness : float
        In spreads of all other places; 0 where one of both is silent.
    begin : int
        Sample of `said`; below 0 where the piece begins earlier.
    """
    if not own.any() or not said.any():
        return 0.0, 0
    sides = (said - said.mean(), own - own.mean())
    size = next_fast_len(own.size + said.size, real=True)
    even = (_levelled(side, rate_hz).astype(np.float32) for side in sides)
    cross, other = (rfft(side, size) for side in even)
    cross *= np.conj(other, out=other)
    cross[: max(1, int(_LOWEST_HZ * size / rate_hz))] = 0
    cross *= 1 / (np.sqrt(np.abs(cross)) + np.float32(_TINY))
    fits = np.abs(irfft(cross, size))
    fits = np.concatenate((fits[size - own.size :], fits[: said.size]))
    top = int(fits.argmax())
    return float(fits[top] / max(np.sqrt(np.mean(fits**2)), _TINY)), top - own.size


def _bounded(wide: Floats) -> Floats:
    """Cut down what stands out, so that a crackle is not all that counts."""
    limit = _MOST * float(np.abs(wide).mean())
    return np.clip(wide, -limit, limit)


def _levelled(wide: Floats, rate_hz: float) -> Floats:
    """Equally loud everywhere, so that no noise where it was read wrongly drowns the rest."""
    return np.asarray(wide / loudness(wide, rate_hz))
