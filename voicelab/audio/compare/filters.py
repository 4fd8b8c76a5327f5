"""What a line's filter makes of the reference, where there is one: a telephone's band, mostly.

A filter changes phases, so that what comes out is unlike what went in, and fits it as well a few
samples or a pitch period apart, or upside down. The reference is therefore sent through the same
filter before anything is compared. It is estimated from blocks that lie where their neighbours do,
and believed where it explains others of them much better than a change of level does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, rfft

from voicelab.audio.compare.correlation import Floats, Lags, fine_lags, piece, pieces, windows
from voicelab.audio.compare.tracking import Track
from voicelab.audio.samples import Int16Array

_REACH_S = 0.032
_NEIGHBOURS = 16
_NEAR_S = 0.002
_MOST = 512
_LEAST_BLOCKS = 12
_WORTH_IT = 0.003
_BETTER = 0.5
_LEAST_LIKENESS = 0.3
_EMPTY = 1e-5
_EDGE_DB = 6.0
_LOWEST_HZ = 100.0
_HIGHEST = 0.9
_CLEARLY = 0.9
_DEEPEST = 3e-4
_FINER = 4
_ROUNDS = 4
_UNTOUCHED, _AS_WELL = 30, 3.0
"""So many percent of the blocks are taken to be whole, and what is left of others may be more."""
_WHITENED = 0.8
_TINY = 1e-9
_CHUNK = 1 << 20
_AT_ONCE = 32
_FULL_SCALE = 32767.0

_Complex = npt.NDArray[np.complex128]
_Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LineFilter:
    """A filter between the reference and the recording.

    Attributes
    ----------
    taps : ndarray of float, shape (2 k + 1,)
        Its response, which begins k samples early; the level in its band is `level`. Its polarity
        is left to the alignment, if it can be told.
    level : float
        At most 1, so that no sample of the filtered reference is clipped.
    low_hz, high_hz : float or None
        Between which frequencies what it lets through is at most 6 dB below the level in its band;
        None where it takes nothing away on that side.
    tells_polarity : bool
        Whether its response is clearly that of such a filter, or clearly that of its negative.
    """

    taps: Floats
    level: float
    low_hz: float | None
    high_hz: float | None
    tells_polarity: bool

    def apply(self, ref: Int16Array) -> Int16Array:
        """The reference as it comes out, in chunks."""
        out = np.empty(len(ref), np.int16)
        for begin, chunk in filtered(ref, self.taps):
            out[begin : begin + len(chunk)] = np.rint(chunk)
        return out


def line_filter(rec: Int16Array, ref: Int16Array, found: Track, rate_hz: int) -> LineFilter | None:
    """Estimate the filter between two recordings; None where there is none, or none to be told.

    Parameters
    ----------
    rec, ref : ndarray of int16, shape (n,) and (m,)
    found : Track
        Where blocks of the one lie in the other.
    rate_hz : int
    """
    which, lags = _usable(found, rate_hz)
    if len(which) < _LEAST_BLOCKS:
        return None
    reach = round(_REACH_S * rate_hz)
    blocks = _Blocks.of(rec, ref, found.starts[which], lags, found.block)
    every = np.arange(len(which))
    sign = -1 if float(found.likeness.sum()) < 0 else 1
    fine = fine_lags(rec, ref, found.starts[which], lags, found.block, rate_hz, sign)[1]
    flat = blocks.later(fine - lags).flat()
    if flat < _WORTH_IT:
        return None
    for _ in range(_ROUNDS):
        response = blocks.sums(every).response(reach)
        blocks = blocks.later(blocks.lateness(response, round(_NEAR_S * rate_hz)))
    for _ in range(2):
        every = blocks.best(blocks.sums(every).response(reach))
    some, others = (blocks.sums(every[k::2]) for k in (0, 1))
    if others.left(some.response(reach)) > _BETTER * flat:
        return None
    return _described(blocks.sums(every), reach, rate_hz, ref)


def _usable(found: Track, rate_hz: int) -> tuple[Lags, Lags]:
    """Blocks that lie where most of their neighbours do, and the lags of these."""
    lags = np.median(windows(np.pad(found.lags, _NEIGHBOURS, "edge"), 2 * _NEIGHBOURS + 1), axis=1)
    lags = np.rint(lags).astype(np.int64)
    near = np.abs(found.lags - lags) <= _NEAR_S * rate_hz
    which = np.flatnonzero(near & (np.abs(found.likeness) > _LEAST_LIKENESS))
    which = which[:: max(1, len(which) // _MOST)]
    return which, np.asarray(lags[which])


@dataclass(frozen=True, slots=True)
class _Spectra:
    """Sums over blocks: of the reference's power, of the recording's, and of both together."""

    said: _Doubles
    heard: _Doubles
    cross: _Complex
    size: int

    def level(self) -> _Complex:
        """The level that fits best, of either polarity."""
        gain = self.cross.real.sum() / max(self.said.sum(), 1.0)
        return np.full(len(self.cross), gain, np.complex128)

    def response(self, reach: int) -> _Complex:
        """The filter that fits best, no longer than `reach` before and after."""
        return np.asarray(rfft(self.impulse(reach), self.size))

    def impulse(self, reach: int) -> _Doubles:
        """Its response in time, from 0 on, and from the end what comes before."""
        whole = irfft(self.cross / (self.said + _EMPTY * self.said.max()), self.size)
        taper = np.hanning(2 * reach + 3)[1:-1] ** 0.25
        kept = np.zeros(self.size)
        kept[: reach + 1] = whole[: reach + 1] * taper[reach:]
        kept[-reach:] = whole[-reach:] * taper[:reach]
        return kept

    def left(self, response: _Complex) -> float:
        """The part of the recording's energy that such a filter does not explain."""
        rest = self.heard - 2 * (response.conj() * self.cross).real
        rest += np.abs(response) ** 2 * self.said
        return float(rest.sum() / max(self.heard.sum(), 1e-9))


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Spectra of blocks, of the reference and of the recording."""

    said: npt.NDArray[np.complex64]
    heard: npt.NDArray[np.complex64]
    size: int

    @classmethod
    def of(cls, rec: Int16Array, ref: Int16Array, starts: Lags, lags: Lags, block: int) -> _Blocks:
        window = np.hanning(block).astype(np.float32)
        said, heard = pieces(ref, starts - lags, block), pieces(rec, starts, block)
        for rows in (said, heard):
            rows -= rows.mean(axis=1, keepdims=True)
            rows *= window
        return cls(rfft(said, axis=1), rfft(heard, axis=1), block)

    def sums(self, which: Lags | slice) -> _Spectra:
        said, heard = self.said[which], self.heard[which]
        return _Spectra(
            (np.abs(said) ** 2).sum(axis=0, dtype=np.float64),
            (np.abs(heard) ** 2).sum(axis=0, dtype=np.float64),
            (heard * said.conj()).sum(axis=0, dtype=np.complex128),
            self.size,
        )

    def flat(self) -> float:
        """What a level leaves of blocks to which nothing else was done."""
        whole = self.sums(slice(None))
        for _ in range(2):  # the first level is that of what is lost, too
            whole = self.sums(self.best(whole.level()))
        return whole.left(whole.level())

    def lateness(self, response: _Complex, near: int) -> _Doubles:
        """By how much later each block of the reference fits best through a filter, nearby."""
        cross = self.heard * self.said.conj() * response.conj()
        cross /= np.abs(cross) ** _WHITENED + _TINY
        curve = irfft(cross, self.size, axis=1)
        curve = np.concatenate((curve[:, -near:], curve[:, : near + 1]), axis=1)
        top = np.clip(curve.argmax(axis=1), 1, 2 * near - 1)
        before, at, after = (curve[np.arange(len(top)), top + k] for k in (-1, 0, 1))
        between = (after - before) / (2 * np.maximum(2 * at - before - after, _TINY))
        return np.asarray(top - near + np.clip(between, -0.5, 0.5), np.float64)

    def best(self, response: _Complex) -> Lags:
        """Which blocks a filter explains well: nothing else was done to these."""
        left = np.empty(len(self.heard))
        for some in self._parts():
            said, heard = self.said[some], self.heard[some]
            rest = np.square(np.abs(heard - said * response)).sum(axis=1)
            left[some] = rest / np.maximum(np.square(np.abs(heard)).sum(axis=1), _TINY)
        return np.flatnonzero(left <= _AS_WELL * np.percentile(left, _UNTOUCHED))

    def later(self, by: _Doubles) -> _Blocks:
        """The same with each block of the reference so many samples later."""
        turns = -2j * np.pi * np.arange(self.said.shape[1]) / self.size
        moved = np.empty_like(self.said)
        for some in self._parts():
            moved[some] = self.said[some] * np.exp(turns * by[some, None]).astype(np.complex64)
        return _Blocks(moved, self.heard, self.size)

    def _parts(self) -> Iterator[slice]:
        """Few blocks at once: what is new for each of them stays in the cache."""
        for at in range(0, len(self.said), _AT_ONCE):
            yield slice(at, at + _AT_ONCE)


def _described(sums: _Spectra, reach: int, rate_hz: int, ref: Int16Array) -> LineFilter:
    impulse = sums.impulse(reach)
    response = np.asarray(rfft(impulse))
    through = np.abs(response)
    hz = np.arange(len(through)) * rate_hz / sums.size
    said = sums.said > 10 * _EMPTY * sums.said.max()
    loud = said & (through > 0.5 * through[said].max())
    level = float(np.median(through[loud]))
    kept = np.flatnonzero(said & (through > level * 10 ** (-_EDGE_DB / 20)))
    low, high = float(hz[kept[0]]), float(hz[kept[-1]])
    taps = np.concatenate((impulse[-reach:], impulse[: reach + 1])) / level
    sign, sure = _polarity(np.where(said, through, 0.0), response)
    if sure:
        taps *= sign
    weaker = room(chunk for _, chunk in filtered(ref, taps.astype(np.float32)))
    return LineFilter(
        taps=(taps * weaker).astype(np.float32),
        level=weaker,
        low_hz=low if low > max(_LOWEST_HZ, 2 * float(hz[said][0])) else None,
        high_hz=high if high < _HIGHEST * float(hz[said][-1]) else None,
        tells_polarity=sure,
    )


def _polarity(through: _Doubles, response: _Complex) -> tuple[float, bool]:
    """The sign of a filter, and whether it is sure.

    Filters of lines have the least phase that their response allows, or a linear one: the sign is
    the one with which this response fits one of them best, at any delay.
    """
    through = np.maximum(through, _DEEPEST * through.max())
    fits = []
    for kind in (_least_phase(through), through.astype(np.complex128)):
        cross = response * kind.conj()
        curve = irfft(cross, _FINER * 2 * (len(through) - 1)) * _FINER
        fits.append(float(curve[np.abs(curve).argmax()] / np.abs(cross).mean()))
    best = max(fits, key=abs)
    return (1.0 if best > 0 else -1.0), abs(best) > _CLEARLY


def _least_phase(through: _Doubles) -> _Complex:
    """The response of least phase with a magnitude."""
    size = 2 * (len(through) - 1)
    cepstrum = irfft(np.log(through), size)
    cepstrum[1 : size // 2] *= 2
    cepstrum[size // 2 + 1 :] = 0
    return np.asarray(np.exp(rfft(cepstrum)))


def filtered(samples: Int16Array, taps: Floats, delay: int = 0) -> Iterator[tuple[int, Floats]]:
    """What a filter makes of samples, in chunks: where each begins, and the chunk.

    The middle tap stands for a delay of `delay` samples.
    """
    from scipy.signal import oaconvolve  # takes a third of a second to import, seldom needed

    reach = len(taps) // 2
    for begin in range(0, len(samples), _CHUNK):
        length = min(_CHUNK, len(samples) - begin)
        heard = piece(samples, begin - delay - reach, length + 2 * reach)
        yield begin, np.asarray(oaconvolve(heard, taps, "valid"), np.float32)


def room(chunks: Iterable[Floats]) -> float:
    """The level, at most 1, at which no sample of all chunks is clipped."""
    most = max((float(np.abs(chunk).max()) for chunk in chunks), default=0.0)
    return min(1.0, _FULL_SCALE / (most + 1.0))
