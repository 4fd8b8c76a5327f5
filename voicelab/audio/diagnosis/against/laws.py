"""The continuous mu-law for G.711: each level is off by what the two laws differ.

Noise that was in the room adds nothing to that on the average, so the mean difference from the
reference, level by level, follows the difference of the two laws, or it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import oaconvolve

from voicelab.audio.diagnosis.against.laid import Laid
from voicelab.audio.diagnosis.against.reference import Floats
from voicelab.audio.diagnosis.continuous import continuous_encode, continuous_levels
from voicelab.audio.g711 import ulaw_decode, ulaw_encode
from voicelab.audio.samples import Int16Array

_STEP: Final = 8
_CLIP: Final = 5.0
_SPAN: Final = 240
_GAIN_S: Final = 0.5


@dataclass(frozen=True)
class Bend:
    """How far the levels are bent as a confusion of two laws would bend them.

    Attributes
    ----------
    share : float
        1 where they are bent as much as by the confusion, 0 where they are not.
    spread : float
        Of `share`, by chance.
    """

    share: float
    spread: float

    @property
    def strength(self) -> float:
        """Share in spreads."""
        return self.share / self.spread


CONFUSIONS: Final[tuple[Callable[[Int16Array], Int16Array], ...]] = (
    lambda samples: ulaw_decode(continuous_encode(samples)),
    lambda samples: continuous_levels().take(ulaw_encode(samples)),
)
"""What becomes of good samples where either side uses the continuous law."""


def bends(laid: list[Laid]) -> list[Bend]:
    """For either confusion, how far the levels are bent by it."""
    said = np.concatenate([part.told[part.known] for part in laid])
    rest = np.concatenate([_steady(part) for part in laid])
    noise = 1.4826 * float(np.median(np.abs(rest)))
    return [_bend(said, rest, noise, number) for number in range(len(CONFUSIONS))]


def _steady(part: Laid) -> Floats:
    """What is not told, but for slow changes of the gain, and for what is of another cause."""
    width = round(_GAIN_S * part.rate_hz)
    window = np.ones(width)
    power = oaconvolve(part.told**2, window, mode="same")
    both = oaconvolve(part.rest * part.told, window, mode="same")
    rest = part.rest - part.told * both / np.maximum(power, width)
    usual = oaconvolve(np.minimum(np.abs(rest), 8000.0), np.full(_SPAN, 1 / _SPAN), mode="same")
    limit = _CLIP * np.maximum(usual, 0.0) + 1.0
    return np.asarray(np.clip(rest, -limit, limit)[part.known])


def _bend(said: Floats, rest: Floats, noise: float, number: int) -> Bend:
    table = _table(number)
    smooth = gaussian_filter1d(table, max(noise / _STEP, 1.0), mode="nearest")
    at = np.clip(np.rint((said + 32768) / _STEP), 0, smooth.size - 1).astype(np.int64)
    bent = smooth[at]
    weight = 1.0 / (noise**2 + (0.02 * said) ** 2 + 4.0)
    columns = np.stack((said, np.ones_like(said), bent), axis=1)
    weighted = columns * weight[:, None]
    gram = columns.T @ weighted
    gram[np.diag_indices(3)] *= 1 + 1e-9
    inverse = np.linalg.inv(gram)
    fit = inverse @ (weighted.T @ rest)
    left = rest - columns @ fit
    scale = float(np.mean(weight * left**2))
    spread = float(np.sqrt(inverse[2, 2] * scale)) + 1e-9
    return Bend(float(fit[2]), spread)


@cache
def _table(number: int) -> Floats:
    every = np.arange(-32768, 32768, dtype=np.int32).astype(np.int16)
    bent = CONFUSIONS[number](every).astype(np.float64) - every
    edges = np.append(bent, bent[-1])
    return np.asarray(
        np.convolve(edges, np.full(_STEP, 1 / _STEP), "same")[: every.size + 1 : _STEP]
    )
