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
_STEP_S: Final = 0.5
_MOST_S: Final = 6.0
_SAME_S: Final = 1.5
_LOOK_HZ: Final = 8000
_SURE: Final = 20.0
_CLEAR: Final = 8.0
_ALIKE: Final = 0.4
_MOST_LONGER: Final = 1.25
_NEAREST: Final = 2
_SOUGHT: Final = 3
_LOUD: Final = 0.1


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
    search.look_beside()
    for k in search.doubtful():
        search.look(k, search.everywhere())
        search.look_beside()
        if search.holds():
            break
    return [list(search.sections(k)) for k in every]


class _Seen(NamedTuple):
    """Where a part fits best near one place, how clearly, and which place that was."""

    clear: float
    at_s: float
    near_s: float


class _Search:
    """What is known of the places of all parts."""

    def __init__(
        self, heard: Heard, reference: Reference, parts: Sequence[tuple[int, Int16Array]]
    ) -> None:
        self._heard, self._reference, self._parts = heard, reference, parts
        self._rate_hz = float(min(_LOOK_HZ, heard.rate_hz, reference.rate_hz))
        self._begins_s = [begin / heard.rate_hz for begin, _ in parts]
        self._length_s = parts[0][1].size / heard.rate_hz
        self._seen: list[list[_Seen]] = [[] for _ in parts]
        self._tried: list[list[tuple[float, float]]] = [[] for _ in parts]

    def look(self, k: int, places: Iterable[tuple[float, float]]) -> None:
        """Look for a part near places, so many seconds before and after, until it is sure.

        What is said twice is sure in two places: until another part agrees, all are looked at.
        """
        piece, ahead_s = self._loudest_of(k)
        own = at_rate(piece, self._heard.rate_hz, self._rate_hz)
        for near_s, reach_s in places:
            tried = self._tried[k]
            if any(abs(near_s - at) < _SAME_S and reach_s <= reach for at, reach in tried):
                continue
            tried.append((near_s, reach_s))
            early_s = near_s + ahead_s - reach_s
            late_s = early_s + piece.size / self._heard.rate_hz + 2 * reach_s
            section, first_s = self._reference.section(early_s, late_s)
            said = at_rate(section, self._reference.rate_hz, self._rate_hz)
            clear, begin = best_fit(own, said, self._rate_hz)
            at_s = first_s + begin / self._rate_hz - ahead_s
            self._seen[k].append(_Seen(clear, at_s, near_s))
            if clear > _SURE and len(self._firm()) > 1:
                return

    def look_beside(self) -> None:
        """Look for each part where the others put it, on and back through the recording."""
        every = range(len(self._parts))
        for order in (every, reversed(every)):
            for k in order:
                if k not in self._firm():
                    self.look(k, self._around(k))

    def holds(self) -> bool:
        """Whether a third of the loud parts are sure, and lie as they should to each other."""
        return 3 * len(self._firm()) >= len(self._loud())

    def doubtful(self) -> list[int]:
        """The loudest parts that are not sure, where few are."""
        firm = self._firm()
        return [] if self.holds() else [k for k in self._loud() if k not in firm][:_SOUGHT]

    def _loudest_of(self, k: int) -> tuple[Int16Array, float]:
        """The loudest few seconds of a part, and how far from its beginning they are."""
        part = self._parts[k][1]
        step = round(_STEP_S * self._heard.rate_hz)
        steps = part[: part.size // step * step].reshape(-1, step)
        most = round(_MOST_S / _STEP_S)
        if len(steps) <= most:
            return part, 0.0
        power = np.convolve(np.var(steps, axis=1), np.ones(most), "valid")
        first = int(power.argmax())
        return part[first * step : (first + most) * step], first * _STEP_S

    def _loud(self) -> list[int]:
        powers = np.array([float(np.var(part)) for _, part in self._parts])
        order = np.argsort(-powers)
        return [k for k in order.tolist() if powers[k] > _LOUD * powers.max()]

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

    def everywhere(self) -> Iterator[tuple[float, float]]:
        """All of the reference."""
        for at_s in np.arange(0.0, self._reference.duration_s, _STRIDE_S).tolist():
            yield at_s, _STRIDE_S / 2

    def sections(self, k: int) -> Iterator[Section]:
        """Where to lay a part, the likeliest first."""
        best = max(self._seen[k])
        if best.clear > _SURE or self._is_held(k):
            yield self._section(best.at_s, _SLACK_S)
        elif not self._firm():
            for seen in sorted(self._seen[k], reverse=True):
                section = self._section(seen.near_s, _SLACK_S)
                if self._alike(k, section[0]):
                    yield section

    def _is_held(self, k: int) -> bool:
        """Whether a part is clear where the others put it."""
        best = max(self._seen[k])
        near = (abs(best.at_s - at_s) < _REACH_S for at_s in self._beside(k))
        return best.clear > _CLEAR and bool(self._firm()) and any(near)

    def _firm(self) -> dict[int, float]:
        """The most sure parts that lie about as far apart as they are heard, and where they do."""
        best = {k: max(seen) for k, seen in enumerate(self._seen) if seen}
        sure = [k for k, seen in best.items() if seen.clear > _SURE]
        groups = [[n for n in sure if self._fit(best[k].at_s - best[n].at_s, k, n)] for k in sure]
        most = max(groups, key=lambda group: sum(best[k].clear for k in group), default=[])
        return {k: best[k].at_s for k in most}

    def _fit(self, told_s: float, one: int, other: int) -> bool:
        heard_s = self._begins_s[one] - self._begins_s[other]
        return abs(told_s - heard_s) <= (_MOST_LONGER - 1) * abs(heard_s) + _SLACK_S

    def _around(self, k: int) -> Iterator[tuple[float, float]]:
        """Where the others put a part, and farther around."""
        for reach_s in (_SLACK_S, _REACH_S):
            for at_s in self._beside(k):
                yield at_s, reach_s

    def _beside(self, k: int) -> Iterator[float]:
        """Where the others put a part, and where it is if nothing, or evenly, was lost."""
        begin_s = self._begins_s[k]
        held = [(self._begins_s[n], at_s) for n, at_s in self._firm().items() if n != k]
        near = sorted(held, key=lambda place: abs(place[0] - begin_s))[:_NEAREST]
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
