"""What a sink and a bridge have in common: a server on a host, and the calls it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from voicelab.errors import StateError
from voicelab.lab.call import Call
from voicelab.lab.closed import Closed
from voicelab.lab.closing import Closes
from voicelab.lab.display import mimebundle
from voicelab.lab.host import Host
from voicelab.lab.unique import forget

if TYPE_CHECKING:
    from collections import Counter

    from voicelab.net.switchboard import Switchboard


class Server(Protocol):
    """What listens; it belongs to the event loop of a host."""

    board: Switchboard

    @property
    def listening(self) -> bool:
        """Whether it takes calls now."""

    @property
    def port(self) -> int:
        """Where it listens, once started."""

    @property
    def busy_port(self) -> int | None:
        """The default port, where that was taken and another one is used."""

    @property
    def refused(self) -> Counter[str]:
        """Requests answered with an error."""

    @property
    def url(self) -> str:
        """Where it is reached from this machine."""

    async def start(self) -> None:
        """Listen."""

    async def aclose(self) -> None:
        """Listen no more."""

    def abandon(self) -> None:
        """Free what can be freed without the event loop."""

    def left(self) -> list[str]:
        """What was not freed."""


class Listens(Closes):
    """A server that a person holds.

    Parameters
    ----------
    server : Server
    host : Host
    """

    def __init__(self, server: Server, host: Host) -> None:
        super().__init__()
        self._serving = server
        self._host = host
        self._calls: dict[str, Call] = {}

    @property
    def host(self) -> Host:
        """Where it runs."""
        return self._host

    @property
    def url(self) -> str:
        """Where it is reached from this machine."""
        return self._serving.url

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._serving.port

    @property
    def busy_port(self) -> int | None:
        """The default port, where that was taken and another one is used."""
        return self._serving.busy_port

    @property
    def is_open(self) -> bool:
        """Whether it listens: neither stopped nor closed."""
        return not self.closing and self._serving.listening

    @property
    def where(self) -> str:
        """``http://127.0.0.1:3001 (3000 was busy)``."""
        return f"{self.url} ({self.busy_port} was busy)" if self.busy_port else self.url

    @property
    def state(self) -> str:
        """``open on http://127.0.0.1:3000, calls: 1 running, 3 in all`` or ``closed, calls: 3``."""
        if not self.is_open:
            calls = len(list(self._serving.board.registry))
            return f"{'closed' if self.closing else 'stopped'}, calls: {calls}"
        return f"open on {self.where}, {self.traffic}"

    @property
    def traffic(self) -> str:
        """``calls: 1 running, 3 in all``, and what was refused."""
        registry = self._serving.board.registry
        refused = self._serving.refused.total()
        also = f", requests refused: {refused}" if refused else ""
        return f"calls: {len(registry.running)} running, {len(list(registry))} in all{also}"

    def calls(self) -> list[Call]:
        """The calls it took, oldest first."""
        sessions = list(self._serving.board.registry)
        self._calls = {
            session.key: self._calls.get(session.key) or Call(None, session=session, host=self.host)
            for session in sessions
        }
        return list(self._calls.values())

    def keep(self, call: Call) -> None:
        """List this one for its session from now on."""
        if call.key is not None:
            self._calls[call.key] = call

    async def stop(self) -> None:
        """End every call, free the port, and keep what is known of the calls; idempotent."""
        if not self.closing:
            await self.host.run(self._serving.aclose())

    async def start(self) -> None:
        """Listen again after :meth:`stop`; nothing where it listens already.

        Raises
        ------
        PortBusy
            Where somebody else took the port that was asked for.
        StateError
            Where it is closed.
        """
        if self.closing:
            raise StateError(f"This {type(self).__name__.lower()} is closed. Open a new one.")
        if not self._serving.listening:
            await self.host.run(self._serving.start())

    def _abandon(self) -> Closed:
        self._serving.abandon()
        return Closed(port=self._serving.port or None)

    async def _close(self) -> Closed:
        forget(self)
        server, recorder = self._serving, self._serving.board.recorder
        threads = recorder.threads + self.host.threads
        calls, files = len(server.board.registry.running), recorder.open_files
        port = server.port if server.listening else None
        left: list[str] = []
        try:
            await self.host.run(self._shut())
            left += server.left()
        finally:
            server.board.hub.close()
            left += await self.host.aclose()
        threads -= recorder.threads + self.host.threads
        return Closed(calls, port, threads, files, tuple(left))

    async def _shut(self) -> None:
        """Close the server, on its host's loop."""
        await self._serving.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.state}>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return mimebundle("server", self)
