"""Where in a long reference the parts of a recording belong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from voicelab.audio.diagnosis.against.matching import best_fit, match
from voicelab.audio.diagnosis.against.reference import Reference, at_rate
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

Section = tuple[Int16Array, float]
"""A part of the reference, and at which second of it that begins."""

_LONG_S: Final = 120.0
_SPAN_S: Final = 45.0
_SLACK_S: Final = 3.0
_REACH_S: Final = 12.0
_STRIDE_S: Final = 60.0
_SAME_S: Final = 1.5
_LOOK_HZ: Final = 8000
_SURE: Final = 20.0
_CLEAR: Final = 8.0
_ALIKE: Final = 0.4
_MOST_LONGER: Final = 1.25
_NEAREST: Final = 2
_SOUGHT: Final = 2
_TRIED: Final = 2


def sections(
    heard: Heard, reference: Reference, parts: Sequence[tuple[int, Int16Array]]
) -> list[list[Section]]:
    """Where to lay each part, the likeliest first.

    All of a short reference. In a long one a part is looked for where the parts beside it put it,
    where it would be without delay, and where it is loud when the part is; where none is found
    like that, everywhere. A place that the waveform does not tell for sure counts only where the
    others lie beside it, if there are any.

    Parameters
    ----------
    heard : Heard
    reference : Reference
    parts : sequence of (int, ndarray of int16)
        Their first samples in the recording, and what is heard.
    """
    if reference.duration_s <= _LONG_S:
        return [[(reference.samples, 0.0)] for _ in parts]
    search = _Search(heard, reference, parts)
    every = range(len(parts))
    for k in every:
        search.look(k, search.first(k))
    if not search.sure:
        powers = [float(np.var(part)) for _, part in parts]
        for k in np.argsort(powers)[: -_SOUGHT - 1 : -1].tolist():
            search.look(k, search.everywhere())
    for order in (every, reversed(every)):
        for k in order:
            search.look(k, search.beside(k))
    return [list(search.sections(k)) for k in every]


class _Seen(NamedTuple):
    """Where a part fits best near one place, how clearly, and which place that was."""

    clear: float
    at_s: float
    near_s: float


class _Search:
    """What is known of the places of all parts.

    Attributes
    ----------
    sure : dict of int to float
        At which second of the reference a part begins.
    """

    def __init__(
        self, heard: Heard, reference: Reference, parts: Sequence[tuple[int, Int16Array]]
    ) -> None:
        self._heard, self._reference, self._parts = heard, reference, parts
        self._rate_hz = float(min(_LOOK_HZ, heard.rate_hz, reference.rate_hz))
        self._begins_s = [begin / heard.rate_hz for begin, _ in parts]
        self._length_s = parts[0][1].size / heard.rate_hz
        self._seen: list[list[_Seen]] = [[] for _ in parts]
        self._tried: list[list[tuple[float, float]]] = [[] for _ in parts]
        self.sure: dict[int, float] = {}

    def look(self, k: int, places: Iterable[tuple[float, float]]) -> None:
        """Look for a part near places, so many seconds before and after, until it is sure."""
        if k in self.sure:
            return
        own = at_rate(self._parts[k][1], self._heard.rate_hz, self._rate_hz)
        for near_s, reach_s in places:
            tried = self._tried[k]
            if any(abs(near_s - at) < _SAME_S and reach_s <= reach for at, reach in tried):
                continue
            tried.append((near_s, reach_s))
            section, first_s = self._section(near_s, reach_s)
            said = at_rate(section, self._reference.rate_hz, self._rate_hz)
            clear, begin = best_fit(own, said, self._rate_hz)
            seen = _Seen(clear, first_s + begin / self._rate_hz, near_s)
            self._seen[k].append(seen)
            if clear > _SURE:
                self.sure[k] = seen.at_s
                return

    def first(self, k: int) -> Iterator[tuple[float, float]]:
        """Where a part is looked for first."""
        for at_s in self._beside(k):
            yield at_s, _SLACK_S
        begin, part = self._parts[k]
        rate_hz = self._heard.rate_hz
        early = round(max(begin - _SPAN_S / 2 * rate_hz, 0))
        late = round(begin + part.size + _SPAN_S / 2 * rate_hz)
        for at_s in self._reference.places(self._heard.samples[early:late], rate_hz):
            yield at_s + (begin - early) / rate_hz, _SLACK_S

    def beside(self, k: int) -> Iterator[tuple[float, float]]:
        """Where the others put a part, and farther around."""
        for reach_s in (_SLACK_S, _REACH_S):
            for at_s in self._beside(k):
                yield at_s, reach_s

    def everywhere(self) -> Iterator[tuple[float, float]]:
        """All of the reference."""
        for at_s in np.arange(0.0, self._reference.duration_s, _STRIDE_S).tolist():
            yield at_s, _STRIDE_S / 2

    def sections(self, k: int) -> Iterator[Section]:
        """Where to lay a part, the likeliest first."""
        if k in self.sure:
            yield self._section(self.sure[k], _SLACK_S)
            return
        ranked = sorted(self._seen[k], reverse=True)
        if self.sure:
            beside = list(self._beside(k))
            for seen in ranked[:_TRIED]:
                near = any(abs(seen.at_s - at_s) < _REACH_S for at_s in beside)
                if near and seen.clear > _CLEAR:
                    yield self._section(seen.at_s, _SLACK_S)
            return
        for seen in ranked:
            section = self._section(seen.near_s, _SLACK_S)
            if self._alike(k, section[0]):
                yield section

    def _beside(self, k: int) -> Iterator[float]:
        """Where the sure parts put one, and where it is if nothing, or evenly, was lost."""
        begin_s = self._begins_s[k]
        known = [(self._begins_s[n], at_s) for n, at_s in self.sure.items()]
        near = sorted(known, key=lambda held: abs(held[0] - begin_s))[:_NEAREST]
        if len(near) == _NEAREST:
            (heard_s, told_s), (other_s, theirs_s) = near
            yield told_s + (told_s - theirs_s) / (heard_s - other_s) * (begin_s - heard_s)
        evenly = self._reference.duration_s / self._heard.duration_s
        for heard_s, told_s in (*near, (0.0, 0.0)):
            if 1 / _MOST_LONGER < evenly < _MOST_LONGER:
                yield told_s + evenly * (begin_s - heard_s)
            yield told_s + begin_s - heard_s

    def _section(self, at_s: float, reach_s: float) -> Section:
        return self._reference.section(at_s - reach_s, at_s + self._length_s + reach_s)

    def _alike(self, k: int, section: Int16Array) -> bool:
        own = self._parts[k][1].astype(np.float64)
        said = at_rate(section, self._reference.rate_hz, self._heard.rate_hz)
        return bool(match(own, said, self._heard.rate_hz)[0].max() >= _ALIKE)
