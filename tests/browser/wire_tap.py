"""What the pages of a test said: their console, and every message to and from a kernel."""

from __future__ import annotations

import json
import struct
import time
from collections import deque
from functools import partial
from itertools import pairwise
from pathlib import Path

from playwright.async_api import BrowserContext, Page, WebSocket

LINES = 20_000
"""So many of the last lines are kept."""


class WireTap:
    """Listens to all pages of a browser context."""

    def __init__(self, context: BrowserContext) -> None:
        self._lines: deque[str] = deque(maxlen=LINES)
        self._begun = time.monotonic()
        self._pages = 0
        context.on("page", self._follow)

    def save(self, path: Path) -> None:
        path.write_text("\n".join(self._lines), "utf-8")

    def _follow(self, page: Page) -> None:
        self._pages += 1
        name = f"page {self._pages}"
        page.on("console", lambda said: self._note(f"{name} {said.type}: {said.text}"))
        page.on("pageerror", lambda error: self._note(f"{name} error: {error}"))
        page.on("websocket", partial(self._follow_socket, name))

    def _follow_socket(self, page: str, socket: WebSocket) -> None:
        name = f"{page} socket {socket.url.partition('?')[0][-45:]}"
        self._note(f"{name} opened")
        socket.on("framesent", lambda frame: self._note(f"{name} > {words(frame)}"))
        socket.on("framereceived", lambda frame: self._note(f"{name} < {words(frame)}"))
        socket.on("close", lambda _: self._note(f"{name} closed"))

    def _note(self, line: str) -> None:
        self._lines.append(f"{time.monotonic() - self._begun:8.3f} {line}")


def words(frame: str | bytes) -> str:
    """A kernel message in a line, in the format v1.kernel.websocket.jupyter.org."""
    if isinstance(frame, str):
        return frame[:100]
    try:
        (count,) = struct.unpack_from("<Q", frame)
        at = struct.unpack_from(f"<{count}Q", frame, 8)
        parts = [frame[begin:end] for begin, end in pairwise(at)]
        header, parent, content = (json.loads(parts[n]) for n in (1, 2, 4))
    except (ValueError, struct.error, IndexError):
        return f"{len(frame)} bytes"
    said = [parts[0].decode(), header["msg_type"], header["msg_id"][-8:]]
    if parent:
        said.append(f"of {parent['msg_id'][-8:]}")
    if shell := header.get("subshell_id"):
        said.append(f"subshell {shell[:8]}")
    said += [f"{key} {content[key]!s:.60}" for key in SHOWN if key in content]
    if isinstance(data := content.get("data"), dict):
        said.append(f"data {[*data][:5]} {data.get('method', '')} {data.get('content', '')!s:.60}")
    return " ".join(said)


SHOWN = ("comm_id", "target_name", "execution_state", "status", "subshell_id", "code")
