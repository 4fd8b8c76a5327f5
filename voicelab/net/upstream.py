"""One connection to a Realtime server, with a listener."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from voicelab.errors import ProtocolError, StateError
from voicelab.net.outbox import Outbox
from voicelab.net.public_url import is_loopback
from voicelab.net.upstream_end import (
    FATAL,
    FAULT,
    NO_KEY,
    ODD_KEY,
    UpstreamEnd,
    disconnected,
    not_connected,
)
from voicelab.net.upstream_options import UpstreamOptions
from voicelab.protocol import realtime
from voicelab.protocol.realtime import (
    ClientEvent,
    ErrorEvent,
    InputAudioBufferAppend,
    ResponseDone,
    ServerEvent,
)
from voicelab.secret import Secret

log = logging.getLogger("voicelab.net")

_wire_log = logging.getLogger("voicelab.net.upstream")
_wire_log.setLevel(logging.INFO)  # below that, websockets writes down the key it sends

FRAME_BYTES = 1 << 20
"""Longer audio is sent in pieces: servers on the ``websockets`` library take no longer frame."""

_PIECE_BYTES = 720 << 10  # of audio: 960 KiB as base64
_KNOWS_PROXIES = "proxy" in inspect.signature(connect).parameters


class UpstreamState(StrEnum):
    """Where a connection is in its life."""

    NEW = "new"
    CONNECTING = "connecting"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class UpstreamListener:
    """What can be heard of a connection. Override what you need; none of it may wait."""

    def on_open(self) -> None:
        """It is open; what was sent before goes out now."""

    def on_event(self, raw: str, event: ServerEvent) -> None:
        """The server said something."""

    def on_sent(self, raw: str) -> None:
        """A text has been handed to the socket."""

    def on_close(self, end: UpstreamEnd) -> None:
        """It is over, or never came about; nothing follows."""


class _Connect(connect):
    """Follows no redirect: it would carry the key to somebody else."""

    def process_redirect(self, exc: Exception) -> Exception:
        """Take the redirect for what it is here, a refusal."""
        return exc


class Upstream:
    """Talks to a Realtime server. It does not connect again: make a new one.

    Parameters
    ----------
    options : UpstreamOptions
    listener : UpstreamListener
        One that raises ends the connection.
    clock : callable
        Monotonic nanoseconds.

    Attributes
    ----------
    state : UpstreamState
    end : UpstreamEnd or None
        How it ended.
    connect_ms : float or None
        How long it took to connect.
    """

    def __init__(
        self,
        options: UpstreamOptions,
        listener: UpstreamListener,
        *,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.options = options
        self.state = UpstreamState.NEW
        self.end: UpstreamEnd | None = None
        self.connect_ms: float | None = None
        self._listener = listener
        self._clock = clock
        self._outbox = Outbox()
        self._sending_bytes = 0
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._connection: ClientConnection | None = None
        self._told: str | None = None

    @property
    def url(self) -> str:
        """Where it connects to, without anything secret."""
        return self.options.shown

    @property
    def unsent_bytes(self) -> int:
        """What waits to be sent."""
        return self._outbox.bytes + self._sending_bytes

    @property
    def dropped(self) -> int:
        """Audio frames that were dropped because the connection took too long to open."""
        return self._outbox.dropped

    def start(self) -> None:
        """Begin to connect, in a task of its own.

        Raises
        ------
        StateError
            Where it was started before.
        """
        if self.state is not UpstreamState.NEW:
            raise StateError(
                f"A connection that is {self.state} cannot be started. Make a new one.",
                state=self.state,
                event="start",
            )
        self.state = UpstreamState.CONNECTING
        self._asked: asyncio.Future[UpstreamEnd] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(), name=f"voicelab upstream {self.url}")

    def send(self, event: ClientEvent | str) -> bool:
        """Send an event, or a text untouched, in order; kept until the connection is open.

        Audio longer than :data:`FRAME_BYTES` goes in pieces.

        Returns
        -------
        bool
            False once it is closed, or where it is closed for that because too much waits.

        Raises
        ------
        ProtocolError
            For an event that must not be sent, or a text of more than 15 MiB.
        """
        if self.state in (UpstreamState.CLOSING, UpstreamState.CLOSED):
            return False
        for text, audio in self._frames(event):
            self._outbox.add(text, audio=audio)
        is_open = self.state is UpstreamState.OPEN
        fits = (
            self._outbox.bytes <= self.options.unsent_bytes
            if is_open
            else self._outbox.shorten(self.options.early_bytes)
        )
        if not fits:
            what = "reads too slowly" if is_open else "takes too long to connect"
            self._stop(UpstreamEnd("slow", None, f"The server {what}: too much waits to be sent."))
            return False
        self._news.set()
        return True

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Begin to close; what waits is not sent any more. Idempotent."""
        self._stop(UpstreamEnd("shutdown", code, reason or "voicelab closed the connection."))

    async def aclose(self) -> None:
        """Close, and wait for the end."""
        self.close()
        if self._task is not None:
            await asyncio.shield(self._task)

    def _frames(self, event: ClientEvent | str) -> Iterator[tuple[str, bool]]:
        """Yield the texts to send for an event, and whether each may be dropped as audio."""
        text = event if isinstance(event, str) else None
        if text is not None and (len(text) > FRAME_BYTES or self.state is not UpstreamState.OPEN):
            event = realtime.parse_client(text, self.options.dialect)
        if isinstance(event, InputAudioBufferAppend) and len(event.audio) > _PIECE_BYTES:
            for at in range(0, len(event.audio), _PIECE_BYTES):
                piece = msgspec.structs.replace(event, audio=event.audio[at : at + _PIECE_BYTES])
                yield realtime.build(piece, self.options.dialect), True
            return
        if text is None:
            assert not isinstance(event, str)
            text = realtime.build(event, self.options.dialect)
        if len(text) > realtime.MAX_APPEND_BYTES:
            raise ProtocolError(
                f"An event of {len(text):,} bytes was not sent: a Realtime server takes 15 MiB. "
                "Send it in pieces."
            )
        yield text, isinstance(event, InputAudioBufferAppend)

    def _stop(self, end: UpstreamEnd) -> None:
        if self.state is UpstreamState.NEW:
            self._over(end)
        elif self.state in (UpstreamState.CONNECTING, UpstreamState.OPEN):
            self.state = UpstreamState.CLOSING
            self._asked.set_result(end)

    def _over(self, end: UpstreamEnd) -> None:
        self.state, self.end = UpstreamState.CLOSED, end
        self._outbox.clear()
        log.debug("The connection to %s ended: %s: %s", self.url, end.why, end.detail)
        try:
            self._listener.on_close(end)
        except Exception:
            log.exception("%r failed at the end of a connection.", self._listener)

    async def _run(self) -> None:
        talk = asyncio.create_task(self._talk(), name=f"voicelab upstream talk {self.url}")
        end = UpstreamEnd("shutdown", 1001, "The event loop is closing.")
        try:
            await asyncio.wait({talk, self._asked}, return_when=asyncio.FIRST_COMPLETED)
            end = self._asked.result() if self._asked.done() else await talk
        except Exception:
            log.exception("The connection to %s met a fault of voicelab's own.", self.url)
            end = FAULT
        finally:
            self.state = UpstreamState.CLOSING
            talk.cancel()
            try:
                await asyncio.gather(talk, return_exceptions=True)
                await self._leave(end)
            finally:
                self._over(end)

    async def _talk(self) -> UpstreamEnd:
        """Connect, then send and listen, until the server ends it."""
        key = self.options.secret()
        if key is None and self.options.is_openai:
            return UpstreamEnd("auth", None, NO_KEY)
        if key is not None and not (key.reveal().isascii() and key.reveal().isprintable()):
            return UpstreamEnd("auth", None, ODD_KEY)
        began_ns = self._clock()
        try:
            connection = await self._connect(key)
        except Exception as error:  # whatever the system, TLS and the library raise
            return not_connected(error, self.url, self.options.connect_s)
        self._connection = connection
        if self._asked.done():  # in the very moment that the handshake was
            return self._asked.result()
        self.connect_ms = (self._clock() - began_ns) / 1e6
        self.state = UpstreamState.OPEN
        self._listener.on_open()
        writer = asyncio.create_task(self._write(connection), name="voicelab upstream writer")
        try:
            while True:
                self._take(await connection.recv())
        except ConnectionClosed as error:
            return disconnected(error, self._told)
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _connect(self, key: Secret | None) -> ClientConnection:
        options = self.options
        headers = {"Authorization": f"Bearer {key.reveal()}"} if key is not None else {}
        if options.dialect == "beta":
            headers["OpenAI-Beta"] = "realtime=v1"
        # websockets 15 began to look for a proxy; nothing on this machine is behind one.
        direct = _KNOWS_PROXIES and is_loopback(urlsplit(options.url).netloc)
        more: dict[str, Any] = {"proxy": None} if direct else {}
        return await _Connect(
            options.target,
            additional_headers=headers,
            compression=None,
            open_timeout=options.connect_s,
            ping_interval=options.ping_s,
            ping_timeout=options.ping_s,
            close_timeout=options.close_s,
            max_size=options.message_bytes,
            logger=_wire_log,
            **more,
        )

    def _take(self, raw: str | bytes) -> None:
        if self.state is not UpstreamState.OPEN:
            return
        event = realtime.parse(raw, self.options.dialect)
        self._told = _fatal(event) or self._told
        if isinstance(raw, bytes):  # some servers send JSON so; anything else is Malformed
            raw = raw.decode("utf-8", "replace")
        self._listener.on_event(raw, event)

    async def _write(self, connection: ClientConnection) -> None:
        try:
            while self.state is UpstreamState.OPEN:
                text = self._outbox.take()
                if text is None:
                    self._news.clear()
                    await self._news.wait()
                    continue
                self._sending_bytes = len(text)
                await connection.send(text)
                self._sending_bytes = 0
                self._listener.on_sent(text)
        except ConnectionClosed:
            return  # the reader says how
        except Exception:
            log.exception("%r failed at what was sent to %s.", self._listener, self.url)
            self._stop(FAULT)

    async def _leave(self, end: UpstreamEnd) -> None:
        """Close the connection where one is open; cut it where that takes too long."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if end.why != "slow":
                async with asyncio.timeout(self.options.close_s):
                    await connection.close(_close_code(end), _close_reason(end.detail))
        except TimeoutError:
            log.debug("%s did not take part in closing.", self.url)
        finally:
            connection.transport.abort()
            await connection.wait_closed()


def _fatal(event: ServerEvent) -> str | None:
    """The code of what will end the session, or None."""
    code: object = None
    if isinstance(event, ErrorEvent):
        code = event.error.code
    elif isinstance(event, ResponseDone) and event.response.get("status") == "failed":
        details = event.response.get("status_details")
        error = details.get("error") if isinstance(details, dict) else None
        code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and code in FATAL else None


def _close_code(end: UpstreamEnd) -> int:
    if end.why == "shutdown" and end.code is not None:
        return end.code
    return 1011 if end.why == "error" else 1000


def _close_reason(text: str) -> str:
    """A close frame takes 123 bytes of reason (RFC 6455 section 5.5)."""
    return text.encode()[:123].decode("utf-8", "ignore")
