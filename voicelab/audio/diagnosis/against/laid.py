"""The recording laid on its reference: what the reference tells of each sample.

What was said goes through gains, delays and filters that are no faults: a short filter from the
reference to the recording takes all of them in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft
from scipy.linalg import solve_toeplitz
from scipy.ndimage import map_coordinates
from scipy.signal import lfilter, oaconvolve, resample_poly

from voicelab.audio.compare.alignment import Alignment, align
from voicelab.audio.compare.segments import Segment
from voicelab.audio.diagnosis.against.matching import correlation, fitted
from voicelab.audio.diagnosis.against.places import sections
from voicelab.audio.diagnosis.against.reference import Floats, Reference, as_int16, at_rate
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.lines import without_lines
from voicelab.audio.samples import Int16Array

_WIDE_HZ: Final = 16_000  # above what the reference has, a seam shows best
_PART_S: Final = 6.0
_MOST_PARTS: Final = 10
_SIDE_S: Final = 0.012
_DISPERSED_S: Final = 0.005
_BLOCK_S: Final = 0.01
_SHORT_S: Final = 0.15
_FINER: Final = 4
_MARGIN: Final = 64
_ORDER: Final = 16
_WHITE: Final = 1.003  # by 25 dB at most, else what a filter took away counts for all
_ALIKE: Final = 0.4
_UPRIGHT: Final = 2.0

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
    tells_polarity : bool
        Whether the filter is clearly not that of the other polarity.
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
    tells_polarity: bool = True

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
            alignment = align(own, said, rate_hz)
            if alignment is None:
                continue
            if len(alignment.segments) > 1:
                alignment = _through_the_line(own, said, alignment)
            ahead = round((begin / heard.rate_hz - ahead_s) * rate_hz)
            laid = _laid(own, said, level, alignment, round(begin * rate_hz / heard.rate_hz), ahead)
            if laid is not None and laid.likeness > _ALIKE:
                found.append(laid)
                break
    return found


def _through_the_line(heard: Int16Array, said: Int16Array, alignment: Alignment) -> Alignment:
    """Align anew with what a line made of the reference, if that is more like what is heard.

    A line that lets no low tones pass delays those beside them by milliseconds, so that the lag
    seems to step with the pitch.
    """
    rate_hz = alignment.rate_hz
    wide = heard - np.float64(heard.mean())
    side, near = round(_SIDE_S * rate_hz), _DISPERSED_S * rate_hz
    lags = np.array([segment.lag for segment in alignment.segments])
    apart = np.abs(np.subtract.outer(lags, lags)) < near
    usual = lags[int((apart @ [_length(s) for s in alignment.segments]).argmax())]
    rows = []
    for segment in alignment.segments:
        lag = usual if abs(segment.lag - usual) < near else segment.lag
        begin, end = segment.begin, segment.end
        told = _said(said, alignment, Segment(begin, end, lag), begin - side, end + side)
        rows.append((wide[begin:end], told))
    taps = fitted(rows, side)
    through = oaconvolve(said.astype(np.float64), taps, mode="same")
    again = align(heard, as_int16(through), rate_hz)
    if again is None or again.anchors < alignment.anchors:
        return alignment
    return min(alignment, again, key=lambda each: len(each.segments))


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
    theirs = alignment.sign * gain * level
    plain *= gain
    upright = float(taps.max(initial=0.0)) > _UPRIGHT * -float(taps.min(initial=0.0))
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
        upright,
    )


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
