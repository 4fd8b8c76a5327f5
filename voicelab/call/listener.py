"""What a stream gives: to those who listen to it, and to the socket under it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from voicelab.audio.format import ByteOrder
from voicelab.call.moment import Moment

if TYPE_CHECKING:
    from voicelab.call.connection import Connection

log = logging.getLogger("voicelab.call")

Ending = Literal["closed", "stop", "open-timeout", "media-timeout", "model", "shutdown", "error"]


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """How a stream ended: ``why`` in a word, the socket's close ``code``, and a sentence."""

    why: Ending
    code: int | None
    detail: str


class StreamListener:
    """What can be heard of a stream. Override what you need; none of it may wait."""

    def on_moment(self, moment: Moment) -> None:
        """Any moment of the call, in order."""

    def on_start(self, stream: Connection) -> None:
        """The format and the ids are known; audio follows."""

    def on_named(self, stream: Connection) -> None:
        """The ids are known, though not at the start: it came after the format was assumed."""

    def on_audio(self, offset: int, pcm: bytes) -> None:
        """Caller audio: int16 little-endian, and its first sample's place on the time axis."""

    def on_frame(self, offset: int, pcm: bytes, payload: bytes) -> None:
        """Caller audio with the bytes it came as; passes the audio on to :meth:`on_audio`."""
        self.on_audio(offset, pcm)

    def on_agent_audio(self, offset: int, pcm: bytes) -> None:
        """Agent audio where the caller heard it, on the caller's time axis and at its rate.

        int16 little-endian; what was silence there is never told.
        """

    def on_byte_order(self, order: ByteOrder, swapped: bool) -> None:
        """The byte order is now known; where ``swapped``, all audio so far was the other way."""

    def on_played(self, name: str) -> None:
        """The provider has played all that was queued before this checkpoint."""

    def on_cleared(self) -> None:
        """The provider has emptied its queue."""

    def on_key(self, key: str) -> None:
        """The caller pressed a key: ``0`` to ``9``, ``*``, ``#``, ``A`` to ``D``."""

    def on_round_trip(self, round_trip_ns: int) -> None:
        """A ping to the provider has been answered."""

    def on_stall(self, begin_ns: int, end_ns: int) -> None:
        """The event loop stood still, in nanoseconds since the socket opened."""

    def on_end(self, end: StreamEnd) -> None:
        """The socket is closed; nothing follows."""

    def on_dropped(self) -> None:
        """It raised, and nothing follows, not even the end: free what must be freed."""


class Audience:
    """Those who listen to a stream. One that fails hears nothing more; the others go on."""

    def __init__(self) -> None:
        self._listeners: tuple[StreamListener, ...] = ()

    def add(self, listener: StreamListener) -> None:
        """Tell this one from now on, after those who were added before it."""
        self._listeners = (*self._listeners, listener)

    def tell(self, what: Callable[[StreamListener], None]) -> None:
        """Tell everybody something."""
        for listener in self._listeners:
            try:
                what(listener)
            except Exception:
                self._drop(listener)

    def moment(self, moment: Moment) -> None:
        """Tell everybody of a moment."""
        for listener in self._listeners:
            try:
                listener.on_moment(moment)
            except Exception:
                self._drop(listener)

    def audio(self, offset: int, pcm: bytes, payload: bytes) -> None:
        """Give everybody a frame of audio, decoded and as it came."""
        for listener in self._listeners:
            try:
                listener.on_frame(offset, pcm, payload)
            except Exception:
                self._drop(listener)

    def agent_audio(self, offset: int, pcm: bytes) -> None:
        """Give everybody what the caller heard of the agent."""
        self.tell(lambda listener: listener.on_agent_audio(offset, pcm))

    def _drop(self, listener: StreamListener) -> None:
        log.exception("%r failed and hears no more of its call.", listener)
        self._listeners = tuple(other for other in self._listeners if other is not listener)
        try:
            listener.on_dropped()
        except Exception:
            log.exception("%r failed at that as well.", listener)


class Transport(Protocol):
    """The socket as a stream sees it. Neither call waits."""

    def send_text(self, text: str) -> bool:
        """Queue one text frame; False where nothing can be sent any more."""
        ...

    def ping(self) -> None:
        """Send a WebSocket ping; :meth:`Connection.on_pong` follows where it is answered."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Begin to close; :meth:`Connection.on_close` follows."""
