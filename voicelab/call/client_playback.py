"""What a client that plays by itself has let its person hear, and when.

It may say so (:meth:`ClientPlayback.on_played`). Without, it is taken to play each item as soon as
it arrives, one after the other, and to fall silent when the person speaks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from voicelab.call.by_arrival import ByArrival

HELD_BYTES = 32 << 20
"""Sound that is held, 11 minutes; what comes while there is more is not placed."""

_KEPT_ITEMS = 4
"""Played items that a truncation may still name."""

Source = Literal["estimate", "played"]


@dataclass(slots=True)
class _Item:
    """Sound of one item: ``placed`` samples of it were heard, at the places of ``spans``.

    A span is (offset on the axis, first sample, samples). A ``flushed`` one is not played on.
    """

    id: str
    pcm: bytearray = field(default_factory=bytearray)
    placed: int = 0
    spans: list[tuple[int, int, int]] = field(default_factory=list)
    flushed: bool = False

    @property
    def samples(self) -> int:
        return len(self.pcm) // 2

    def piece(self, first: int, samples: int) -> bytes:
        return bytes(self.pcm[2 * first : 2 * (first + samples)])


class ClientPlayback:
    """Places the agent's sound on the caller's time axis.

    Parameters
    ----------
    rate_hz : int
        Of the axis and of the sound.
    give : callable
        ``give(offset, pcm)`` puts sound there; zeros take it back.

    Attributes
    ----------
    source : {"estimate", "played"}
        Whether the client has said what it played.
    given_up : int
        Pieces that were too much to hold.
    """

    def __init__(self, rate_hz: int, give: Callable[[int, bytes], None]) -> None:
        self.source: Source = "estimate"
        self.given_up = 0
        self._rate_hz = rate_hz
        self._give = give
        self._items: deque[_Item] = deque()
        self._next = 0  # where playback goes on, by the estimate
        self._reported = ByArrival(rate_hz)

    def on_delta(self, t_ns: int, item_id: str, pcm: bytes) -> None:
        """More sound of an item went to the client."""
        self.advance(t_ns)
        item = self._find(item_id)
        if item is None:
            item = _Item(item_id)
            self._items.append(item)
            self._forget_old()
        if not any(map(self._waits, self._items)):
            self._next = max(self._next, self._samples(t_ns))
        if sum(len(each.pcm) for each in self._items) + len(pcm) > HELD_BYTES:
            self.given_up += 1
            return
        item.pcm += pcm

    def on_flush(self, t_ns: int) -> None:
        """The person speaks: the client drops what it has not played."""
        self.advance(t_ns)
        for item in self._items:
            item.flushed = True

    def on_played(self, t_ns: int, item_id: str, ms: float) -> bool:
        """The client says that it has played so much of an item by now; False for no such item."""
        item = self._find(item_id)
        if item is None:
            return False
        if self.source == "estimate":
            self.source = "played"
            self._reported.end = self._end_of_others(item)
            self._take_back(item, 0)
        samples = min(self._samples(int(ms * 1e6)), item.samples) - item.placed
        if samples > 0:
            offset, _ = self._reported.place(t_ns, samples, begins=not item.placed)
            self._put(item, offset, samples)
        return True

    def on_truncate(self, item_id: str, ms: float) -> None:
        """The client says where it stopped: nothing of the item was heard after that."""
        item = self._find(item_id)
        if item is None:
            return
        item.flushed = True
        stop = min(self._samples(int(ms * 1e6)), item.samples)
        if stop < item.placed:
            self._take_back(item, stop)
        elif item.spans and stop > item.placed:
            offset, _, length = item.spans[-1]
            self._put(item, offset + length, stop - item.placed)

    def advance(self, t_ns: int) -> None:
        """By the estimate, play up to now."""
        if self.source != "estimate":
            return
        now = self._samples(t_ns)
        for item in self._items:
            samples = min(item.samples - item.placed, now - self._next)
            if self._waits(item) and samples > 0:
                self._put(item, self._next, samples)
                self._next += samples

    def _waits(self, item: _Item) -> bool:
        return not item.flushed and item.placed < item.samples

    def _put(self, item: _Item, offset: int, samples: int) -> None:
        self._give(offset, item.piece(item.placed, samples))
        last = item.spans[-1] if item.spans else None
        if last is not None and last[0] + last[2] == offset:
            item.spans[-1] = (last[0], last[1], last[2] + samples)
        else:
            item.spans.append((offset, item.placed, samples))
        item.placed += samples

    def _take_back(self, item: _Item, keep: int) -> None:
        """Put silence where the samples from ``keep`` on were placed."""
        spans, item.spans = item.spans, []
        for offset, first, samples in spans:
            kept = min(max(keep - first, 0), samples)
            if kept:
                item.spans.append((offset, first, kept))
            if kept < samples:
                self._give(offset + kept, bytes(2 * (samples - kept)))
        item.placed = min(item.placed, keep)

    def _end_of_others(self, item: _Item) -> int:
        spans = [span for other in self._items if other is not item for span in other.spans]
        return max((offset + samples for offset, _, samples in spans), default=0)

    def _forget_old(self) -> None:
        while len(self._items) > _KEPT_ITEMS:
            if self.source == "estimate" and self._waits(self._items[0]):
                return
            self._items.popleft()

    def _find(self, item_id: str) -> _Item | None:
        return next((item for item in reversed(self._items) if item.id == item_id), None)

    def _samples(self, t_ns: int) -> int:
        return t_ns * self._rate_hz // 1_000_000_000
