"""A cheap load for bridges: many lines in one process that speak, and keep what they hear.

It prints ``ready`` when every line is open and waits for ``go``; it prints ``spoken`` when all was
said and nothing more comes, waits for a line, hangs up, and prints one JSON object.
"""

from __future__ import annotations

import argparse
import base64
import gc
import json
import os
import socket
import sys
import time
from pathlib import Path

import numpy as np
import wire
from dialects import DIALECTS, Dialect, voice
from exchange import TEXT, Exchange, Line, messages
from tracks import Track, write

PATIENCE_S = 20
QUIET_NS = 300_000_000


def connect(port: int, dialect: Dialect, call_id: str) -> Line:
    """Open a line."""
    sock = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(
        f"GET {dialect.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        got = sock.recv(4096)
        if not got:
            raise SystemExit("The server closed during the handshake.")
        answer += got
    head, _, rest = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 101"):
        raise SystemExit(f"No WebSocket: {head[:100]!r}")
    if opening := dialect.opening(call_id):
        sock.sendall(opening)
    return Line(sock, rest)


def meet(word: str, exchange: Exchange, lines: list[Line]) -> None:
    """Say how far it is, and listen until who reads that answers."""
    answered = []

    def hear() -> None:
        answered.append(os.read(sys.stdin.fileno(), 100))

    exchange.readers[sys.stdin.fileno()] = hear
    print(word, flush=True)
    exchange.run(lambda: bool(answered))
    del exchange.readers[sys.stdin.fileno()]
    if gone := sum(not line.is_open for line in lines):
        raise SystemExit(f"{gone} of {len(lines)} lines were closed.")


def track(line: Line, dialect: Dialect, said: bytes) -> Track:
    """What was said and heard on a line."""
    found = Track(said, [sent_ns for _, sent_ns in line.sent])
    found.hear(
        (t_ns, audio)
        for t_ns, opcode, payload in messages(line.came)
        if opcode == TEXT and (audio := dialect.heard(payload)) is not None
    )
    return found


def main() -> None:
    """Open the lines, speak, hang up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dialect", choices=DIALECTS, required=True)
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--frames", type=int, required=True, help="that each line says, or none")
    parser.add_argument("--listen-s", type=float, required=True, help="at least so long")
    parser.add_argument("--batch", type=int, default=0, help="goes into the calls' names")
    parser.add_argument("--spread-ms", type=float, default=wire.FRAME_MS)
    parser.add_argument("--tracks", type=Path, required=True, help="where they are left")
    options = parser.parse_args()

    dialect = DIALECTS[options.dialect]
    names = [wire.call_id(options.batch, index) for index in range(options.calls)]
    said = [voice(index, options.frames, dialect.line) for index in range(options.calls)]
    frames = [dialect.spoken(name, audio) for name, audio in zip(names, said, strict=True)]
    lines = [connect(options.port, dialect, name) for name in names]
    exchange = Exchange()
    for line in lines:
        exchange.add(line)
    gc.disable()
    meet("ready", exchange, lines)
    used_s = time.process_time()
    exchange.plan(list(zip(lines, frames, strict=True)), options.spread_ms)
    until_ns = time.monotonic_ns() + int(options.listen_s * 1e9)

    def over() -> bool:
        now_ns = time.monotonic_ns()
        if exchange.planned or now_ns < until_ns:
            return False
        last_ns = max((line.came[-1][0] for line in lines if line.came), default=0)
        return now_ns - last_ns > QUIET_NS

    exchange.run(over)
    used_s = time.process_time() - used_s
    meet("spoken", exchange, lines)
    for line in lines:
        line.send(wire.goodbye())
    exchange.run(lambda: not any(line.is_open for line in lines))
    write(
        options.tracks,
        [track(line, dialect, audio) for line, audio in zip(lines, said, strict=True)],
    )
    behind = [sent_ns - due_ns for line in lines for due_ns, sent_ns in line.sent]
    print(
        json.dumps(
            {
                "cpu_s": used_s,
                "behind_ms_p99": float(np.percentile(behind, 99)) / 1e6 if behind else 0.0,
            }
        )
    )


if __name__ == "__main__":
    main()
