"""What a sample array is: int16, and how floats become that."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.errors import FormatError

Int16Array = npt.NDArray[np.int16]
"""Linear samples, -32768 to 32767."""

_FARTHEST: Final = 16.0
"""No sound is so far above full scale; samples of 16 bits that were not divided are."""


def require_int16(samples: object) -> None:
    """Refuse anything that is not an int16 array, so that no sample can wrap around.

    Raises
    ------
    FormatError
        If `samples` is of another type.
    """
    if not isinstance(samples, np.ndarray) or samples.dtype != np.int16:
        raise FormatError(
            f"Samples are an int16 array, not {type_of(samples)}; scale and clip them to int16."
        )


def scaled(samples: npt.NDArray[np.generic], name: str = "The sound") -> Int16Array:
    """Samples as int16: floats are shares of full scale, clipped beyond it and never made louder.

    Parameters
    ----------
    samples : ndarray of int16 or float, of any shape
    name : str
        What an error calls it.

    Raises
    ------
    FormatError
        Where they are of another type, no numbers, or farther than 16 from zero.
    """
    if samples.dtype.newbyteorder("=") == np.int16:
        return samples.astype(np.int16, copy=False)
    if not np.issubdtype(samples.dtype, np.floating):
        raise FormatError(
            f"{name} holds samples of {samples.dtype}: give int16, or floats from -1 to 1."
        )
    wide = samples.astype(np.float64, copy=False)
    if not np.isfinite(wide).all():
        count = int(np.count_nonzero(~np.isfinite(wide)))
        raise FormatError(
            f"{name} cannot be used: {count:,} of {wide.size:,} samples are no numbers (NaN or "
            "infinite). Write it anew."
        )
    peak = float(np.abs(wide).max(initial=0.0))
    if peak > _FARTHEST:
        raise FormatError(
            f"{name} holds floats that reach {peak:,.0f}, and full scale is 1: if they are samples "
            "of 16 bits, give them as int16, or divide them by 32768."
        )
    return np.clip(np.rint(wide * 32768), -32768, 32767).astype(np.int16)


def type_of(value: object) -> object:
    """Name what `value` is: an array by its dtype, anything else by its class."""
    return getattr(value, "dtype", type(value).__name__)
