"""A provider's WebSocket: aiohttp on one side, a stream's callbacks on the other."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import WSCloseCode, WSMsgType, web

from voicelab.call.stream import Stream

log = logging.getLogger("voicelab.net")

CLOSE_S = 2.0
"""How long the other side has to answer a close."""


class StreamSocket:
    """Sends for a stream, in order, from a bounded queue.

    Parameters
    ----------
    socket : aiohttp.web.WebSocketResponse
        Prepared.
    unsent_bytes : int
        What may wait; a peer that reads too slowly for it is closed with 1008.
    """

    def __init__(self, socket: web.WebSocketResponse, unsent_bytes: int) -> None:
        self._socket = socket
        self._limit = unsent_bytes
        self._waiting_bytes = 0
        self._queue: asyncio.Queue[str | tuple[int, str]] = asyncio.Queue()
        self._closing = False
        self._writer = asyncio.create_task(self._write(), name="voicelab stream writer")

    def send_text(self, text: str) -> None:
        """Queue one text frame."""
        if self._closing:
            return
        self._waiting_bytes += len(text)
        if self._waiting_bytes > self._limit:
            self.close(WSCloseCode.POLICY_VIOLATION, "you read too slowly")
        else:
            self._queue.put_nowait(text)

    def close(self, code: int, reason: str) -> None:
        """Close once what is queued was sent."""
        if not self._closing:
            self._closing = True
            self._queue.put_nowait((code, reason))

    async def aclose(self) -> None:
        """End the writer and the socket; a close that was asked for is still sent."""
        if self._closing:
            await asyncio.wait({self._writer}, timeout=CLOSE_S)
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)
        await self._socket.close()

    async def run(self, stream: Stream) -> None:
        """Read until the socket closes; the stream's end is the return."""
        detail = "the other side closed"
        try:
            while True:
                message = await self._socket.receive()
                if message.type is WSMsgType.TEXT:
                    stream.on_text(message.data)
                elif message.type is WSMsgType.BINARY:
                    stream.on_binary(message.data)
                else:
                    if message.type is WSMsgType.ERROR:
                        detail = f"the socket failed: {message.data}"
                        stream.health.odd["socket_error"] += 1
                        stream.note("socket_error", reason=str(message.data))
                    elif self._socket.close_code == WSCloseCode.ABNORMAL_CLOSURE:
                        detail = "the connection broke"
                    break
        except Exception:
            log.exception("Call %s met a fault of voicelab's own and ends.", stream.id)
            detail = "a fault inside voicelab; see the log"
            stream.close(WSCloseCode.INTERNAL_ERROR, "error", detail)
        finally:
            await self.aclose()
            stream.on_close(self._socket.close_code, detail)

    async def _write(self) -> None:
        while True:
            item = await self._queue.get()
            if isinstance(item, tuple):
                code, reason = item
                await self._socket.close(code=code, message=_close_reason(reason))
                return
            await self._socket.send_str(item)
            self._waiting_bytes -= len(item)


def _close_reason(text: str) -> bytes:
    """A close frame takes 123 bytes of reason (RFC 6455 section 5.5)."""
    return text.encode()[:123].decode("utf-8", "ignore").encode()
