"""A connection: what a call's one socket is to everybody else, whoever is at its other end."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from voicelab.audio.format import AudioFormat, ByteOrder
from voicelab.call.health import StreamHealth
from voicelab.call.listener import Audience, Ending, StreamEnd, Transport
from voicelab.call.moment import Moment, fact
from voicelab.errors import StateError


class StreamState(StrEnum):
    """Where a connection is in its life."""

    WAITING = "waiting for start"
    OPEN = "open"
    STOPPING = "stopping"
    CLOSING = "closing"
    CLOSED = "closed"


_NEXT: dict[StreamState, frozenset[StreamState]] = {
    StreamState.WAITING: frozenset({StreamState.OPEN, StreamState.CLOSING, StreamState.CLOSED}),
    StreamState.OPEN: frozenset({StreamState.STOPPING, StreamState.CLOSING, StreamState.CLOSED}),
    StreamState.STOPPING: frozenset({StreamState.CLOSING, StreamState.CLOSED}),
    StreamState.CLOSING: frozenset({StreamState.CLOSED}),
    StreamState.CLOSED: frozenset(),
}


class Connection:
    """What a provider's stream and a browser's have in common: names, time, listeners, the end.

    A kind of connection reads what comes (:meth:`on_text`, :meth:`on_binary`), gives audio to its
    :attr:`audience`, and ends politely (:meth:`stop`).

    Parameters
    ----------
    id : str
        voicelab's own name for the call (a UUID).
    transport : Transport
    clock : callable
        Monotonic nanoseconds. The moment of construction is the call's zero.
    format : AudioFormat
        What the caller's audio is.

    Attributes
    ----------
    call_id, stream_id : str or None
        The other side's names for the call, where it has any.
    end : StreamEnd or None
        How it ended.
    """

    def __init__(
        self, id: str, transport: Transport, clock: Callable[[], int], format: AudioFormat
    ) -> None:
        self.id = id
        self.format = format
        self.state = StreamState.WAITING
        self.call_id: str | None = None
        self.stream_id: str | None = None
        self.health = StreamHealth()
        self.end: StreamEnd | None = None
        self.audience = Audience()
        self._transport = transport
        self._clock = clock
        self._closing: StreamEnd | None = None
        self.zero_ns = clock()

    @property
    def samples(self) -> int:
        """Caller samples on the time axis so far."""
        raise NotImplementedError

    @property
    def byte_order(self) -> ByteOrder | None:
        """The order L16 is read in; None where none is in doubt, or the audio has not told yet."""
        return None

    @property
    def byte_order_reason(self) -> str:
        """Why :attr:`byte_order` is what it is, in a sentence."""
        return ""

    @property
    def outbound(self) -> AudioFormat:
        """The format audio is sent in."""
        return self.format

    def now_ns(self) -> int:
        """Nanoseconds since the socket opened."""
        return self._clock() - self.zero_ns

    def note(self, name: str, **details: object) -> None:
        """Put a fact into the journal."""
        self._tell(fact(self.now_ns(), name, details))

    def on_text(self, raw: str) -> None:
        """Take one text frame, whatever it is."""
        raise NotImplementedError

    def on_binary(self, data: bytes) -> None:
        """Take one binary frame, whatever it is."""
        raise NotImplementedError

    def on_close(self, code: int | None, detail: str = "") -> None:
        """The socket has closed; idempotent."""
        if self.state is StreamState.CLOSED:
            return
        self._settle()
        end = self._closing or StreamEnd("closed", code, detail or "the other side closed")
        self.end = StreamEnd(end.why, end.code or code, end.detail)
        self._to(StreamState.CLOSED, "close")
        self.note(
            "ended",
            why=self.end.why,
            code=self.end.code,
            detail=self.end.detail,
            samples=self.samples,
            health=self.health.as_dict(),
        )
        end = self.end
        self.audience.tell(lambda listener: listener.on_end(end))

    def on_pong(self, round_trip_ns: int) -> None:
        """A ping was answered after so long."""
        self.audience.tell(lambda listener: listener.on_round_trip(round_trip_ns))

    def on_stall(self, begin_ns: int, end_ns: int) -> None:
        """The event loop stood still from ``begin_ns`` to ``end_ns`` of the clock.

        To be told before what arrived meanwhile is read. The watchdogs do not count that time.
        """
        begin_ns = max(begin_ns, self.zero_ns)
        length_ms = round((end_ns - begin_ns) / 1e6, 3)
        if self.state is StreamState.CLOSED or length_ms <= 0:
            return
        self._forgive(end_ns - begin_ns)
        self.health.stalls += 1
        self.health.stalled_ms += length_ms
        t_ns = begin_ns - self.zero_ns
        self.health.arrivals.stalled(t_ns / 1e6 + length_ms)
        self._tell(fact(t_ns, "stall", {"ms": length_ms, "at": self.samples}))
        end_ns -= self.zero_ns
        self.audience.tell(lambda listener: listener.on_stall(t_ns, end_ns))

    def ping(self) -> None:
        """Measure the round trip of the network."""
        self._transport.ping()

    def tick(self) -> None:
        """Check the watchdogs; call it about once a second."""

    def stop(self) -> bool:
        """End the call politely; whether anything was sent for it."""
        raise NotImplementedError

    def close(self, code: int, why: Ending, detail: str) -> None:
        """Close the socket from this side; the end says ``why``. Idempotent."""
        if self.state in (StreamState.CLOSING, StreamState.CLOSED):
            return
        self._to(StreamState.CLOSING, "close")
        self._closing = self._closing or StreamEnd(why, code, detail)
        self._transport.close(code, detail)

    # What a kind of connection may add

    def _settle(self) -> None:
        """The socket has closed: give what is still held back."""

    def _forgive(self, stalled_ns: int) -> None:
        """Do not count this time against the other side."""

    # What it may use

    def _tell(self, moment: Moment) -> None:
        self.audience.moment(moment)

    def _odd(self, name: str, **details: object) -> None:
        self.health.odd[name] += 1
        self.note(name, **details)

    def _to(self, state: StreamState, event: str) -> None:
        if state not in _NEXT[self.state]:
            raise StateError(
                f"A stream that is {self.state} cannot take {event!r}.",
                state=self.state,
                event=event,
            )
        self.state = state
