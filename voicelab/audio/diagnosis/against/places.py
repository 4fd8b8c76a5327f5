"""Where in a long reference the parts of a recording belong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from voicelab.audio.diagnosis.against.matching import best_fit, match
from voicelab.audio.diagnosis.against.reference import Reference, at_rate
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

_LONG_S: Final = 120.0
_SPAN_S: Final = 45.0
_SLACK_S: Final = 3.0
_REACH_S: Final = 12.0
_SAME_S: Final = 1.5
_LOOK_HZ: Final = 8000
_SURE: Final = 20.0
_CLEAR: Final = 10.0
_ALIKE: Final = 0.4
_MOST_LONGER: Final = 1.25


class Places:
    """Where to look for each part, by what is known of those that were laid.

    Parameters
    ----------
    heard : Heard
    reference : Reference
    """

    def __init__(self, heard: Heard, reference: Reference) -> None:
        self._heard, self._reference = heard, reference
        self._held: list[tuple[float, float]] = []
        self._tried: dict[tuple[int, float], list[float]] = {}
        self._rate_hz = float(min(_LOOK_HZ, heard.rate_hz, reference.rate_hz))

    def hold(self, heard_s: float, told_s: float) -> None:
        """Remember at which second of the reference a part of the recording was laid."""
        self._held.append((heard_s, told_s))

    def sections(
        self, begin: int, part: Int16Array, again: bool
    ) -> Iterator[tuple[Int16Array, float]]:
        """Parts of the reference to lay a part on, the likeliest first, and where each begins.

        All of a short reference; of a long one where the parts beside tell, where it would be
        without delay, and where it is loud when the part is.

        Parameters
        ----------
        begin : int
            The part's first sample.
        part : ndarray of int16, shape (n,)
        again : bool
            Whether it was looked for before, when less was known.
        """
        if self._reference.duration_s <= _LONG_S:
            if not again:
                yield self._reference.samples, 0.0
            return
        length_s = part.size / self._heard.rate_hz
        for at_s, sure in self._ranked(begin, part, again):
            section = self._reference.section(at_s - _SLACK_S, at_s + length_s + _SLACK_S)
            if sure or self._alike(part, section[0]):
                yield section

    def _ranked(self, begin: int, part: Int16Array, again: bool) -> list[tuple[float, bool]]:
        """Seconds at which it may begin, the clearest first, and whether that is clear."""
        own = at_rate(part, self._heard.rate_hz, self._rate_hz)
        length_s = part.size / self._heard.rate_hz
        found: list[tuple[float, float]] = []
        for at_s, reach_s in self._candidates(begin, part.size, again):
            tried = self._tried.setdefault((begin, reach_s), [])
            if any(abs(at_s - other_s) < _SAME_S for other_s in tried):
                continue
            tried.append(at_s)
            section, first_s = self._reference.section(at_s - reach_s, at_s + length_s + reach_s)
            said = at_rate(section, self._reference.rate_hz, self._rate_hz)
            clear, first = best_fit(own, said, self._rate_hz)
            found.append((clear, first_s + first / self._rate_hz if clear > _CLEAR else at_s))
            if clear > _SURE:
                break
        found.sort(reverse=True)
        return [(at_s, clear > _CLEAR) for clear, at_s in found]

    def _candidates(self, begin: int, size: int, again: bool) -> Iterator[tuple[float, float]]:
        """Seconds at which it may begin, and how many before and after them to look."""
        begin_s = begin / self._heard.rate_hz
        for reach_s in (_SLACK_S, _REACH_S)[: 1 + again]:
            for at_s in self._beside(begin_s):
                yield at_s, reach_s
        if again:
            return
        yield begin_s, _SLACK_S
        early = round(max(begin - _SPAN_S / 2 * self._heard.rate_hz, 0))
        late = round(begin + size + _SPAN_S / 2 * self._heard.rate_hz)
        ahead_s = (begin - early) / self._heard.rate_hz
        span = self._heard.samples[early:late]
        for at_s in self._reference.places(span, self._heard.rate_hz):
            yield at_s + ahead_s, _SLACK_S

    def _beside(self, begin_s: float) -> Iterator[float]:
        """Where the two parts beside put it; where one does if nothing, or as much, was lost."""
        near = sorted(self._held, key=lambda held: abs(held[0] - begin_s))[:2]
        if len(near) == 2:
            (heard_s, told_s), (other_s, theirs_s) = near
            longer = (told_s - theirs_s) / (heard_s - other_s)
            if 1 / _MOST_LONGER < longer < _MOST_LONGER:
                yield told_s + longer * (begin_s - heard_s)
        longer = self._reference.duration_s / self._heard.duration_s
        heard_s, told_s = near[0] if near else (0.0, 0.0)
        if 1 / _MOST_LONGER < longer < _MOST_LONGER:
            yield told_s + longer * (begin_s - heard_s)
        if near:
            yield told_s + begin_s - heard_s

    def _alike(self, part: Int16Array, section: Int16Array) -> bool:
        own = part.astype(np.float64)
        said = at_rate(section, self._reference.rate_hz, self._heard.rate_hz)
        return bool(match(own, said, self._heard.rate_hz)[0].max() >= _ALIKE)
