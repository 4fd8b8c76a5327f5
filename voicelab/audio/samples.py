"""What a sample array is: int16, and nothing that would have to be converted first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voicelab.errors import FormatError

Int16Array = npt.NDArray[np.int16]
"""Linear samples, -32768 to 32767."""


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


def type_of(value: object) -> object:
    """Name what `value` is: an array by its dtype, anything else by its class."""
    return getattr(value, "dtype", type(value).__name__)
