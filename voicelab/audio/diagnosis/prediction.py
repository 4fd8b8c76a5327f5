"""Linear prediction of each frame of a sound from what is around it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

ORDER: Final = 12
_AROUND_S: Final = 0.025
_TAILS: Final = 4.0  # of the t distribution: speech surprises more often than a normal one does

_Floats = npt.NDArray[np.float64]


def predictors(frames: _Floats, rate_hz: int) -> tuple[_Floats, _Floats]:
    """Make a short predictor of each frame, from the frames within 25 ms of it.

    Each frame tells the same wherever it stands, so that the predictors change little with the
    order of the frames.

    Parameters
    ----------
    frames : ndarray of float64, shape (count, length)
    rate_hz : int

    Returns
    -------
    tuple of ndarray, shape (count, 13), and ndarray, shape (count,)
        Weights of the prediction error, the oldest sample first, and the power it usually has.
    """
    length = frames.shape[1]
    shape = np.hanning(length + 2)[1:-1]
    shaped = frames * shape
    columns = [
        np.einsum("nk,nk->n", shaped[:, : length - lag], shaped[:, lag:])
        for lag in range(ORDER + 1)
    ]
    around = max(round(_AROUND_S * rate_hz / length), 1)
    lags = summed(np.stack(columns, axis=1) / float(shape @ shape), around) / (2 * around + 1)
    lags[:, 0] = lags[:, 0] * (1 + 1e-4) + 2.0
    weights, usual = _levinson(lags)
    return np.ascontiguousarray(weights[:, ::-1]), usual


def surprise(rest: _Floats, usual: _Floats) -> _Floats:
    """What it costs, in nats, that so much is left of samples that a predictor was to tell."""
    return np.asarray(np.log1p(rest * rest / (_TAILS * usual)) * ((_TAILS + 1) / 2))


def summed(rows: _Floats, around: int) -> _Floats:
    """Sum each row with so many before and after it."""
    sums = np.cumsum(np.pad(rows, ((around + 1, around), (0, 0))), axis=0)
    together: _Floats = sums[2 * around + 1 :] - sums[: -2 * around - 1]
    return together


def _levinson(lags: _Floats) -> tuple[_Floats, _Floats]:
    """Prediction-error filters, the newest sample first, and what they leave."""
    weights = np.zeros_like(lags)
    weights[:, 0] = 1
    left = lags[:, 0].copy()
    for n in range(1, lags.shape[1]):
        turn = -np.einsum("nk,nk->n", weights[:, :n], lags[:, n:0:-1]) / left
        weights[:, 1 : n + 1] += turn[:, None] * weights[:, n - 1 :: -1][:, :n]
        left *= 1 - turn**2
    return weights, left
