"""Many WebSockets in one thread: frames go out at their times, what comes is kept with its time.

Nothing is decoded while frames are sent and received: that is done afterwards.
"""

from __future__ import annotations

import select
import socket
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator

import wire

READ_BYTES = 1 << 16
LEAD_NS = 50_000_000
FRAME_NS = wire.FRAME_MS * 1_000_000
IDLE_S = 0.02
TEXT, BINARY = 1, 2


class Line:
    """One WebSocket.

    Attributes
    ----------
    sent : list of tuple of int
        When each frame was due and went out, monotonic nanoseconds.
    came : list of tuple
        ``(nanoseconds, bytes)``, as read.
    is_open : bool
        Whether the other side has not closed.
    """

    def __init__(self, sock: socket.socket, rest: bytes = b"") -> None:
        self.sent: list[tuple[int, int]] = []
        self.came: list[tuple[int, bytes]] = [(time.monotonic_ns(), rest)] if rest else []
        self.is_open = True
        self._sock = sock

    def fileno(self) -> int:
        """Of its socket."""
        return self._sock.fileno()

    def send(self, data: bytes, due_ns: int | None = None) -> None:
        """Send now; with a time when it was due, that is kept."""
        now_ns = time.monotonic_ns()
        try:
            self._sock.sendall(data)
        except ConnectionError:
            return  # found out when it is read
        if due_ns is not None:
            self.sent.append((due_ns, now_ns))

    def read(self) -> None:
        """Take what is there."""
        try:
            data = self._sock.recv(READ_BYTES)
        except ConnectionError:
            data = b""
        if data:
            self.came.append((time.monotonic_ns(), data))
        else:
            self.is_open = False

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()


class Exchange:
    """The loop.

    Attributes
    ----------
    readers : dict
        What to call when a file descriptor can be read.
    planned : deque
        ``(due_ns, line, frame)`` by time.
    """

    def __init__(self) -> None:
        self.readers: dict[int, Callable[[], None]] = {}
        self.planned: deque[tuple[int, Line, bytes]] = deque()

    def add(self, line: Line) -> None:
        """Listen to a line until its other side closes."""
        number = line.fileno()

        def read() -> None:
            line.read()
            if not line.is_open:
                del self.readers[number]

        self.readers[number] = read

    def drop(self, line: Line) -> None:
        """Close a line."""
        self.readers.pop(line.fileno(), None)
        line.close()

    def plan(self, said: list[tuple[Line, list[bytes]]], spread_ms: float) -> None:
        """Send each line's frames 20 ms apart, the lines' clocks spread over some ms."""
        begin_ns = time.monotonic_ns() + LEAD_NS
        offsets = [int(spread_ms * 1e6) * at // max(len(said), 1) for at in range(len(said))]
        self.planned.extend(
            sorted(
                (
                    (begin_ns + offset + number * FRAME_NS, line, frame)
                    for offset, (line, frames) in zip(offsets, said, strict=True)
                    for number, frame in enumerate(frames)
                ),
                key=lambda each: each[0],
            )
        )

    def run(self, over: Callable[[], bool]) -> None:
        """Send what is due and read what comes, until it is over."""
        planned = self.planned
        while not over():
            now_ns = time.monotonic_ns()
            while planned and planned[0][0] <= now_ns:
                due_ns, line, frame = planned.popleft()
                line.send(frame, due_ns)
                now_ns = time.monotonic_ns()
            wait_s = (planned[0][0] - now_ns) / 1e9 if planned else IDLE_S
            for number in select.select(list(self.readers), (), (), wait_s)[0]:
                self.readers[number]()


def messages(came: list[tuple[int, bytes]]) -> Iterator[tuple[int, int, bytes]]:
    """Read frames, masked or not: ``(nanoseconds, opcode, payload)``, each with its last byte's.

    Every message is one frame, as all sides here send them.
    """
    data = b"".join(chunk for _, chunk in came)
    ends, end = [], 0
    for _, chunk in came:
        end += len(chunk)
        ends.append(end)
    at = 0
    while len(data) - at >= 2:
        masked, size, body = data[at + 1] & 0x80, data[at + 1] & 0x7F, at + 2
        if size > 125:
            width = 2 if size == 126 else 8
            size, body = int.from_bytes(data[body : body + width], "big"), body + width
        begin = body + (4 if masked else 0)
        if len(data) < begin + size:
            return
        payload = data[begin : begin + size]
        if masked:
            payload = wire.masked(data[body:begin], payload)
        yield came[bisect_left(ends, begin + size)][0], data[at] & 0x0F, payload
        at = begin + size
