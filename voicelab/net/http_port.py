"""An aiohttp app on a port of its own, which knows when its last request has ended."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from voicelab.net.listen import listen
from voicelab.net.refusals import Headless, counting

log = logging.getLogger("voicelab.net")


class HttpPort:
    """Listens for an app.

    Parameters
    ----------
    host : str
        Address to listen on.
    header_bytes : int
        One line of a request's head.
    on_headless : callable, optional
        Told of a request whose head cannot be read.

    Attributes
    ----------
    port : int
        Where it listens, once open; a port that was free then is asked for again.
    busy_port : int or None
        The default port, where that was taken and another one is used.
    refused : Counter
        Requests answered with an error, by status and reason.
    """

    def __init__(self, host: str, header_bytes: int, on_headless: Headless | None = None) -> None:
        self.host = host
        self.port = 0
        self.busy_port: int | None = None
        self.refused: Counter[str] = Counter()
        self._header_bytes = header_bytes
        self._on_headless = on_headless
        self._sock: socket.socket | None = None
        self._runner: web.AppRunner | None = None
        self._handlers: set[asyncio.Task[Any]] = set()

    @property
    def is_open(self) -> bool:
        """Whether it takes requests."""
        return self._runner is not None

    @property
    def url(self) -> str:
        """Where it can be reached from this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    async def open(self, app: web.Application, port: int, *, given: bool) -> None:
        """Listen by the port rules; see :func:`voicelab.net.listen.listen` for what it raises."""
        again = self.port if port == 0 else port
        self._sock = sock = listen(self.host, again, given=given and port != 0)
        runner = web.AppRunner(
            app,
            handle_signals=False,
            access_log=log,
            access_log_class=counting(self.refused, self._on_headless),
            shutdown_timeout=1.0,
            lingering_time=0.5,
            max_line_size=self._header_bytes,
            max_field_size=self._header_bytes,
        )
        try:
            await runner.setup()
            await web.SockSite(runner, sock).start()
        except BaseException:
            sock.close()
            raise
        self._runner = runner
        self.port = sock.getsockname()[1]
        self.busy_port = port if port not in (0, self.port) else None

    @contextmanager
    def handling(self) -> Iterator[None]:
        """Around a handler that goes on for long: it is waited for at the end."""
        handler = asyncio.current_task()
        assert handler is not None
        self._handlers.add(handler)
        try:
            yield
        finally:
            self._handlers.discard(handler)

    async def shut(self) -> None:
        """Take nothing new."""
        if self._runner is not None:
            for site in list(self._runner.sites):
                await site.stop()

    async def aclose(self, patience_s: float) -> None:
        """Wait so long for the handlers, then cancel them; free the port."""
        if self._handlers:
            _, stuck = await asyncio.wait(self._handlers, timeout=patience_s)
            for handler in stuck:
                handler.cancel()
            await asyncio.gather(*stuck, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def abandon(self) -> None:
        """Free the port when the event loop is gone."""
        if self._sock is not None:
            self._sock.close()

    def left(self) -> list[str]:
        """What was not freed, by name."""
        if self._sock is not None and self._sock.fileno() >= 0:
            return [f"the listening socket on port {self.port}"]
        return []


class OnPort:
    """What a server says of the port it listens on."""

    _port: HttpPort

    @property
    def listening(self) -> bool:
        """Whether it can be reached now."""
        return self._port.is_open

    @property
    def port(self) -> int:
        """Where it listens, once started."""
        return self._port.port

    @property
    def busy_port(self) -> int | None:
        """The default port, where that was taken and another one is used."""
        return self._port.busy_port

    @property
    def refused(self) -> Counter[str]:
        """Requests answered with an error, by status and reason."""
        return self._port.refused

    @property
    def url(self) -> str:
        """Where it can be reached from this machine."""
        return self._port.url
