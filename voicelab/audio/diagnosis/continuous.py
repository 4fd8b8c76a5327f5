"""The continuous mu-law of textbooks and of numeric libraries, which is not G.711.

G.711 approximates the curve by eight straight segments. Bytes of the one read by the other sound
right, yet are off by up to a thousand steps of 16 bits.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from voicelab.audio.g711 import Uint8Array
from voicelab.audio.samples import Int16Array

_MU = 255.0


def expand(share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Turn shares of full scale, -1 to 1, on the companded scale into linear ones."""
    linear: npt.NDArray[np.float64] = np.sign(share) * (np.power(1 + _MU, np.abs(share)) - 1) / _MU
    return linear


def compress(share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Turn linear shares of full scale, -1 to 1, into companded ones."""
    companded: npt.NDArray[np.float64] = np.sign(share) * np.log1p(_MU * np.abs(share))
    companded /= np.log1p(_MU)
    return companded


def continuous_encode(samples: Int16Array) -> Uint8Array:
    """Encode by the continuous law, in G.711's numbering of the bytes."""
    share = compress(samples / 32768.0)
    magnitude = np.minimum(np.floor(np.abs(share) * 128), 127).astype(np.uint8)
    positive = np.where(samples >= 0, 0x80, 0).astype(np.uint8)
    codes: Uint8Array = (magnitude | positive) ^ np.uint8(0x7F)
    return codes


@cache
def continuous_levels() -> Int16Array:
    """What the continuous law makes of each of the 256 G.711 bytes."""
    codes = np.arange(256) ^ 0x7F
    magnitude = ((codes & 0x7F) + 0.5) / 128
    share = np.where(codes & 0x80, magnitude, -magnitude)
    return np.clip(np.rint(expand(share) * 32768), -32768, 32767).astype(np.int16)
