"""A stand-in for the model's server that costs next to nothing: it takes audio and gives audio.

It says ``session.created``, answers ``session.update`` with the formats asked for, and keeps what
is appended. No turns, no answers: ``say FRAMES SPREAD_MS`` on its standard input lets all sessions
speak, one delta of 20 ms every 20 ms; ``expect N`` says ``ready`` when so many sessions are
configured; ``tell FILE`` leaves what each session that was open said and heard, and when, and
prints its own load. It answers no pings, so a session lasts less than 20 s. Run
``python model.py``.
"""

from __future__ import annotations

import base64
import gc
import hashlib
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from dialects import MODEL_VOICES, frame_bytes, voice
from exchange import TEXT, Exchange, Line, messages
from tracks import Track, write

from voicelab.audio.format import AudioFormat

ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455 section 1.3."""
CLOSE = bytes((0x88, 2)) + (1000).to_bytes(2, "big")
FORMATS = {
    "audio/pcm": AudioFormat("l16", 24_000),
    "audio/pcmu": AudioFormat("mulaw", 8000),
    "audio/pcma": AudioFormat("alaw", 8000),
}


class _Append(msgspec.Struct, gc=False, tag_field="type", tag="input_audio_buffer.append"):
    audio: bytes


_decode_append = msgspec.json.Decoder(_Append).decode


class Session(Line):
    """One client."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        super().__init__(sock)
        self.number = number
        self.said = b""
        self.format: AudioFormat | None = None
        self.upgraded = False

    def read(self) -> None:
        """Keep what comes; until it is configured, look into it."""
        super().read()
        if not self.upgraded:
            self._upgrade()
        if self.upgraded and self.format is None:
            self._configure()
        if self.came and _is_close(self.came[-1][1]):
            self.send(CLOSE)
            self.close()
            self.is_open = False

    def _upgrade(self) -> None:
        head, end, rest = b"".join(data for _, data in self.came).partition(b"\r\n\r\n")
        if not end:
            return
        lines = (line.partition(b":") for line in head.split(b"\r\n"))
        key = next(value for name, _, value in lines if name.lower() == b"sec-websocket-key")
        accept = base64.b64encode(hashlib.sha1(key.strip() + ACCEPT).digest())
        self.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %s\r\n\r\n" % accept
        )
        self.came = [(time.monotonic_ns(), rest)] if rest else []
        self.upgraded = True
        self.send(server_text({"type": "session.created", "session": {"type": "realtime"}}))

    def _configure(self) -> None:
        for _, opcode, payload in messages(self.came):
            event = json.loads(payload) if opcode == TEXT else {}
            if event.get("type") == "session.update":
                asked = event["session"]
                self.format = FORMATS[asked["audio"]["output"]["format"]["type"]]
                self.send(server_text({"type": "session.updated", "session": asked}))

    def spoken(self, frames: int) -> list[bytes]:
        """Its next response, a delta a frame."""
        if self.format is None or not frames:
            return []
        self.said = voice(MODEL_VOICES + self.number, frames, self.format)
        names = {"response_id": f"resp_{self.number:08x}", "item_id": f"item_{self.number:08x}"}
        place = {**names, "output_index": 0, "content_index": 0}
        size = frame_bytes(self.format)
        texts = [
            server_text(
                {
                    "type": "response.output_audio.delta",
                    **place,
                    "delta": base64.b64encode(self.said[at : at + size]).decode(),
                }
            )
            for at in range(0, len(self.said), size)
        ]
        response: dict[str, Any] = {"object": "realtime.response", "id": names["response_id"]}
        begun = {**response, "status": "in_progress", "output": []}
        item = {"id": names["item_id"], "type": "message", "role": "assistant"}
        done = {**response, "status": "completed", "output": [item]}
        texts[0] = server_text({"type": "response.created", "response": begun}) + texts[0]
        texts[-1] += server_text({"type": "response.output_audio.done", **place})
        texts[-1] += server_text({"type": "response.done", "response": done})
        return texts

    def track(self) -> Track:
        """What it said and heard."""
        track = Track(self.said, [sent_ns for _, sent_ns in self.sent])
        track.hear(
            (t_ns, _decode_append(payload).audio)
            for t_ns, opcode, payload in messages(self.came)
            if opcode == TEXT and b"input_audio_buffer.append" in payload[:80]
        )
        return track


def _is_close(data: bytes) -> bool:
    """Whether this is nothing but a close frame (RFC 6455 section 5.5): so it comes at the end."""
    return data[0] == CLOSE[0] and len(data) == 6 + (data[1] & 0x7F)


def server_text(event: dict[str, Any]) -> bytes:
    """An event as a frame, with an id of its own."""
    data = msgspec.json.encode({"event_id": f"event_{os.urandom(8).hex()}", **event})
    if len(data) < 126:
        return bytes((0x81, len(data))) + data
    return b"\x81\x7e" + len(data).to_bytes(2, "big") + data


class Model:
    """The server."""

    def __init__(self) -> None:
        self._exchange = Exchange()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._sessions: list[Session] = []
        self._expected: int | None = None
        self._typed = b""
        self._over = False
        self._began_s = 0.0

    def serve(self) -> None:
        """Take sessions and commands until the standard input is closed."""
        gc.disable()
        port = self._listener.getsockname()[1]
        print(f"The model's stand-in listens on http://127.0.0.1:{port}", flush=True)
        self._exchange.readers[self._listener.fileno()] = self._accept
        self._exchange.readers[sys.stdin.fileno()] = self._command
        self._exchange.run(self._look)

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        session = Session(sock, len(self._sessions))
        self._sessions.append(session)
        self._exchange.add(session)

    def _look(self) -> bool:
        if self._expected is not None:
            configured = sum(each.format is not None for each in self._sessions)
            if configured >= self._expected:
                self._expected = None
                print("ready", flush=True)
        return self._over

    def _command(self) -> None:
        typed = os.read(sys.stdin.fileno(), 4096)
        self._over = not typed
        *lines, self._typed = (self._typed + typed).split(b"\n")
        for line in lines:
            word, *given = line.decode().split()
            if word == "expect":
                self._expected = int(given[0])
            elif word == "say":
                frames, spread_ms = int(given[0]), float(given[1])
                said = [(each, each.spoken(frames)) for each in self._sessions]
                self._began_s = time.process_time()
                self._exchange.plan(said, spread_ms)
                print("speaking", flush=True)
            elif word == "tell":
                self._tell(Path(given[0]))

    def _tell(self, path: Path) -> None:
        used_s = time.process_time() - self._began_s
        sessions, self._sessions = self._sessions, []
        tracks = [each.track() for each in sessions]
        write(path, tracks)
        behind = [sent_ns - due_ns for each in sessions for due_ns, sent_ns in each.sent]
        for each in sessions:
            self._exchange.drop(each)
        print(
            json.dumps(
                {
                    "cpu_s": used_s,
                    "behind_ms_p99": float(np.percentile(behind, 99)) / 1e6 if behind else 0.0,
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    Model().serve()
