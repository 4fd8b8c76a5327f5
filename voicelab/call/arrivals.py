"""When frames arrived, against when they say they were sent: jitter, its distribution, clock skew.

What arrived while the event loop stood still was read late, so its times are of our own making:
they are left out, and counted.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from voicelab.call.jitter import Jitter
from voicelab.call.skew import Skew

_E12 = (1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2)
BOUNDS_MS = tuple(round(step * 10.0**decade, 3) for decade in range(-1, 4) for step in _E12)
"""Upper ends of the histogram's bins, 0.1 ms to 8.2 s in the even steps of IEC 60063; the last
one takes whatever is longer as well."""

_LAST = len(BOUNDS_MS) - 1
_READ_MS = 20.0
"""How long after a stall a frame without a time of sending may still be one that waited in it."""


class Arrivals:
    """Takes the arrival of every frame of one stream; all times in ms.

    Attributes
    ----------
    jitter : Jitter
        Interarrival jitter (RFC 3550), without frames that were read late.
    skew : Skew
        The provider's clock against ours.
    stalled_frames : int
        Frames that arrived during a stall, whose arrival is therefore not known.
    longest_wait_ms : float
        The longest time between two arrivals, stalls left out.
    """

    def __init__(self) -> None:
        self.jitter = Jitter()
        self.skew = Skew()
        self.stalled_frames = 0
        self.longest_wait_ms = 0.0
        self._bins = [0] * len(BOUNDS_MS)
        self._transit_ms: float | None = None
        self._arrived_ms: float | None = None
        self._stalled_until_ms: float | None = None

    def add(self, arrived_ms: float, sent_ms: int | None) -> None:
        """Take one frame; where it does not say when it was sent, only the wait is measured."""
        if self._stalled_until_ms is not None and self._waited(arrived_ms, sent_ms):
            self.stalled_frames += 1
            return
        if self._arrived_ms is not None and arrived_ms - self._arrived_ms > self.longest_wait_ms:
            self.longest_wait_ms = arrived_ms - self._arrived_ms
        self._arrived_ms = arrived_ms
        if sent_ms is None:
            return
        self._transit_ms = transit_ms = arrived_ms - sent_ms
        self.skew.add(arrived_ms, transit_ms)
        deviation_ms = self.jitter.add(transit_ms)
        if deviation_ms is not None:
            self._bins[min(bisect_left(BOUNDS_MS, deviation_ms), _LAST)] += 1

    def stalled(self, until_ms: float) -> None:
        """Nothing could be read up to ``until_ms``."""
        self._stalled_until_ms = until_ms
        self._arrived_ms = None
        self.jitter.restart()

    def restart(self) -> None:
        """The source counts anew, so its times of sending may have another zero."""
        self._transit_ms = None
        self.jitter.restart()
        self.skew.restart()

    def _waited(self, arrived_ms: float, sent_ms: int | None) -> bool:
        """Whether a frame was there before the stall ended, going by how long the last took."""
        assert self._stalled_until_ms is not None
        if sent_ms is None or self._transit_ms is None:
            waited = arrived_ms < self._stalled_until_ms + _READ_MS
        else:
            waited = sent_ms + self._transit_ms < self._stalled_until_ms
        if not waited:
            self._stalled_until_ms = None
        return waited

    def deviation_ms(self, share: float) -> float | None:
        """A percentile of the deviations, to the histogram's resolution of a fifth."""
        wanted = share * sum(self._bins)
        passed = 0
        for bound, count in zip(BOUNDS_MS, self._bins, strict=True):
            passed += count
            if count and passed >= wanted:
                return bound
        return None

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON values, times to the microsecond."""
        named = zip(BOUNDS_MS, self._bins, strict=True)
        return {
            "jitter_ms": round(self.jitter.ms, 3),
            "deviation_ms": {
                "p50": self.deviation_ms(0.5),
                "p95": self.deviation_ms(0.95),
                "p99": self.deviation_ms(0.99),
                "histogram": {f"{bound:g}": count for bound, count in named if count},
            },
            "longest_wait_ms": round(self.longest_wait_ms, 3),
            "stalled_frames": self.stalled_frames,
            "skew_ppm": self.skew.ppm(),
        }
