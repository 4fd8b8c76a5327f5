"""How fast the provider's clock goes, by ours."""

from __future__ import annotations

from math import inf
from statistics import median

_WINDOW_MS = 500.0
_WINDOWS = 64
_ENOUGH_MS = 20_000.0
"""A frame's way varies by a fraction of a millisecond at best: over 20 s that is some 20 ppm."""


class Skew:
    """Takes transits (arrival by our clock less sending by theirs) and finds their drift.

    Delays only ever add, so the quickest frame of each window counts; the drift is the median of
    the slopes between any two windows (Theil and Sen), which a third of bad windows cannot turn.
    When all windows are used, they are joined in pairs, so memory is bounded.
    """

    def __init__(self) -> None:
        self._window_ms = _WINDOW_MS
        self._quickest: list[tuple[float, float]] = []
        self._until_ms = -inf
        self._at_ms = 0.0
        self._best_ms = 0.0

    def add(self, arrived_ms: float, transit_ms: float) -> None:
        """Take one frame."""
        if arrived_ms >= self._until_ms:
            self._next(arrived_ms)
        elif transit_ms >= self._best_ms:
            return
        self._at_ms, self._best_ms = arrived_ms, transit_ms

    def restart(self) -> None:
        """Begin anew, as when the source's times have another zero."""
        self._window_ms = _WINDOW_MS
        self._quickest.clear()
        self._until_ms = -inf

    def ppm(self) -> float | None:
        """Parts per million; above 0 their clock is the faster. None before 20 s are measured."""
        points = self._quickest
        if not points or points[-1][0] - points[0][0] < _ENOUGH_MS:
            return None
        slopes = [
            (late - early) / (then - first)
            for n, (first, early) in enumerate(points)
            for then, late in points[n + 1 :]
        ]
        return round(-median(slopes) * 1e6, 1)

    def _next(self, arrived_ms: float) -> None:
        if self._until_ms > -inf:
            self._quickest.append((self._at_ms, self._best_ms))
        if len(self._quickest) == _WINDOWS:
            pairs = zip(self._quickest[::2], self._quickest[1::2], strict=True)
            self._quickest = [min(pair, key=lambda point: point[1]) for pair in pairs]
            self._window_ms *= 2
        self._until_ms = arrived_ms + self._window_ms
