"""A waveform as the eye needs it: the least and the largest sample of each column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def envelope(samples: NDArray[np.int16], columns: int) -> NDArray[np.int16]:
    """Reduce samples to columns.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
    columns : int
        At least 1.

    Returns
    -------
    ndarray of int16, shape (min(n, columns), 2)
        Minimum and maximum of each column; the columns differ in length by one sample at most.
    """
    columns = min(columns, len(samples))
    if columns == 0:
        return np.zeros((0, 2), np.int16)
    starts = np.arange(columns) * len(samples) // columns
    return np.stack(
        (np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)), axis=1
    )
