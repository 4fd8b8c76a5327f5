"""The least a Python process can do with a frame: an epoll loop and a WebSocket server by hand.

JSON, base64, append, and one WAV when the socket closes; no journal, no loss, no limits. It shows
what is left to gain, not how to write a server. ``python epoll_sink.py FOLDER``.
"""

from __future__ import annotations

import base64
import hashlib
import select
import socket
import sys
from pathlib import Path

import msgspec

from voicelab.audio.wav import wav_header

RATE_HZ = 8000
READ_BYTES = 1 << 16
ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455 section 1.3."""
TEXT, CLOSE = 1, 8


class Start(msgspec.Struct, gc=False):
    """The ids in ``start``."""

    callId: str


class Body(msgspec.Struct, gc=False):
    """The audio in ``media``."""

    payload: bytes


class Message(msgspec.Struct, gc=False):
    """What comes."""

    event: str
    media: Body | None = None
    start: Start | None = None


decode = msgspec.json.Decoder(Message).decode


class Caller:
    """One connection."""

    def __init__(self, sock: socket.socket, folder: Path) -> None:
        self.sock = sock
        self._folder = folder
        self._name = ""
        self._unread = b""
        self._upgraded = False
        self._audio: list[bytes] = []

    def on_bytes(self, data: bytes) -> bool:
        """Take what was read; False ends the connection."""
        self._unread += data
        return self._frames() if self._upgraded else self._upgrade()

    def finish(self) -> None:
        """Write the WAV and close."""
        self.sock.close()
        if self._name:
            audio = b"".join(self._audio)
            path = self._folder / f"call-{self._name}.wav"
            path.write_bytes(wav_header(len(audio), RATE_HZ) + audio)

    def _upgrade(self) -> bool:
        head, end, self._unread = self._unread.partition(b"\r\n\r\n")
        if not end:
            self._unread = head
            return True
        lines = (line.partition(b":") for line in head.split(b"\r\n"))
        key = next(value for name, _, value in lines if name.lower() == b"sec-websocket-key")
        accept = base64.b64encode(hashlib.sha1(key.strip() + ACCEPT).digest())
        self.sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %s\r\n\r\n" % accept
        )
        self._upgraded = True
        return True

    def _frames(self) -> bool:
        unread, at = self._unread, 0
        while len(unread) - at >= 6:
            size, body = unread[at + 1] & 0x7F, at + 2
            if size == 126:
                size, body = int.from_bytes(unread[at + 2 : at + 4], "big"), at + 4
            end = body + 4 + size
            if len(unread) < end:
                break
            opcode = unread[at] & 0x0F
            if opcode == CLOSE:
                self.sock.sendall(bytes((0x80 | CLOSE, 2, 3, 232)))  # 1000
                return False
            if opcode == TEXT:
                self._on_text(unmasked(unread[body : body + 4], unread[body + 4 : end]))
            at = end
        self._unread = unread[at:]
        return True

    def _on_text(self, text: bytes) -> None:
        message = decode(text)
        if message.media is not None:
            self._audio.append(message.media.payload)
        elif message.start is not None:
            self._name = message.start.callId


def unmasked(key: bytes, data: bytes) -> bytes:
    """Undo the mask of a frame from a client (RFC 6455 section 5.3), all at once."""
    size = len(data)
    stream = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")


def serve(folder: Path) -> None:
    """Take calls until killed."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(f"epoll listens on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    callers: dict[int, Caller] = {}
    while True:
        for fd, _ in poll.poll():
            if fd == listener.fileno():
                sock, _ = listener.accept()
                callers[sock.fileno()] = Caller(sock, folder)
                poll.register(sock, select.EPOLLIN)
                continue
            caller = callers[fd]
            data = caller.sock.recv(READ_BYTES)
            if not data or not caller.on_bytes(data):
                poll.unregister(fd)
                del callers[fd]
                caller.finish()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
