"""Playback: what the caller has heard of what was sent, by a model of the far end's queue.

The provider plays what it is sent in order, at real time, and says of each checkpoint when it was
passed. Between two such words the model is the clock: a frame plays when the one before it is over,
never before it arrived. So a queue that ran dry needs no special care, and nobody can have heard
more than was sent, nor more than has had the time to be played.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

UNKNOWN_NS = 100_000_000
"""How much later than assumed a provider may begin to play, where it has not said."""

_KEPT = 16
"""Items that are over and still known."""

_FORGOTTEN_NS = 10_000_000_000
"""So long after its end an item counts as over, where no provider says so."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How much of an item the caller has heard.

    Attributes
    ----------
    ms : float
    source : {"ack", "estimate"}
        Whether the provider has said when the item began, or only the sending is known.
    uncertainty_ms : float
        The true value is within this of `ms`.
    """

    ms: float
    source: Literal["ack", "estimate"]
    uncertainty_ms: float


@dataclass(slots=True)
class RoundTrip:
    """How long a word takes to the provider and back.

    Attributes
    ----------
    ack_ns : int or None
        From a checkpoint on an empty queue to its acknowledgement, the shortest so far.
    network_ns : int or None
        From a WebSocket ping to its pong, the shortest so far: the same way without the provider's
        own delay in reporting.
    """

    ack_ns: int | None = None
    network_ns: int | None = None

    @property
    def out_ns(self) -> int:
        """From us to the provider."""
        return (self.network_ns or 0) // 2

    @property
    def back_ns(self) -> int:
        """From a checkpoint's being passed to our reading of it.

        Half of the round trip; where the network's own part is known, all but its way out.
        """
        if self.ack_ns is None:
            return self.out_ns
        if self.network_ns is None:
            return self.ack_ns // 2
        return max(self.ack_ns - self.out_ns, self.out_ns)

    @property
    def uncertainty_ns(self) -> int:
        """By how much :attr:`back_ns` may be wrong: the way out may take any part of the trip."""
        trip = self.ack_ns if self.network_ns is None else self.network_ns
        return (trip or 0) // 2


@dataclass(slots=True)
class _Run:
    """Audio that plays without a pause: not before it arrived, and `samples` of it."""

    sent_ns: int
    begin_ns: int
    samples: int


@dataclass(slots=True)
class _Item:
    sent_ns: int
    runs: list[_Run] = field(default_factory=list)
    samples: int = 0
    over: bool = False
    acked: bool = False
    doubt_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """A stretch of an item that plays without a pause, by its place in the item."""

    begin_ns: int
    first: int
    samples: int


class Playback:
    """The far end's queue.

    Times are nanoseconds of one clock.

    Parameters
    ----------
    rate_hz : int
    frame_samples : int
        Length of the first frame of an item, which its first checkpoint follows.
    trip : RoundTrip
        May become better known as the call goes on.
    """

    def __init__(self, rate_hz: int, frame_samples: int, trip: RoundTrip) -> None:
        self.trip = trip
        self._rate_hz = rate_hz
        self._frame_ns = frame_samples * 1_000_000_000 // rate_hz
        self._items: dict[str, _Item] = {}
        self._stalled_until_ns: int | None = None
        self._stall_ns = 0

    def sent(self, now_ns: int, item: str, samples: int) -> None:
        """A frame of an item went out."""
        known = self._items.get(item)
        if known is None or known.over:  # the name of an item may come again in another session
            self._items.pop(item, None)
            self._forget_old(now_ns)
            known = self._items[item] = _Item(now_ns)
        arrives_ns = now_ns + self.trip.out_ns
        end_ns = self._end_ns()
        if known.runs and arrives_ns <= end_ns:
            known.runs[-1].samples += samples
        else:
            known.runs.append(_Run(now_ns, max(arrives_ns, end_ns), samples))
        known.samples += samples

    def began(self, now_ns: int, item: str) -> None:
        """The provider has played the item's first frame, as we read now."""
        known = self._items.get(item)
        if known is None or known.acked:
            return
        latest_ns = now_ns - self._frame_ns
        if self._stalled_until_ns is not None and now_ns - self._stalled_until_ns < self._frame_ns:
            known.doubt_ns = self._stall_ns
            return
        self._chain()
        known.acked = True
        first = known.runs[0]
        begin_ns = min(max(latest_ns - self.trip.back_ns, self._arrived_ns(first)), latest_ns)
        # A word that comes late looks like audio that began late: the truth is in between.
        known.doubt_ns = max(0, begin_ns - first.begin_ns)
        first.begin_ns = begin_ns
        self._chain()

    def finished(self, item: str) -> None:
        """The provider has played all of the item."""
        if (known := self._items.get(item)) is not None:
            known.over = True

    def stalled(self, begin_ns: int, end_ns: int) -> None:
        """We stood still: what is read just after it may have come at any time in between."""
        self._stalled_until_ns, self._stall_ns = end_ns, end_ns - begin_ns

    def heard(self, item: str, at_ns: int) -> Heard:
        """How much of an item has been heard at a time."""
        known = self._items.get(item)
        if known is None:
            return Heard(0.0, "estimate", 0.0)
        if known.over:
            return Heard(1000 * known.samples / self._rate_hz, "ack", 0.0)
        samples = sum(self._played(run, at_ns) for run in known.runs)
        doubt_ns = UNKNOWN_NS if known.doubt_ns is None else known.doubt_ns
        if known.acked:
            doubt_ns += self.trip.uncertainty_ns
        source: Literal["ack", "estimate"] = "ack" if known.acked else "estimate"
        return Heard(1000 * samples / self._rate_hz, source, doubt_ns / 1e6)

    def unheard(self, at_ns: int) -> list[str]:
        """Items of which something is still to be heard, in order."""
        return [
            name
            for name, item in self._items.items()
            if not item.over and self._last_ns(item) > at_ns
        ]

    def end_ns(self, item: str) -> int | None:
        """When the last sample sent of an item is over; None for an unknown one."""
        known = self._items.get(item)
        return None if known is None else self._last_ns(known)

    def played(self, item: str, until_ns: int) -> list[Played]:
        """Where on the clock an item's audio was heard, up to a time."""
        stretches: list[Played] = []
        first = 0
        for run in self._items[item].runs if item in self._items else ():
            if samples := self._played(run, until_ns):
                stretches.append(Played(run.begin_ns, first, samples))
            first += run.samples
        return stretches

    def flushed(self, at_ns: int) -> None:
        """The far end's queue was emptied: what was to play after this time is never heard."""
        for item in self._items.values():
            for run in item.runs:
                run.samples = self._played(run, at_ns)
            item.runs = [run for run in item.runs if run.samples]
            item.samples = sum(run.samples for run in item.runs)
            item.over = True

    def _played(self, run: _Run, at_ns: int) -> int:
        return min(run.samples, max(0, (at_ns - run.begin_ns) * self._rate_hz // 1_000_000_000))

    def _arrived_ns(self, run: _Run) -> int:
        return run.sent_ns + self.trip.out_ns

    def _run_end_ns(self, run: _Run) -> int:
        return run.begin_ns + run.samples * 1_000_000_000 // self._rate_hz

    def _last_ns(self, item: _Item) -> int:
        return self._run_end_ns(item.runs[-1]) if item.runs else item.sent_ns

    def _end_ns(self) -> int:
        """When everything that was sent will have been played."""
        return max((self._last_ns(item) for item in self._items.values() if item.runs), default=0)

    def _chain(self) -> None:
        """Put each run behind the one before it, keeping what the provider has said.

        The trip may have become better known since a run was sent.
        """
        end_ns = 0
        for item in self._items.values():
            for index, run in enumerate(item.runs):
                if index or not item.acked:
                    run.begin_ns = max(self._arrived_ns(run), end_ns)
                end_ns = self._run_end_ns(run)

    def _forget_old(self, now_ns: int) -> None:
        for name in list(self._items)[:-_KEPT]:
            item = self._items[name]
            if item.over or self._last_ns(item) < now_ns - _FORGOTTEN_NS:
                del self._items[name]
