"""Another copy of the reference in the recording, later and weaker: an echo.

Where the reference pauses, its echo goes on alone and would pass for sound put in or said twice.
So the echo is added to the reference before anything else is measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log10

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft

from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.correlation import Floats, pieces
from voicelab.audio.compare.filters import filtered, room
from voicelab.audio.compare.tracking import Track
from voicelab.audio.samples import Int16Array

_NEAREST_S, _FARTHEST_S = 0.015, 0.6
_BLOCK_S = 1.0
_MOST = 32
_LEAST_BLOCKS = 4
_REACH_S = 0.0005
"""It may lie between samples, and lack the highest tones."""
_WORTH_IT = 0.003
_BETTER = 0.6
"""So much of what differs may be left over, in parts from which it was not taken."""
_CLEAR = 6.0
_RIDGE = 1e-6
_EMPTY = 1e-3

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Echo:
    """A copy of the reference that comes after it.

    Attributes
    ----------
    delay_s : float
        How much later than the reference it comes.
    level_db : float
        Its level above the reference's; negative.
    taps : ndarray of float, shape (2 k + 1,)
        What it is made by, around its delay, which is sample k.
    delay : int
        The same delay in samples.
    level : float
        At most 1, so that no sample of both is clipped.
    """

    delay_s: float
    level_db: float
    taps: Floats
    delay: int
    level: float

    def apply(self, ref: Int16Array) -> Int16Array:
        """The reference with its echo, as long as the reference, in chunks."""
        out = np.empty(len(ref), np.int16)
        for begin, both in self._both(ref):
            out[begin : begin + len(both)] = np.rint(both * np.float32(self.level))
        return out

    def with_room(self, ref: Int16Array) -> Echo:
        """The same, weaker where both together would be clipped."""
        return replace(self, level=room(both for _, both in self._both(ref)))

    def _both(self, ref: Int16Array) -> Iterator[tuple[int, Floats]]:
        for begin, late in filtered(ref, self.taps, self.delay):
            yield begin, ref[begin : begin + len(late)] + late


def differs(found: Track) -> bool:
    """Whether anything but a codec lies between both: else there is no echo to be heard."""
    return float(np.median(1 - np.square(found.likeness.astype(np.float64)))) > _WORTH_IT


def echo(rec: Int16Array, ref: Int16Array, alignment: Alignment) -> Echo | None:
    """Look for an echo in what differs; None where it does not explain a good part of that.

    Parameters
    ----------
    rec, ref : ndarray of int16, shape (n,) and (m,)
    alignment : Alignment
        Of the recording on the reference.
    """
    rate_hz = alignment.rate_hz
    reach, far = round(_REACH_S * rate_hz), round(_FARTHEST_S * rate_hz)
    blocks = list(_blocks(rec, ref, alignment, far + reach))
    if len(blocks) < _LEAST_BLOCKS:
        return None
    delay = _delay(blocks, round(_NEAREST_S * rate_hz), far, far + reach)
    if delay is None:
        return None
    some, others = (_Fit.of(blocks[k::2], delay, reach, far + reach) for k in (0, 1))
    for one, other in ((some, others), (others, some)):
        if other.left(one.weights()) > _BETTER * other.left(one.level()):
            return None
    every = some.plus(others)
    weights = every.weights()
    taps = (weights[1:] / weights[0]).astype(np.float32)
    return Echo(delay / rate_hz, every.echo_db(weights), taps, delay, 1.0).with_room(ref)


def _blocks(
    rec: Int16Array, ref: Int16Array, alignment: Alignment, before: int
) -> Iterator[tuple[Floats, Floats]]:
    """Pieces of the recording, and of the reference with what is `before` it; without a step."""
    size = round(_BLOCK_S * alignment.rate_hz)
    places = [
        (segment, begin)
        for segment in alignment.segments
        for begin in range(segment.begin, segment.end - size + 1, size)
    ]
    which = np.unique(np.linspace(0, len(places) - 1, min(_MOST, len(places))).astype(int))
    for segment, begin in (places[k] for k in which):
        heard = pieces(rec, [begin], size)[0]
        said = alignment.reference(ref, segment, begin - before, begin + size)
        yield heard - heard.mean(), said - said.mean()


def _delay(blocks: list[tuple[Floats, Floats]], near: int, far: int, before: int) -> int | None:
    """Where what differs is most like the reference earlier on; None where nowhere clearly."""
    product = sum(float(np.dot(heard, said[before:])) for heard, said in blocks)
    power = sum(float(np.dot(said[before:], said[before:])) for _, said in blocks)
    gain = product / max(power, 1.0)
    size = next_fast_len(len(blocks[0][1]), real=True)
    cross = np.zeros(size // 2 + 1, np.complex128)
    whole = np.zeros(size // 2 + 1)
    for heard, said in blocks:
        rest = np.zeros(len(said), np.float32)
        rest[before:] = heard - np.float32(gain) * said[before:]
        spectrum = rfft(said, size)
        cross += rfft(rest, size) * spectrum.conj()
        whole += np.abs(spectrum) ** 2
    curve = np.abs(irfft(cross / (whole + _EMPTY * whole.max()), size)[near : far + 1])
    top = int(curve.argmax())
    return near + top if curve[top] > _CLEAR * float(np.sqrt(np.square(curve).mean())) else None


@dataclass(frozen=True, slots=True)
class _Fit:
    """What a level and an echo leave, by products of the reference, of its echo and of both.

    Attributes
    ----------
    said : ndarray of float, shape (k, k)
        Products of the reference with itself: at its place first, then around the echo's delay.
    both : ndarray of float, shape (k,)
        Of these with the recording.
    heard : float
        Of the recording with itself.
    """

    said: Doubles
    both: Doubles
    heard: float

    @classmethod
    def of(cls, blocks: list[tuple[Floats, Floats]], delay: int, reach: int, before: int) -> _Fit:
        late = np.array([0, *range(delay - reach, delay + reach + 1)])
        said, both, power = np.zeros((len(late), len(late))), np.zeros(len(late)), 0.0
        for heard, told in blocks:
            rows = pieces(told, before - late, len(heard))
            said += rows @ rows.T
            both += rows @ heard
            power += float(np.dot(heard, heard))
        return cls(said, both, power)

    def plus(self, other: _Fit) -> _Fit:
        return _Fit(self.said + other.said, self.both + other.both, self.heard + other.heard)

    def level(self) -> Doubles:
        """The level that fits best, without an echo."""
        weights = np.zeros(len(self.both))
        weights[0] = self.both[0] / max(self.said[0, 0], 1.0)
        return weights

    def weights(self) -> Doubles:
        """The level and the echo that fit best."""
        small = _RIDGE * np.trace(self.said) / len(self.both) + 1.0
        return np.asarray(np.linalg.solve(self.said + small * np.eye(len(self.both)), self.both))

    def left(self, weights: Doubles) -> float:
        return float(self.heard - 2 * weights @ self.both + weights @ self.said @ weights)

    def echo_db(self, weights: Doubles) -> float:
        """How much louder the echo is than what it is an echo of."""
        echoed = float(weights[1:] @ self.said[1:, 1:] @ weights[1:])
        direct = float(weights[0] ** 2 * self.said[0, 0])
        return 10 * log10(max(echoed, 1.0) / max(direct, 1.0))
