"""An event loop on a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from voicelab.errors import StateError

R = TypeVar("R")


class LoopThread:
    """A daemon thread that runs a loop until :meth:`join`.

    Daemon, since a kernel that shuts down waits for any other kind.

    Parameters
    ----------
    name : str
        Of the thread.
    """

    def __init__(self, name: str) -> None:
        self._left: list[str] = []
        self._ending = False
        self._order = threading.Lock()
        self._loop = _new_loop()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._thread.is_alive()

    def submit(self, work: Coroutine[Any, Any, R]) -> Future[R]:
        """Run a coroutine there; cancelling the future cancels it.

        Raises
        ------
        StateError
            Once somebody joins it, or it ended by itself: it would never answer.
        """
        with self._order:
            if not self._ending:
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        work.close()
        raise StateError("This event loop has ended, or is about to; nothing runs on it any more.")

    def join(self) -> list[str]:
        """Stop the loop, cancel the tasks that are left, end the thread; return their names."""
        with self._order:
            if not self._ending:
                self._ending = True
                self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        return self._left

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            with self._order:
                self._ending = True
            try:
                self._loop.stop()
                self._loop.run_forever()  # so that a stop that comes late ends nothing else
                self._loop.run_until_complete(self._end())
            finally:
                self._loop.close()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        self._left = sorted(f"task {task.get_name()!r}" for task in tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        loop = asyncio.get_running_loop()
        await loop.shutdown_asyncgens()
        await loop.shutdown_default_executor()


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
