"""The agent's side of the recording: what was heard, placed where it played."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

from voicelab.call.playback import Playback

SETTLED_NS = 500_000_000
"""So long after a frame's time to play, the provider's word on it has come."""

WINDOW_NS = 3_000_000_000
"""Within it some frame comes without delay; a line that pauses has another beginning after it."""


class AgentTrack:
    """Keeps the agent's audio until it is known when it was heard.

    Parameters
    ----------
    rate_hz : int
    playback : Playback
    emit : callable
        ``emit(offset, pcm)``: int16 little-endian and its place on the call's time axis, each
        stretch once, those of an item in order.
    on_item : callable
        ``on_item(item, "placed", at=…, heard_ms=…)`` once it is known where and when its first
        sample was heard, and ``on_item(item, "over", until=…)`` after its last one.
    """

    def __init__(
        self,
        rate_hz: int,
        playback: Playback,
        emit: Callable[[int, bytes], None],
        on_item: Callable[..., None],
    ) -> None:
        self._rate_hz = rate_hz
        self._playback = playback
        self._emit = emit
        self._on_item = on_item
        self._until: dict[str, int] = {}
        self._sound: dict[str, bytearray] = {}
        self._given: dict[str, int] = {}
        self._places: dict[tuple[str, int], int] = {}
        self._window_ns = 0
        self._zero_ns = self._zero_before_ns = math.inf

    def caller_frame(self, now_ns: int, end: int) -> None:
        """A caller's frame came whose last sample is just before `end` on the time axis.

        The least delayed frame of late tells where the axis begins on the clock.
        """
        if now_ns - self._window_ns >= WINDOW_NS:
            is_next = now_ns - self._window_ns < 2 * WINDOW_NS
            self._zero_before_ns = self._zero_ns if is_next else math.inf
            self._zero_ns, self._window_ns = math.inf, now_ns
        self._zero_ns = min(self._zero_ns, now_ns - end * 1e9 / self._rate_hz)

    def offset(self, t_ns: int) -> int:
        """The place of a time on the caller's time axis, in samples."""
        zero_ns = min(self._zero_ns, self._zero_before_ns)
        return round((t_ns - (0.0 if zero_ns == math.inf else zero_ns)) * self._rate_hz / 1e9)

    def sent(self, item: str, pcm: bytes) -> None:
        """Audio of an item went out."""
        self._sound.setdefault(item, bytearray()).extend(pcm)

    @property
    def waits(self) -> bool:
        """Whether anything is still to be placed."""
        return bool(self._sound)

    def settle(self, until_ns: int, unfinished: Collection[str] = ()) -> None:
        """Place all that was heard up to a time; of unfinished items more will be sent."""
        for item in list(self._sound):
            self._place(item, until_ns)
            end_ns = self._playback.end_ns(item)
            over = end_ns is None or end_ns <= until_ns - SETTLED_NS
            if over and item not in unfinished:
                self._drop(item)

    def flushed(self, at_ns: int) -> None:
        """Place what was heard before the far end's queue was emptied; forget the rest."""
        self.settle(at_ns)
        for item in list(self._sound):
            self._drop(item)

    def _place(self, item: str, until_ns: int) -> None:
        given = self._given.get(item, 0)
        for stretch in self._playback.played(item, until_ns):
            end = stretch.first + stretch.samples
            if end <= given:
                continue
            skipped = max(0, given - stretch.first)
            # A stretch stays where its first sound was put, or it would get a seam.
            place = self._places.setdefault((item, stretch.first), self.offset(stretch.begin_ns))
            offset = place + skipped
            pcm = bytes(self._sound[item][2 * (stretch.first + skipped) : 2 * end])
            if offset < 0:
                pcm, offset = pcm[-2 * offset :], 0
            if item not in self._until:
                self._on_item(item, "placed", at=offset, heard_ms=round(stretch.begin_ns / 1e6, 3))
            self._emit(offset, pcm)
            self._until[item] = offset + len(pcm) // 2
            given = end
        self._given[item] = given

    def _drop(self, item: str) -> None:
        del self._sound[item]
        self._given.pop(item, None)
        self._places = {key: place for key, place in self._places.items() if key[0] != item}
        if (until := self._until.pop(item, None)) is not None:
            self._on_item(item, "over", until=until)
