"""The servers a benchmark compares: how each is started, stopped, and what CPU its tree used."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import bun
import psutil

BENCH = Path(__file__).resolve().parent
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")
SAID, SAID_CHARS = "said.txt", 4000
UP_S = 20
QUIET_S = 0.2
QUIET_SHARE = 0.1
"""A server that uses less of a core than this has nothing left to do for the calls that ended."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A server to be measured.

    Attributes
    ----------
    name : str
    command : tuple of str
        Every ``{folder}`` in it becomes where the recordings go.
    journals : bool
        Whether it writes a journal.
    """

    name: str
    command: tuple[str, ...]
    journals: bool


class Unavailable(Exception):
    """A contender cannot run here; the message says why."""


def voicelab_serve() -> Contender:
    """``voicelab serve``: one asyncio loop, as the loop of a notebook's kernel is."""
    command = [sys.executable, "-m", "voicelab", "serve", "--port", "0", "--byte-order", "little"]
    command += ["--recordings", "{folder}", "--webhook-log", "{folder}/webhook-events.log"]
    return Contender("voicelab serve (asyncio)", tuple(command), journals=True)


def voicelab_host(host: str, name: str) -> Contender:
    """A sink opened with ``host=``; it leaves ``zeros.json`` in its folder when it ends."""
    command = [sys.executable, str(BENCH / "sink.py"), host, "{folder}", "{folder}/zeros.json"]
    return Contender(name, tuple(command), journals=True)


def bun_server(*, journals: bool) -> Contender:
    """The Bun server, which is fetched the first time.

    Raises
    ------
    Unavailable
        Where Bun cannot be had.
    """
    reason = bun.why_not()
    if reason is not None:
        raise Unavailable(reason)
    command = (str(bun.PROGRAM), str(bun.SERVER), "{folder}")
    if journals:
        return Contender("Bun", command, journals=True)
    return Contender("Bun, no journal", (*command, "--no-journal"), journals=False)


def epoll_server() -> Contender:
    """The bare loop.

    Raises
    ------
    Unavailable
        Where the system has no epoll.
    """
    if sys.platform != "linux":
        raise Unavailable("epoll is Linux's")
    command = (sys.executable, str(BENCH / "peers" / "epoll_sink.py"), "{folder}")
    return Contender("bare epoll loop", command, journals=False)


class Running:
    """A contender that runs, with a folder of its own; a context manager.

    Attributes
    ----------
    contender : Contender
    folder : Path
    port : int
    """

    def __init__(self, contender: Contender, folder: Path) -> None:
        self.contender = contender
        self.folder = folder
        self.port = 0

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        command = [part.replace("{folder}", str(self.folder)) for part in self.contender.command]
        with (self.folder / SAID).open("w") as output:
            self._popen = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        self._process = psutil.Process(self._popen.pid)
        patience = time.monotonic() + UP_S
        while (found := ADDRESS.search(self.said())) is None:
            if self._popen.poll() is not None or time.monotonic() > patience:
                self.stop()
                raise SystemExit(f"{self.contender.name} did not come up:\n{self.said()}")
            time.sleep(0.02)
        self.port = int(found[1])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def said(self) -> str:
        """The end of what it printed."""
        return (self.folder / SAID).read_text("utf-8")[-SAID_CHARS:]

    def stop(self) -> None:
        """End it as an operator would; idempotent."""
        if self._popen.poll() is None:
            self._popen.terminate()
            try:
                self._popen.wait(UP_S)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()

    def cpu_s(self) -> float:
        """User and system time of the whole tree so far, children that have ended included."""
        total = 0.0
        for process in (self._process, *self._process.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
        return total

    def settled_cpu_s(self, patience_s: float = 5.0) -> float:
        """Wait until it has nothing left to do; return :meth:`cpu_s`."""
        until = time.monotonic() + patience_s
        used = self.cpu_s()
        while time.monotonic() < until:
            time.sleep(QUIET_S)
            before, used = used, self.cpu_s()
            if used - before < QUIET_SHARE * QUIET_S:
                break
        return used
