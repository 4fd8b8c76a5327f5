"""A connection to the model that may be begun before anybody listens."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from voicelab.net.upstream import Upstream, UpstreamListener
from voicelab.net.upstream_end import UpstreamEnd
from voicelab.net.upstream_options import UpstreamOptions
from voicelab.protocol.realtime import ClientEvent, ServerEvent

KEPT = 1000
"""So many events are kept for who comes later; nobody has spoken yet, so there are few."""


class ModelListener(Protocol):
    """Who takes a model line. Times are the clock's own nanoseconds."""

    def on_model(self, t_ns: int, raw: str, event: ServerEvent) -> None:
        """The model said something."""
        ...

    def on_told(self, t_ns: int, raw: str) -> None:
        """The model was told something."""
        ...

    def on_model_end(self, line: ModelLine, end: UpstreamEnd) -> None:
        """The connection is over, or never came about."""
        ...


@dataclass(frozen=True, slots=True)
class _Kept:
    t_ns: int
    way: Literal["in", "out"]
    raw: str
    event: ServerEvent | None


class ModelLine(UpstreamListener):
    """Connects at once; what happens before :meth:`attach` is told then, at its own time.

    Parameters
    ----------
    options : UpstreamOptions
    clock : callable
        Monotonic nanoseconds.
    """

    def __init__(
        self, options: UpstreamOptions, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.upstream = Upstream(options, self, clock=clock)
        self._clock = clock
        self._listener: ModelListener | None = None
        self._kept: list[_Kept] = []
        self._end: UpstreamEnd | None = None
        self.upstream.start()

    def attach(self, listener: ModelListener) -> None:
        """Tell this one what happened so far, and what will."""
        kept, self._kept = self._kept, []
        for each in kept:
            if each.event is None:
                listener.on_told(each.t_ns, each.raw)
            else:
                listener.on_model(each.t_ns, each.raw, each.event)
        self._listener = listener
        if self._end is not None:
            listener.on_model_end(self, self._end)

    def send(self, event: ClientEvent) -> bool:
        """Send an event, or keep it until the connection is open."""
        return self.upstream.send(event)

    async def aclose(self) -> None:
        """Close, and wait for the end; nobody is told of it."""
        self._listener = None
        await self.upstream.aclose()

    def on_event(self, raw: str, event: ServerEvent) -> None:
        """Pass it on, or keep it."""
        if self._listener is not None:
            self._listener.on_model(self._clock(), raw, event)
        elif len(self._kept) < KEPT:
            self._kept.append(_Kept(self._clock(), "in", raw, event))

    def on_sent(self, raw: str) -> None:
        """Pass it on, or keep it."""
        if self._listener is not None:
            self._listener.on_told(self._clock(), raw)
        elif len(self._kept) < KEPT:
            self._kept.append(_Kept(self._clock(), "out", raw, None))

    def on_close(self, end: UpstreamEnd) -> None:
        """Pass it on, or keep it."""
        self._end = end
        if self._listener is not None:
            self._listener.on_model_end(self, end)
