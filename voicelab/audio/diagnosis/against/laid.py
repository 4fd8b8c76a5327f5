"""The recording laid on its reference: what the reference tells of each sample.

What was said goes through gains, delays and filters that are no faults: a short filter from the
reference to the recording takes all of them in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft
from scipy.linalg import solve_toeplitz
from scipy.ndimage import map_coordinates
from scipy.signal import lfilter, oaconvolve, resample_poly

from voicelab.audio.compare.alignment import Alignment, align
from voicelab.audio.compare.segments import Segment
from voicelab.audio.diagnosis.against.filters import fitted, through
from voicelab.audio.diagnosis.against.matching import best_fit, correlation
from voicelab.audio.diagnosis.against.places import sections
from voicelab.audio.diagnosis.against.reference import Floats, Reference, as_int16, at_rate
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.lines import without_lines
from voicelab.audio.samples import Int16Array

_WIDE_HZ: Final = 16_000  # above what the reference has, a seam shows best
_PART_S: Final = 6.0
_MOST_PARTS: Final = 10
_SIDE_S: Final = 0.012
_PIECE_S: Final = 2.0
_PIECES: Final = 3
_ROUNDS: Final = 5
_HARDLY: Final = 0.01
_MUCH_LESS: Final = 0.5
_PLAIN: Final = 0.98
_BLOCK_S: Final = 0.01
_SHORT_S: Final = 0.15
_FINER: Final = 4
_MARGIN: Final = 64
_ORDER: Final = 16
_WHITE: Final = 1.003  # by 25 dB at most, else what a filter took away counts for all
_ALIKE: Final = 0.4
_UPRIGHT: Final = 2.0
MOSTLY: Final = 0.85
"""So like the reference it is where nothing was read wrongly and nothing steps unseen."""
_SHORT_BLOCK_S: Final = 0.064  # less is like the reference in too many places
_SURELY: Final = 0.6  # many short blocks are a little like any other speech
_REACHED: Final = 0.5
_LESS: Final = 0.75

_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Laid:
    """A part of the recording, and what the reference tells of it.

    Attributes
    ----------
    begin : int
        Its first sample in the recording, at `rate_hz`.
    ahead : int
        How much later in the recording it begins than the part of the reference it is laid on.
    rate_hz : int
        The recording's own, or the higher one of the reference's and 16 kHz where that is lower.
    heard : ndarray of float, shape (n,)
    told : ndarray of float, shape (n,)
        The reference, in its place and through the filter; no offset is in it.
    said : ndarray of float, shape (n,)
        The reference in its place and about as loud, without the filter, which smears sound into
        silence.
    known : ndarray of bool, shape (n,)
        Where the reference reaches.
    offset : float
        What the recording has beside it.
    reference_offset : float
        The middle of the reference itself, as loud as it is heard.
    segments : tuple of Segment
        Between which something was put in or left out.
    alignment : Alignment
    gain : float
        How loud it is as a multiple of the reference.
    taps : ndarray of float
        The filter from the reference, as `alignment` signs it, to the recording.
    polarity : int
        -1 where it is inverted, 0 where the filter does not tell.
    """

    begin: int
    ahead: int
    rate_hz: int
    heard: Floats
    told: Floats
    said: Floats
    known: _Bools
    offset: float
    reference_offset: float
    segments: tuple[Segment, ...]
    alignment: Alignment
    gain: float = 1.0
    taps: Floats = field(default_factory=lambda: np.ones(1), repr=False)
    polarity: int = 1

    @property
    def is_filtered(self) -> bool:
        """Whether the filter does more than to make all of it louder or later."""
        return correlation(self.told[self.known], self.said[self.known]) < _PLAIN

    @property
    def rest(self) -> Floats:
        """What the reference does not tell; 0 where it does not reach."""
        return np.where(self.known, self.heard - self.offset - self.told, 0.0)

    @property
    def delay_ms(self) -> float:
        """How much later than in the reference it comes."""
        return self.alignment.delay_ms + 1000 * self.ahead / self.rate_hz

    @property
    def likeness(self) -> float:
        """Correlation of both where the reference reaches, 0 to 1."""
        return correlation(self.heard[self.known], self.told[self.known])

    def whitened(self) -> tuple[Floats, Floats]:
        """What is heard and what is told, both through the filter that makes the rest white.

        No hum and no rumble then hides what is wrong, nor feigns it.
        """
        rest = without_lines(self.rest, self.rate_hz)
        size = next_fast_len(2 * rest.size, real=True)
        lags = irfft(np.abs(rfft(rest, size)) ** 2, size)[: _ORDER + 1]
        lags[0] = lags[0] * _WHITE + rest.size
        taps = np.concatenate(([1.0], -solve_toeplitz(lags[:-1], lags[1:])))
        left, told = (
            np.asarray(lfilter(taps, [1.0], row), np.float64) for row in (rest, self.told)
        )
        return left + told, told

    def blocks(self, length: int) -> npt.NDArray[np.int64]:
        """First samples of the blocks that the reference reaches wholly."""
        return whole_blocks(self.known, length)


def lay(heard: Heard, reference: Reference) -> list[Laid]:
    """Lay the recording on its reference: as a whole, or ten parts of an hour.

    Returns
    -------
    list of Laid
        Without the parts that are not like the reference anywhere.
    """
    rate_hz = min(heard.rate_hz, max(reference.rate_hz, _WIDE_HZ))
    parts = _parts(heard)
    found = []
    for (begin, part), places in zip(parts, sections(heard, reference, parts), strict=True):
        own = as_int16(at_rate(part, heard.rate_hz, rate_hz)) if places else part
        for section, ahead_s in places:
            wide = at_rate(section, reference.rate_hz, rate_hz)
            level = float(wide.mean()) if wide.size else 0.0
            said = as_int16(wide - level)
            ahead = round((begin / heard.rate_hz - ahead_s) * rate_hz)
            at = round(begin * rate_hz / heard.rate_hz)
            laid = _best(own, said, rate_hz, level, at, ahead)
            if laid is None or (len(laid.segments) > 1 and laid.likeness < MOSTLY):
                laid = _of_short(own, said, rate_hz, level, at, ahead, laid)
            if laid is not None and laid.likeness > _ALIKE:
                found.append(laid)
                break
    return found


def _best(
    heard: Int16Array, said: Int16Array, rate_hz: int, level: float, begin: int, ahead: int
) -> Laid | None:
    """Align; where nothing holds or the lag steps, with what a line makes of the reference too.

    Behind a filter the lag seems to step with the pitch. Where steps are real, the line is told by
    what lies between them.
    """

    def laid(through: Int16Array) -> Laid | None:
        alignment = align(heard, through, rate_hz)
        return _laid(heard, said, level, alignment, begin, ahead) if alignment else None

    best = laid(said)
    if best is not None and not best.is_filtered:
        return best
    for known in range(_ROUNDS):
        if best is None or not known:
            through = _through_the_line(heard, said, rate_hz)
        else:
            through = as_int16(oaconvolve(said.astype(np.float64), best.taps, mode="same"))
        again = laid(through)
        if again is not None and _is_better(again, best):
            best = again
        elif known or best is None:
            break
        if len(best.alignment.segments) == 1:
            break
    return best


def _of_short(
    heard: Int16Array,
    said: Int16Array,
    rate_hz: int,
    level: float,
    begin: int,
    ahead: int,
    before: Laid | None,
) -> Laid | None:
    """Align by short blocks: cut every few frames, hardly a longer one is all of a piece."""
    alignment = align(heard, said, rate_hz, _SHORT_BLOCK_S)
    again = _laid(heard, said, level, alignment, begin, ahead) if alignment else None
    if again is None or np.mean(again.known) < _REACHED or again.likeness < _SURELY:
        return before
    if before is not None and 1 - again.likeness**2 > _LESS * (1 - before.likeness**2):
        return before
    return again


def _is_better(again: Laid, before: Laid | None) -> bool:
    """Whether it steps less often and is as much alike, or leaves much less over."""
    if before is None:
        return True
    fewer = len(again.alignment.segments) < len(before.alignment.segments)
    if fewer and again.likeness > before.likeness - _HARDLY:
        return True
    return 1 - again.likeness**2 < _MUCH_LESS * (1 - before.likeness**2)


def _through_the_line(heard: Int16Array, said: Int16Array, rate_hz: int) -> Int16Array:
    """What the line makes of the reference, told by the piece that is most like it."""
    wide = said.astype(np.float64)
    own = heard - np.float64(heard.mean())
    size = min(round(_PIECE_S * rate_hz), own.size)
    best, filtered = 0.0, wide
    for at in _loudest(own, size):
        piece = own[at : at + size]
        lag = best_fit(piece, wide, rate_hz)[1]
        row = through(piece, wide, lag, rate_hz, _SIDE_S)
        first, last = max(lag, 0), min(lag + size, wide.size)
        like = correlation(piece[first - lag : last - lag], row[first:last])
        if like > best:
            best, filtered = like, row
    return as_int16(filtered)


def _loudest(own: Floats, size: int) -> list[int]:
    """Begins of the loudest pieces of one size, none over another."""
    sums = np.concatenate(([0.0], np.cumsum(own**2)))
    left = sums[size:] - sums[:-size]
    found: list[int] = []
    while len(found) < _PIECES and left.max(initial=0.0) > 0:
        at = int(left.argmax())
        found.append(at)
        left[max(at - size + 1, 0) : at + size] = 0
    return found


def _parts(heard: Heard) -> list[tuple[int, Int16Array]]:
    length = round(_PART_S * heard.rate_hz)
    if heard.samples.size <= length * _MOST_PARTS:
        return [(0, heard.samples)]
    starts = np.linspace(0, heard.samples.size - length, _MOST_PARTS).astype(int)
    return [(int(at), heard.samples[at : at + length]) for at in starts]


def _laid(
    heard: Int16Array, said: Int16Array, level: float, alignment: Alignment, begin: int, ahead: int
) -> Laid | None:
    """Fit the filter; `level` is the middle of the reference, which is not in `said`."""
    rate_hz = alignment.rate_hz
    side = round(_SIDE_S * rate_hz)
    segments = _joined(alignment.segments, round(_SHORT_S * rate_hz))
    wide = heard.astype(np.float64)
    known = np.zeros(wide.size, np.bool_)
    told, plain = np.zeros(wide.size), np.zeros(wide.size)
    rows = [
        (s.begin, s.end, _said(said, alignment, s, s.begin - side, s.end + side)) for s in segments
    ]
    for first, last, _ in rows:
        known[first:last] = True
    if np.count_nonzero(known) < 8 * side:
        return None
    middle = float(wide[known].mean())
    taps = fitted([(wide[a:b] - middle, row) for a, b, row in rows], side)
    for first, last, row in rows:
        told[first:last] = oaconvolve(row, taps, mode="valid")
        plain[first:last] = row[side : row.size - side]
    told *= _usual_gain(wide - middle, told, known, round(_BLOCK_S * rate_hz))
    power = float(plain @ plain)
    gain = float(np.sqrt(told @ told / power)) if power > 0 else 0.0
    offset = float((wide - told)[known].mean())
    polarity = alignment.sign * _polarity(taps)
    theirs = (polarity or alignment.sign) * gain * level
    plain *= gain
    return Laid(
        begin,
        ahead,
        rate_hz,
        wide,
        told,
        plain,
        known,
        offset,
        theirs,
        segments,
        alignment,
        gain,
        taps,
        polarity,
    )


def _polarity(taps: Floats) -> int:
    """1 or -1 where the filter is clearly not that of the other polarity, else 0."""
    up, down = float(taps.max(initial=0.0)), -float(taps.min(initial=0.0))
    if max(up, down) <= _UPRIGHT * min(up, down):
        return 0
    return 1 if up > down else -1


def _said(said: Int16Array, alignment: Alignment, segment: Segment, begin: int, end: int) -> Floats:
    """The reference in its place; where the clocks differ, without any step between two samples."""
    if alignment.slope == 0.0:
        return alignment.reference(said, segment, begin, end).astype(np.float64)
    n = np.arange(begin, end)
    place = n - segment.lag - alignment.slope * n
    first = max(int(place[0]) - _MARGIN, 0)
    piece = said[first : max(int(place[-1]) + _MARGIN, first)].astype(np.float64)
    if not piece.size:
        return np.zeros(n.size)
    finer = resample_poly(piece, _FINER, 1)
    told = map_coordinates(finer, [(place - first) * _FINER], order=3)
    return np.asarray(alignment.sign * told, np.float64)


def _joined(segments: tuple[Segment, ...], short: int) -> tuple[Segment, ...]:
    """Leave out short segments between two that agree: frames that moved, not time that did."""
    kept: list[Segment] = []
    for segment in segments:
        back = len(kept) - 1
        while back > 0 and _length(kept[back]) < short and abs(kept[back].lag - segment.lag) >= 1:
            back -= 1
        if back >= 0 and abs(kept[back].lag - segment.lag) < 1:
            del kept[back + 1 :]
        if kept and abs(kept[-1].lag - segment.lag) < 1:
            kept[-1] = Segment(kept[-1].begin, segment.end, kept[-1].lag)
        else:
            kept.append(segment)
    return tuple(kept)


def _length(segment: Segment) -> int:
    return segment.end - segment.begin


def _usual_gain(heard: Floats, told: Floats, known: _Bools, length: int) -> float:
    """How much louder than told most blocks are: what was lost takes from all by least squares."""
    starts = whole_blocks(known, length)
    said = cut(told, starts, length)
    power = (said**2).sum(axis=1)
    loud = power > 0.1 * power.mean() if power.size else np.zeros(0, np.bool_)
    if np.count_nonzero(loud) < 10:
        return 1.0
    gains = (cut(heard, starts, length) * said).sum(axis=1)[loud] / power[loud]
    order = np.argsort(gains)
    half = np.searchsorted(np.cumsum(power[loud][order]), power[loud].sum() / 2)
    return max(float(gains[order][half]), 0.1)


def whole_blocks(known: _Bools, length: int) -> npt.NDArray[np.int64]:
    """First samples of the blocks that are known wholly."""
    count = known.size // length
    whole = known[: count * length].reshape(count, length).all(axis=1)
    return np.asarray(np.flatnonzero(whole) * length, np.int64)


def cut(values: Floats, starts: npt.NDArray[np.int64], length: int) -> Floats:
    """Blocks as rows."""
    return np.asarray(values[starts[:, None] + np.arange(length)])
