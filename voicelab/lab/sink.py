"""A media-stream sink that starts alone."""

from __future__ import annotations

from dataclasses import replace as replace_fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from voicelab.audio.format import AudioFormat
from voicelab.call.settings import StreamSettings
from voicelab.errors import StateError
from voicelab.lab.call import Call
from voicelab.lab.closed import Closed
from voicelab.lab.closing import Closes
from voicelab.lab.display import mimebundle
from voicelab.lab.host import Host, make_host
from voicelab.lab.places import default_place
from voicelab.lab.unique import forget, replace
from voicelab.net.options import (
    Limits,
    SignaturePolicy,
    SinkOptions,
    parse_format,
    parse_order,
)
from voicelab.secret import Secret

if TYPE_CHECKING:
    from voicelab.net.sink import SinkServer


class Sink(Closes):
    """Answers a provider's calls and records their audio. Open one with :meth:`open`.

    Attributes
    ----------
    server : SinkServer
        What listens; it belongs to the event loop of ``host``.
    """

    def __init__(self, server: SinkServer, host: Host) -> None:
        super().__init__()
        self.server = server
        self._host = host
        self._calls: dict[str, Call] = {}

    @classmethod
    async def open(
        cls,
        *,
        port: int | None = None,
        address: str = "127.0.0.1",
        host: str = "kernel",
        public_url: str | None = None,
        recordings: str | Path | None = None,
        webhook_log: str | Path | None = None,
        format: str | AudioFormat = "l16/8000",
        byte_order: str = "auto",
        auth_token: str | None = None,
        signatures: SignaturePolicy = "if-present",
        settings: StreamSettings | None = None,
        limits: Limits | None = None,
        name: str | None = "sink",
    ) -> Self:
        """Listen for calls.

        Parameters
        ----------
        port : int, optional
            Default: ``PORT`` of the environment, else 3000 or, where that is busy, any free port.
        address : str
            Where to listen; the default is reached from this machine only.
        host : {"kernel", "thread"}
            The running event loop, or one on a thread of its own.
        public_url : str, optional
            Where the provider reaches this sink, ``https://…``.
        recordings, webhook_log : path, optional
            Default: ``recordings/`` and ``data/webhook-events.log`` of the project.
        format : str or AudioFormat
            What callers are asked to send: ``l16/8000``, ``l16/16000`` or ``mulaw/8000``.
        byte_order : {"auto", "big", "little"}
            How L16 is read; ``"auto"`` finds out.
        auth_token : str, optional
            Checks the signatures of callbacks. Default: ``VOBIZ_AUTH_TOKEN`` of the environment.
        signatures : {"if-present", "require", "off"}
        settings : StreamSettings, optional
            Time-outs and gaps; ``format`` and ``byte_order`` are those given here.
        limits : Limits, optional
        name : str or None
            A sink replaces an open one of the same name, as when its cell is run again; None
            leaves others alone.

        Raises
        ------
        PortBusy
            Where the port that was asked for is taken.
        SettingError, FormatError
            Where an option makes no sense.
        """
        from voicelab.net.sink import SinkServer

        options = SinkOptions(
            host=address,
            port=port,
            public_url=public_url,
            recordings=Path(recordings) if recordings else default_place("recordings"),
            webhook_log=(
                Path(webhook_log) if webhook_log else default_place("data/webhook-events.log")
            ),
            stream=replace_fields(
                settings or StreamSettings(),
                format=parse_format(format),
                byte_order=parse_order(byte_order),
            ),
            auth_token=Secret(auth_token) if auth_token else None,
            signatures=signatures,
            limits=limits or Limits(),
        )
        engine = make_host(host)
        sink = cls(SinkServer(options), engine)
        try:
            if name is not None:
                await replace(name, sink)
            await engine.run(sink.server.start())
        except BaseException:
            await sink.close()
            raise
        return sink

    @property
    def host(self) -> Host:
        """Where it runs."""
        return self._host

    @property
    def url(self) -> str:
        """Where it is reached from this machine."""
        return self.server.url

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.port

    @property
    def is_open(self) -> bool:
        """Whether it listens: neither stopped nor closed."""
        return not self.closing and self.server.listening

    @property
    def state(self) -> str:
        """``open on http://127.0.0.1:3000, calls: 1 running, 3 in all`` or ``closed, calls: 3``."""
        calls = len(list(self.server.registry))
        if not self.is_open:
            return f"{'closed' if self.closing else 'stopped'}, calls: {calls}"
        busy = self.server.busy_port
        where = f"{self.url} ({busy} was busy)" if busy else self.url
        running, refused = len(self.server.registry.running), self.server.refused.total()
        also = f", requests refused: {refused}" if refused else ""
        return f"open on {where}, calls: {running} running, {calls} in all{also}"

    def calls(self) -> list[Call]:
        """The calls it took, oldest first."""
        sessions = list(self.server.registry)
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
            await self.host.run(self.server.aclose())

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
            raise StateError("This sink is closed. Open a new one.")
        if not self.server.listening:
            await self.host.run(self.server.start())

    def _abandon(self) -> Closed:
        self.server.abandon()
        return Closed(port=self.server.port or None)

    async def _close(self) -> Closed:
        forget(self)
        server, threads = self.server, self.server.threads + self.host.threads
        calls, files = len(server.registry.running), server.open_files
        port = server.port if server.listening else None
        left: list[str] = []
        try:
            await self.host.run(server.aclose())
            left += server.left()
        finally:
            server.hub.close()
            left += await self.host.aclose()
        threads -= server.threads + self.host.threads
        return Closed(calls, port, threads, files, tuple(left))

    def __repr__(self) -> str:
        return f"<Sink: {self.state}>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return mimebundle("sink", self)
