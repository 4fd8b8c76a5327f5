"""Is the recording, sample for sample, what a leg makes of the reference?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.sound import Pair, at_rate
from voicelab.audio.format import FORMATS, AudioFormat
from voicelab.audio.samples import Int16Array

_BLOCK = 1 << 18
_Span = tuple[int, int, int]
_WORTH_IT = 0.5
_EVERY_SAMPLE = np.arange(65536, dtype=np.uint16).view(np.int16)


@dataclass(frozen=True, slots=True)
class Exactness:
    """How much of the recording equals what was expected.

    Attributes
    ----------
    exact : bool
        Whether every sample that lies on the reference is equal, without a step between them.
    format : AudioFormat or None
        What the reference went through: the given one, else the one that fits best; None where
        nothing was equal.
    compared, equal : int
        Samples.
    first_difference : int or None
        The first sample of the recording that differs.
    """

    exact: bool
    format: AudioFormat | None
    compared: int
    equal: int
    first_difference: int | None

    @property
    def share(self) -> float:
        """Equal samples as a part of the compared."""
        return self.equal / self.compared if self.compared else 0.0


def exactness(both: Pair, alignment: Alignment | None, leg: AudioFormat | None = None) -> Exactness:
    """Compare with all that a leg could have made of the reference.

    Each is decode(encode(reference)), resampled by voicelab's own filter to the leg's rate before
    and to the recording's rate after. Where nothing is aligned both begin together.
    """
    spans = list(_spans(both, alignment))
    compared = sum(end - begin for begin, end, _ in spans)
    best = Exactness(False, None, compared, 0, spans[0][0] if spans else None)
    if not spans or (alignment is not None and (alignment.slope or alignment.inverted)):
        return best
    heard = both.recording.samples
    for form in [leg] if leg else _likely(both):
        expected = _Expected.of(both, form)
        if _count(heard, expected, [_middle(spans, both.recording.rate_hz)])[0] < _WORTH_IT:
            continue
        share, first = _count(heard, expected, spans)
        equal = round(share * compared)
        if equal > best.equal:
            best = Exactness(first is None and len(spans) == 1, form, compared, equal, first)
        if first is None:
            break
    return best


@dataclass(frozen=True, slots=True)
class _Expected:
    """What a leg makes of the reference: samples, and what its law makes of each there can be."""

    samples: Int16Array
    law: Int16Array | None

    @classmethod
    def of(cls, both: Pair, form: AudioFormat) -> _Expected:
        recorded_hz = both.recording.rate_hz
        leg = at_rate(both.reference.samples, both.reference.rate_hz, form.rate_hz)
        if form.rate_hz == recorded_hz:
            return cls(leg, None if form.encoding == "l16" else _through(form, _EVERY_SAMPLE))
        return cls(at_rate(_through(form, leg), form.rate_hz, recorded_hz), None)

    def part(self, begin: int, end: int) -> Int16Array:
        samples = self.samples[begin:end]
        return samples if self.law is None else self.law.take(samples.view(np.uint16))


def _through(form: AudioFormat, samples: Int16Array) -> Int16Array:
    return form.to_int16(form.from_int16(samples))


def _likely(both: Pair) -> list[AudioFormat]:
    """First the formats at the recording's own rate, then the narrower ones."""
    own_hz = both.recording.rate_hz
    below = [form for form in FORMATS if form.rate_hz <= own_hz]
    return sorted(below, key=lambda form: form.rate_hz != own_hz)


def _spans(both: Pair, alignment: Alignment | None) -> Iterator[_Span]:
    """Parts of the recording with their whole lag, at the recording's rate."""
    heard = len(both.recording.samples)
    said = round(len(both.reference.samples) * both.recording.rate_hz / both.reference.rate_hz)
    if alignment is None:
        yield 0, min(heard, said), 0
        return
    ratio = both.recording.rate_hz / both.rate_hz
    for segment in alignment.segments:
        lag = round(segment.lag * ratio)
        end = heard if segment is alignment.segments[-1] else round(segment.end * ratio)
        begin, end = max(round(segment.begin * ratio), lag, 0), min(end, heard, said + lag)
        if end > begin:
            yield begin, end, lag


def _middle(spans: Sequence[_Span], rate_hz: int) -> _Span:
    """Four seconds in the middle of the longest span."""
    begin, end, lag = max(spans, key=lambda span: span[1] - span[0])
    middle = (begin + end) // 2
    return max(begin, middle - 2 * rate_hz), min(end, middle + 2 * rate_hz), lag


def _count(
    heard: Int16Array, expected: _Expected, spans: Sequence[_Span]
) -> tuple[float, int | None]:
    """The share of equal samples, and the first that differs."""
    equal, total, first = 0, 0, None
    for begin, end, lag in spans:
        for at in range(begin, end, _BLOCK):
            stop = min(at + _BLOCK, end)
            same = heard[at:stop] == expected.part(at - lag, stop - lag)
            if first is None and not same.all():
                first = at + int(same.argmin())
            equal += int(same.sum())
            total += stop - at
    return equal / total if total else 0.0, first
