"""Interarrival jitter as RFC 3550 section 6.4.1 defines it."""

from __future__ import annotations


class Jitter:
    """The running estimate ``J += (|D| - J) / 16``.

    ``D`` compares how far apart two consecutive frames arrived with how far apart they were sent.
    """

    def __init__(self) -> None:
        self.ms: float = 0.0
        self._transit_ms: float | None = None

    def add(self, arrived_ms: float, sent_ms: float) -> float:
        """Take one frame's arrival and sending times (ms, any epochs); return the jitter (ms)."""
        transit_ms = arrived_ms - sent_ms
        if self._transit_ms is not None:
            self.ms += (abs(transit_ms - self._transit_ms) - self.ms) / 16
        self._transit_ms = transit_ms
        return self.ms

    def restart(self) -> None:
        """Forget the last frame, as after a jump; the estimate stays."""
        self._transit_ms = None
