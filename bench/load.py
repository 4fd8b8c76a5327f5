"""A cheap load: many paced callers in one process, every frame built before the first is sent.

The callers' 20 ms clocks are spread evenly over ``--spread-ms``, and absolute: a frame sent late
does not delay the next. It prints ``ready`` when every call is open and ``spoken`` after the last
frame, waits for a line after each, hangs up, and prints one JSON object.
"""

from __future__ import annotations

import argparse
import base64
import gc
import json
import os
import random
import socket
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import wire

PATIENCE_S = 20
LEAD_NS = 50_000_000
FRAME_NS = wire.FRAME_MS * 1_000_000


def connect(port: int, call_id: str) -> socket.socket:
    """Open one call and send its ``start``."""
    sock = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(
        f"GET /stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        got = sock.recv(4096)
        if not got:
            raise SystemExit("The server closed during the handshake.")
        answer += got
    if not answer.startswith(b"HTTP/1.1 101"):
        raise SystemExit(f"No WebSocket: {answer[:100]!r}")
    sock.sendall(wire.start(call_id))
    return sock


def speak(
    calls: list[tuple[socket.socket, list[bytes]]], frames: int, spread_ms: float
) -> tuple[Any, Any]:
    """Send every frame at its time; return when each was due and sent, (frame, call) in ns."""
    offsets = [int(spread_ms * 1e6) * at // len(calls) for at in range(len(calls))]
    sent = np.zeros((frames, len(calls)), np.int64)
    begin = time.monotonic_ns() + LEAD_NS
    for number in range(frames):
        times = []
        for offset, (sock, media) in zip(offsets, calls, strict=True):
            due = begin + number * FRAME_NS + offset
            now = time.monotonic_ns()
            if now < due:
                time.sleep((due - now) / 1e9)
                now = time.monotonic_ns()
            times.append(now)
            sock.sendall(media[number])
        sent[number] = times
    due = begin + FRAME_NS * np.arange(frames)[:, None] + np.array(offsets)[None, :]
    return due, sent


def meet(word: str) -> None:
    """Say how far it is, and wait for who reads that."""
    print(word, flush=True)
    sys.stdin.readline()


def hang_up(sockets: list[socket.socket]) -> None:
    """Close every call and wait for the server to do so too."""
    for sock in sockets:
        sock.sendall(wire.goodbye())
    for sock in sockets:
        while sock.recv(4096):
            pass
        sock.close()


def main() -> None:
    """Place the calls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--frames", type=int, required=True, help="of each call")
    parser.add_argument("--batch", type=int, default=0, help="goes into the calls' names")
    parser.add_argument("--spread-ms", type=float, default=wire.FRAME_MS)
    parser.add_argument("--sent", type=Path, help="a .npy file for when each frame was sent")
    options = parser.parse_args()

    names = [wire.call_id(options.batch, index) for index in range(options.calls)]
    media = [wire.media(name, options.frames) for name in names]
    sockets = [connect(options.port, name) for name in names]
    gc.disable()
    meet("ready")
    used_s = time.process_time()
    order = list(range(options.calls))
    random.Random(options.batch).shuffle(order)
    calls = [(sockets[at], media[at]) for at in order]
    due, sent = speak(calls, options.frames, options.spread_ms)
    used_s = time.process_time() - used_s
    meet("spoken")
    hang_up(sockets)
    behind_ms = (sent - due) / 1e6
    if options.sent is not None:
        by_call = np.empty_like(sent)
        by_call[:, order] = sent
        np.save(options.sent, by_call)
    print(
        json.dumps(
            {
                "frames": sent.size,
                "behind_ms_p50": float(np.percentile(behind_ms, 50)),
                "behind_ms_p99": float(np.percentile(behind_ms, 99)),
                "us_per_frame": 1e6 * used_s / sent.size,
            }
        )
    )


if __name__ == "__main__":
    main()
