"""Interarrival jitter as RFC 3550 section 6.4.1 defines it."""

from __future__ import annotations


class Jitter:
    """The running estimate ``J += (|D| - J) / 16``.

    ``D`` compares how far apart two consecutive frames arrived with how far apart they were sent:
    the change of ``transit``, the time of arrival less that of sending, in ms from any epochs.
    """

    def __init__(self) -> None:
        self.ms: float = 0.0
        self._transit_ms: float | None = None

    def add(self, transit_ms: float) -> float | None:
        """Take one frame; return ``|D|``, or None for the first."""
        before_ms, self._transit_ms = self._transit_ms, transit_ms
        if before_ms is None:
            return None
        deviation_ms = abs(transit_ms - before_ms)
        self.ms += (deviation_ms - self.ms) / 16
        return deviation_ms

    def restart(self) -> None:
        """Forget the last frame, as after a jump; the estimate stays."""
        self._transit_ms = None
