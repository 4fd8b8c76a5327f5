"""Which calls there are, by whatever name the provider uses for them."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voicelab.call.moment import Moment

if TYPE_CHECKING:
    from voicelab.net.session import Session

_ANSWERED_BYTES = 64 << 10
"""What is kept of the requests about one call before its socket comes."""
_FACT_BYTES = 200
"""What a fact counts as; the longest takes little more."""


@dataclass(slots=True)
class Answered:
    """A call that was answered and whose socket has not come yet; times are the clock's own.

    The ``token`` may open its socket.
    """

    id: str
    moments: list[Moment] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def add(self, moment: Moment, event: str | None = None) -> bool:
        """Keep a moment for the journal; False where there are too many already."""
        if sum(map(_size, (*self.moments, moment))) > _ANSWERED_BYTES:
            return False
        self.moments.append(moment)
        if event is not None:
            self.events.append(event)
        return True


def _size(moment: Moment) -> int:
    return _FACT_BYTES if moment.kind == "ev" else len(moment.data)


class CallRegistry:
    """Answered, running and ended calls, the first and last bounded in number.

    Parameters
    ----------
    remembered : int
        How many answered and how many ended calls are kept.
    """

    def __init__(self, remembered: int) -> None:
        self._remembered = remembered
        self._answered: OrderedDict[str, Answered] = OrderedDict()
        self._tokens: OrderedDict[str, str] = OrderedDict()
        self._ended: OrderedDict[str, Session] = OrderedDict()
        self._running: dict[str, Session] = {}
        self._awaited: dict[str, list[asyncio.Future[Session]]] = {}

    def __iter__(self) -> Iterator[Session]:
        """All known sessions, oldest first."""
        yield from (*self._ended.values(), *self._running.values())

    @property
    def running(self) -> list[Session]:
        """Sessions whose socket is open."""
        return list(self._running.values())

    @property
    def busy(self) -> bool:
        """Whether any call runs."""
        return bool(self._running)

    def answered(self, call_id: str | None) -> Answered:
        """Note that a call was answered; mint its id."""
        known = self._answered.get(call_id or "") or Answered(str(uuid.uuid4()))
        if call_id:
            self._answered[call_id] = known
            self._tokens[call_id] = known.token
            for table in (self._answered, self._tokens):
                while len(table) > self._remembered:
                    table.popitem(last=False)
        return known

    def take_answered(self, call_id: str) -> Answered | None:
        """The answer that a socket belongs to; a call's second socket gets an id of its own."""
        return self._answered.pop(call_id, None)

    def call_of(self, token: str) -> str | None:
        """The call that a token opens sockets of, its reconnects too; compared in constant time."""
        known = [
            call_id
            for call_id, given in self._tokens.items()
            if hmac.compare_digest(given.encode(), token.encode())
        ]
        return known[0] if known else None

    def pending(self, call_id: str) -> Answered | None:
        """An answered call without a socket."""
        return self._answered.get(call_id)

    def opened(self, session: Session) -> None:
        """A socket opened."""
        self._running[session.key] = session

    def started(self, session: Session) -> None:
        """A session learned its ids."""
        for waiting in self._awaited.pop(session.stream.call_id or "", ()):
            if not waiting.done():
                waiting.set_result(session)

    def ended(self, session: Session) -> None:
        """A socket closed."""
        self._running.pop(session.key, None)
        self._ended[session.key] = session
        while len(self._ended) > self._remembered:
            self._ended.popitem(last=False)

    def find(self, call_id: str | None, stream_id: str | None = None) -> Session | None:
        """The newest session of a stream id, else of a call id, running ones first."""
        sessions = [*reversed(self._running.values()), *reversed(self._ended.values())]
        for session in sessions:
            if stream_id and session.stream.stream_id == stream_id:
                return session
        for session in sessions:
            if call_id and session.stream.call_id == call_id:
                return session
        return None

    def named(self, name: str) -> Session | None:
        """The newest session by voicelab's own id or by one of the provider's names."""
        sessions = [*reversed(self._running.values()), *reversed(self._ended.values())]
        for session in sessions:
            if session.stream.id == name:
                return session
        return self.find(name, name)

    def previous(self, session: Session, call_id: str) -> Session | None:
        """The last connection of the same call before this one."""
        others = [s for s in self if s is not session and s.stream.call_id == call_id]
        return others[-1] if others else None

    async def wait_for(self, call_id: str) -> Session:
        """The session of a call, once its ``start`` has come."""
        if (session := self.find(call_id)) is not None:
            return session
        waiting: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        self._awaited.setdefault(call_id, []).append(waiting)
        try:
            return await waiting
        finally:
            others = self._awaited.get(call_id, [])
            if waiting in others:
                others.remove(waiting)
            if not others:
                self._awaited.pop(call_id, None)
