"""Call time beside wall time: N seconds of a call in one second of ours."""

from __future__ import annotations

import math
from collections.abc import Callable


class CallClock:
    """Reads a monotonic clock as call time.

    Parameters
    ----------
    monotonic_ns : callable
        Any clock that never falls, in nanoseconds.
    speed : float
        Seconds of call time in a second of wall time, above 0.
    """

    def __init__(self, monotonic_ns: Callable[[], int], speed: float = 1.0) -> None:
        self.monotonic_ns = monotonic_ns
        self.speed = speed
        self._zero_ns = monotonic_ns()

    def restart(self) -> None:
        """Make now call time 0."""
        self._zero_ns = self.monotonic_ns()

    def now_s(self) -> float:
        """Return the call time, in seconds."""
        return (self.monotonic_ns() - self._zero_ns) / 1e9 * self.speed

    def until_s(self, call_s: float) -> float:
        """Return the wall seconds until a call time; negative when it has passed."""
        if math.isinf(call_s):
            return call_s
        return (call_s - self.now_s()) / self.speed
