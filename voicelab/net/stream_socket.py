"""A provider's WebSocket: aiohttp on one side, a stream's callbacks on the other."""

from __future__ import annotations

import asyncio
import logging
import time
from enum import Enum

from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web

from voicelab.call.connection import Connection

log = logging.getLogger("voicelab.net")


CLOSE_S = 2.0
"""How long a close may take where nothing else was said."""


class _Ping(Enum):
    PING = "ping"


class ProviderSocket(web.WebSocketResponse):
    """aiohttp's end of a stream; where a message is too big, its close says so in words as well.

    Parameters
    ----------
    message_bytes : int
        The largest message that is read.
    protocol : str
        The subprotocol that was offered and is accepted, or nothing.
    close_s : float
        How long the other side may take for its part of a close.
    heartbeat_s : float, optional
        Between pings; a connection that does not answer one within half of that is broken.
    """

    def __init__(
        self,
        message_bytes: int,
        protocol: str = "",
        *,
        close_s: float = CLOSE_S / 2,
        heartbeat_s: float | None = None,
    ) -> None:
        super().__init__(
            max_msg_size=message_bytes,
            protocols=(protocol,) if protocol else (),
            compress=False,
            autoping=False,
            timeout=close_s,
            heartbeat=heartbeat_s,
        )
        self.message_bytes = message_bytes

    @property
    def too_big(self) -> str:
        """What is said to who sends more."""
        return f"a message may have {self.message_bytes:,} bytes"

    async def close(
        self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True
    ) -> bool:
        """See :meth:`aiohttp.web.WebSocketResponse.close`."""
        if code == WSCloseCode.MESSAGE_TOO_BIG:
            message = message or self.too_big.encode()
        return await super().close(code=code, message=message, drain=drain)


class StreamSocket:
    """Sends for a stream, in order, from a bounded queue.

    Parameters
    ----------
    socket : ProviderSocket
        Prepared.
    connection : asyncio.Transport
        What is under it.
    unsent_bytes : int
        What may wait; a peer that reads too slowly for it is closed with 1008.
    close_s : float
        How long a close may take, what is still to be sent included; then the connection is cut.
    """

    def __init__(
        self,
        socket: ProviderSocket,
        connection: asyncio.Transport,
        unsent_bytes: int,
        *,
        close_s: float = CLOSE_S,
    ) -> None:
        self._socket = socket
        self._connection = connection
        self._limit = unsent_bytes
        self._close_s = close_s
        self._waiting_bytes = 0
        self._queue: asyncio.Queue[str | _Ping | tuple[int, str]] = asyncio.Queue()
        self._pinged_ns = 0
        self._stream: Connection | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._writer = asyncio.create_task(self._write(), name="voicelab stream writer")

    def send_text(self, text: str) -> bool:
        """Queue one text frame; False where nothing can be sent any more."""
        if self._deadline is not None:
            return False
        if self._waiting_bytes + len(text) > self._limit:
            reason = "you read too slowly"
            if self._stream is not None:
                self._stream.close(WSCloseCode.POLICY_VIOLATION, "error", reason)
            return False
        self._waiting_bytes += len(text)
        self._queue.put_nowait(text)
        return True

    def ping(self) -> None:
        """Measure the round trip, behind what is queued."""
        if self._deadline is None:
            self._queue.put_nowait(_Ping.PING)

    def close(self, code: int, reason: str) -> None:
        """Close once what is queued was sent, or cut the connection when that takes too long."""
        if self._deadline is None:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(self._close_s, self._connection.abort)
            self._queue.put_nowait((code, reason))

    async def run(self, stream: Connection) -> None:
        """Read until the socket closes, and tell the stream how it ended."""
        self._stream = stream
        detail = "the other side closed"
        try:
            while True:
                message = await self._socket.receive()
                if message.type is WSMsgType.TEXT:
                    stream.on_text(message.data)
                elif message.type is WSMsgType.BINARY:
                    stream.on_binary(message.data)
                elif message.type is WSMsgType.PING:
                    await self._socket.pong(message.data)
                elif message.type is WSMsgType.PONG:
                    self._on_pong(stream, bytes(message.data))
                else:
                    if message.type is WSMsgType.ERROR:
                        detail = self._failed(stream, message.data)
                    elif self._socket.close_code == WSCloseCode.ABNORMAL_CLOSURE:
                        detail = "the connection broke"
                    break
        except Exception:
            log.exception("Call %s met a fault of voicelab's own and ends.", stream.id)
            detail = "a fault inside voicelab; see the log"
            stream.close(WSCloseCode.INTERNAL_ERROR, "error", detail)
        finally:
            try:
                await self._aclose()
            finally:
                stream.on_close(self._socket.close_code, detail)

    def _on_pong(self, stream: Connection, data: bytes) -> None:
        if self._pinged_ns and data == self._ping_data():
            stream.on_pong(time.monotonic_ns() - self._pinged_ns)

    def _ping_data(self) -> bytes:
        return str(self._pinged_ns).encode()

    def _failed(self, stream: Connection, error: BaseException) -> str:
        """Note what the socket could not read; return how the stream ended."""
        reason = str(error)
        if isinstance(error, WebSocketError) and error.code == WSCloseCode.MESSAGE_TOO_BIG:
            stream.health.odd["too_big"] += 1
            limit = self._socket.message_bytes
            stream.note("too_big", limit="message_bytes", limit_bytes=limit, reason=reason)
            stream.close(error.code, "error", self._socket.too_big)
        else:
            stream.health.odd["socket_error"] += 1
            stream.note("socket_error", reason=reason)
        return f"the socket failed: {reason}"

    async def _aclose(self) -> None:
        """End the writer and the socket; a close that was asked for is still sent."""
        try:
            async with asyncio.timeout(self._close_s):
                if self._deadline is not None:
                    await asyncio.wait({self._writer})
                await self._socket.close()
        except TimeoutError:
            self._connection.abort()
        finally:
            if self._deadline is not None:
                self._deadline.cancel()
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)

    async def _write(self) -> None:
        try:
            while True:
                item = await self._queue.get()
                if isinstance(item, tuple):
                    code, reason = item
                    await self._socket.close(code=code, message=_close_reason(reason))
                    return
                if item is _Ping.PING:
                    self._pinged_ns = time.monotonic_ns()
                    await self._socket.ping(self._ping_data())
                    continue
                await self._socket.send_str(item)
                self._waiting_bytes -= len(item)
        except ConnectionError:
            self._connection.abort()


def _close_reason(text: str) -> bytes:
    """A close frame takes 123 bytes of reason (RFC 6455 section 5.5)."""
    return text.encode()[:123].decode("utf-8", "ignore").encode()
