"""Playout: the agent's audio on its way to the caller, sent ahead of real time by a small lead.

The model gives audio faster than it is spoken. Sent at once it could not be taken back; sent just
in time, every hesitation of ours would be heard. So a frame goes out when less than the lead is
queued at the far end.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

LEAD_MS = 240
"""Longer than an inline plot holds a notebook's loop, short enough to flush."""

FRAME_MS = 20


@dataclass(frozen=True, slots=True)
class OutFrame:
    """One frame that is due.

    Attributes
    ----------
    item : str
    audio : bytes
        A whole frame, its end filled with silence where the item is over; empty for an item that
        turned out to be over after its last frame had been sent.
    first, last : bool
        Whether a checkpoint follows it.
    """

    item: str
    audio: bytes
    first: bool
    last: bool


class _Waiting:
    __slots__ = ("begun", "buffer", "closed", "item")

    def __init__(self, item: str) -> None:
        self.item = item
        self.buffer = bytearray()
        self.begun = False
        self.closed = False


class Playout:
    """Audio that waits to be sent, item by item.

    Parameters
    ----------
    frame_bytes : int
        Of 20 ms in the line's format.
    silence : bytes
        One frame of it.
    lead_ms : int
    """

    def __init__(self, frame_bytes: int, silence: bytes, lead_ms: int = LEAD_MS) -> None:
        self._frame_bytes = frame_bytes
        self._silence = silence
        self._lead_ns = lead_ms * 1_000_000
        self._frame_ns = FRAME_MS * 1_000_000
        self._waiting: deque[_Waiting] = deque()
        self._sent_until_ns = 0
        self._held_until_ns: int | None = None

    def add(self, item: str, audio: bytes) -> None:
        """Queue audio of an item; another item's end is where the next one begins."""
        if not self._waiting or self._waiting[-1].item != item:
            if self._waiting:
                self._waiting[-1].closed = True
            self._waiting.append(_Waiting(item))
        self._waiting[-1].buffer += audio

    def close(self, item: str) -> None:
        """No more audio of this item will come."""
        for waiting in self._waiting:
            if waiting.item == item:
                waiting.closed = True

    def hold(self, until_ns: int) -> None:
        """Send nothing before this time, or before :meth:`resume`."""
        self._held_until_ns = until_ns

    def resume(self) -> None:
        """Send again; the far end's queue is empty."""
        self._held_until_ns = None

    def flush(self) -> list[str]:
        """Drop all that waits; return the items it belonged to, those not begun included."""
        items = [waiting.item for waiting in self._waiting]
        self._waiting.clear()
        self._sent_until_ns = 0
        return items

    @property
    def items(self) -> list[str]:
        """Items of which something waits or may still come."""
        return [waiting.item for waiting in self._waiting]

    def due(self, now_ns: int) -> list[OutFrame]:
        """Take what is to be sent now, in order."""
        if self._held_until_ns is not None:
            if now_ns < self._held_until_ns:
                return []
            self.resume()
        frames: list[OutFrame] = []
        while (waiting := self._head()) is not None:
            self._sent_until_ns = max(self._sent_until_ns, now_ns)
            if not waiting.buffer and waiting.closed:
                self._waiting.popleft()
                if waiting.begun:
                    frames.append(OutFrame(waiting.item, b"", first=False, last=True))
                continue
            if self._sent_until_ns >= now_ns + self._lead_ns:
                break
            frames.append(self._frame(waiting))
        return frames

    @property
    def wake_ns(self) -> int | None:
        """When something will be due; None while nothing is ready."""
        if self._head() is None:
            return None
        due_ns = self._sent_until_ns - self._lead_ns + 1
        return due_ns if self._held_until_ns is None else max(due_ns, self._held_until_ns)

    def _head(self) -> _Waiting | None:
        """The item whose turn it is, where it has a frame or is over."""
        if not self._waiting:
            return None
        waiting = self._waiting[0]
        ready = waiting.closed or len(waiting.buffer) >= self._frame_bytes
        return waiting if ready else None

    def _frame(self, waiting: _Waiting) -> OutFrame:
        audio = bytes(waiting.buffer[: self._frame_bytes])
        del waiting.buffer[: self._frame_bytes]
        audio += self._silence[len(audio) :]
        last = waiting.closed and not waiting.buffer
        frame = OutFrame(waiting.item, audio, first=not waiting.begun, last=last)
        waiting.begun = True
        if last:
            self._waiting.popleft()
        self._sent_until_ns += self._frame_ns
        return frame
