"""Writes recordings off the loop: one thread, every half second."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from voicelab.store.recording import Recording

log = logging.getLogger("voicelab.net")

R = TypeVar("R")


class Recorder:
    """Flushes the open recordings of a server.

    Parameters
    ----------
    every_s : float
        Time between flushes.
    """

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._open: set[Recording] = set()
        self._threads: list[threading.Thread] = []
        self._thread: ThreadPoolExecutor
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to flush, in the running loop; once closed, it can be started again."""
        self._threads.clear()
        self._thread = ThreadPoolExecutor(1, "voicelab-writer", self._note_thread)
        self._task = asyncio.create_task(self._run(), name="voicelab recorder")

    def add(self, recording: Recording) -> None:
        """Flush this one from now on."""
        self._open.add(recording)

    async def finish(self, recording: Recording) -> None:
        """Close a recording's WAVs; its journal goes on."""
        await self.do(recording.finish)

    async def close_journal(self, recording: Recording) -> None:
        """Close a recording for good."""
        self._open.discard(recording)
        await self.do(recording.close)

    async def do(self, act: Callable[[], R]) -> R:
        """Do something with files in the writer's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)

    async def aclose(self) -> None:
        """Stop flushing, close what is open, end the thread."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for recording in list(self._open):
            await self.close_journal(recording)
        self._thread.shutdown(wait=True)

    def abandon(self) -> None:
        """End the thread without a loop."""
        self._thread.shutdown(wait=True)

    @property
    def threads(self) -> int:
        """1 where the writer's thread runs, else 0."""
        return sum(each.is_alive() for each in self._threads)

    @property
    def open_files(self) -> int:
        """How many files are being written."""
        return sum(len(each.files.existing()) for each in self._open if each.files)

    def left(self) -> list[str]:
        """What is still there after the close, by name."""
        names = [f"the open files of {each.files.stem.name}" for each in self._open if each.files]
        if self._task is not None and not self._task.done():
            names.append(f"task {self._task.get_name()!r}")
        return names + [f"thread {each.name!r}" for each in self._threads if each.is_alive()]

    def _note_thread(self) -> None:
        self._threads.append(threading.current_thread())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            recordings = list(self._open)
            await asyncio.get_running_loop().run_in_executor(self._thread, _flush, recordings)


def _flush(recordings: list[Recording]) -> None:
    for recording in recordings:
        try:
            recording.flush()
        except Exception:
            log.exception("A recording could not be written; the others go on.")
