"""Is the recording, sample for sample, what a line makes of the reference?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.sound import Pair, at_rate
from voicelab.audio.format import FORMATS, AudioFormat
from voicelab.audio.samples import Int16Array

_BLOCK = 1 << 18
_Span = tuple[int, int, int]
_WORTH_IT = 0.5
_OFTEN, _MOSTLY, _BESIDE = 1e-3, 0.8, 0.95
_LEAST_S = 0.02
_ROUNDED: dict[str, int] = {"mulaw": 8, "alaw": 16}
"""Two units of the 14 and 13 bits of a sample that G.711 looks at: so far others round."""
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
    one_step_off : int
        Samples that differ by one step of the law, where the reference lies beside the boundary
        between the two: encoders round there, each in its way.
    """

    exact: bool
    format: AudioFormat | None
    compared: int
    equal: int
    first_difference: int | None
    one_step_off: int = 0

    @property
    def share(self) -> float:
        """Equal samples as a part of the compared."""
        return self.equal / self.compared if self.compared else 0.0

    @property
    def other_encoder(self) -> bool:
        """Whether what differs is what another encoder of the same law does: few, a step off."""
        differ = self.compared - self.equal
        often = differ > _OFTEN * self.compared and self.share > _MOSTLY
        return often and self.one_step_off > _BESIDE * differ


def exactness(both: Pair, alignment: Alignment | None, leg: AudioFormat | None = None) -> Exactness:
    """Compare with all that a line could have made of the reference.

    Each is decode(encode(reference)), resampled by voicelab's own filter to the line's rate before
    and to the recording's rate after. Where nothing is aligned both begin together.
    """
    spans = list(_spans(both, alignment))
    compared = sum(end - begin for begin, end, _ in spans)
    best = Exactness(False, None, compared, 0, spans[0][0] if spans else None)
    if compared < _LEAST_S * both.recording.rate_hz:
        return best
    if alignment is not None and (alignment.slope or alignment.inverted):
        return best
    heard = both.recording.samples
    middle = [_middle(spans, both.recording.rate_hz)]
    for form in [leg] if leg else _likely(both):
        expected = _Expected.of(both, form)
        if _count(heard, expected, middle)[0] < _WORTH_IT * sum(end - at for at, end, _ in middle):
            continue
        equal, first, off = _count(heard, expected, spans)
        if equal > best.equal:
            best = Exactness(first is None and len(spans) == 1, form, compared, equal, first, off)
        if first is None:
            break
    return best


@dataclass(frozen=True, slots=True)
class _Expected:
    """What a line makes of the reference: its samples, and what its law makes of each there is.

    `around` is the least and the greatest level that another encoder may give each there is, and
    `levels` says of each whether it is a level.
    """

    samples: Int16Array
    law: Int16Array | None = None
    around: tuple[Int16Array, Int16Array] | None = None
    levels: npt.NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, both: Pair, form: AudioFormat) -> _Expected:
        recorded_hz = both.recording.rate_hz
        carried = at_rate(both.reference.samples, both.reference.rate_hz, form.rate_hz)
        if form.rate_hz != recorded_hz:
            return cls(at_rate(_through(form, carried), form.rate_hz, recorded_hz))
        if form.encoding == "l16":
            return cls(carried)
        each, beside = _EVERY_SAMPLE.astype(np.int32), _ROUNDED[form.encoding]
        low, high = (
            _through(form, np.clip(each + by, -32768, 32767).astype(np.int16))
            for by in (-beside, beside)
        )
        law, levels = _through(form, _EVERY_SAMPLE), np.zeros(65536, np.bool_)
        levels[law.view(np.uint16)] = True
        return cls(carried, law, (low, high), levels)

    def through(self, samples: Int16Array) -> Int16Array:
        """What the law makes of some of its samples."""
        return samples if self.law is None else self.law.take(samples.view(np.uint16))

    def near(self, samples: Int16Array, heard: Int16Array) -> int:
        """How many of some samples are heard as another encoder may give them."""
        if self.around is None or self.levels is None:
            return 0
        given = samples.view(np.uint16)
        low, high = (side.take(given) for side in self.around)
        level = self.levels.take(heard.view(np.uint16))
        return int((level & (low <= heard) & (heard <= high)).sum())


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
    every = np.array([(each.begin, each.end, each.lag) for each in alignment.segments])
    begins, ends, lags = np.rint(every * ratio).astype(np.int64).T
    ends[-1] = heard
    begins, ends = np.maximum(np.maximum(begins, lags), 0), np.minimum(ends, said + lags)
    for begin, end, lag in zip(begins.tolist(), ends.tolist(), lags.tolist(), strict=True):
        if end > begin:
            yield begin, min(end, heard), lag


def _middle(spans: Sequence[_Span], rate_hz: int) -> _Span:
    """Four seconds in the middle of the longest span."""
    begin, end, lag = max(spans, key=lambda span: span[1] - span[0])
    middle = (begin + end) // 2
    return max(begin, middle - 2 * rate_hz), min(end, middle + 2 * rate_hz), lag


def _count(
    heard: Int16Array, expected: _Expected, spans: Sequence[_Span]
) -> tuple[int, int | None, int]:
    """How many samples are equal, the first that differs, and how many are a step beside."""
    equal, first, off = 0, None, 0
    for some in _blocks(spans):
        now = _joined([heard[begin:end] for begin, end, _ in some])
        given = _joined([expected.samples[begin - lag : end - lag] for begin, end, lag in some])
        same = now == expected.through(given)
        matching = int(np.count_nonzero(same))
        equal += matching
        if matching == len(same):
            continue
        differ = np.flatnonzero(~same)
        if first is None:
            every = _joined([np.arange(begin, end) for begin, end, _ in some])
            first = int(every[differ[0]])
        off += expected.near(given[differ], now[differ])
    return equal, first, off


def _blocks(spans: Sequence[_Span]) -> Iterator[list[_Span]]:
    """Long spans in parts, and short ones together."""
    some: list[_Span] = []
    size = 0
    for begin, end, lag in spans:
        for at in range(begin, end, _BLOCK):
            some.append((at, min(at + _BLOCK, end), lag))
            size += some[-1][1] - at
            if size >= _BLOCK:
                yield some
                some, size = [], 0
    if some:
        yield some


def _joined(parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
