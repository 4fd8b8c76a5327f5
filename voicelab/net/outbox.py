"""What waits to be sent to a Realtime server: in order, and bounded."""

from __future__ import annotations

from collections import deque

_FRAME_BYTES = 64
"""What a frame costs in memory beside its text, so that many small ones are bounded as well."""


class Outbox:
    """Texts in the order they came; of audio the oldest may be dropped, of nothing else.

    Attributes
    ----------
    bytes : int
        What waits, with a little for each frame.
    dropped : int
        Audio frames that had to go.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self.dropped = 0
        self._count = 0
        self._audio: deque[tuple[int, str]] = deque()
        self._other: deque[tuple[int, str]] = deque()

    def add(self, text: str, *, audio: bool) -> None:
        """Put one at the end."""
        self._count += 1
        self.bytes += len(text) + _FRAME_BYTES
        (self._audio if audio else self._other).append((self._count, text))

    def shorten(self, limit: int) -> bool:
        """Drop the oldest audio until at most ``limit`` waits; False where that is not enough."""
        while self.bytes > limit and self._audio:
            self._pop(self._audio)
            self.dropped += 1
        return self.bytes <= limit

    def take(self) -> str | None:
        """The next one, or None."""
        if not self._audio and not self._other:
            return None
        if not self._other or (self._audio and self._audio[0] < self._other[0]):
            return self._pop(self._audio)
        return self._pop(self._other)

    def clear(self) -> None:
        """Forget what waits."""
        self._audio.clear()
        self._other.clear()
        self.bytes = 0

    def _pop(self, side: deque[tuple[int, str]]) -> str:
        _, text = side.popleft()
        self.bytes -= len(text) + _FRAME_BYTES
        return text
