"""The notebook's loop, where a person's own code runs whatever the engine's host."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from voicelab.errors import StateError

log = logging.getLogger("voicelab.lab")

R = TypeVar("R")

MAX_THREADS = 32
"""So many plain functions may run at a time; one that hangs keeps its thread."""

LEAVE_S = 1.0
"""So long a cancelled function may take to end before a close goes on without it."""


class Home:
    """Runs a person's coroutines on the loop that runs when this is made.

    Who waits may stop waiting at any time: the work is cancelled, and what it gives all the same
    is dropped and counted.

    Attributes
    ----------
    late : int
        How often something was given that nobody waited for any longer.
    """

    def __init__(self) -> None:
        self.late = 0
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._threads: set[threading.Thread] = set()

    async def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run there, and wait here, on whichever loop that is.

        Raises
        ------
        StateError
            Where the notebook's loop is gone.
        """
        errand = _Errand(self, work, asyncio.get_running_loop())
        try:
            self._loop.call_soon_threadsafe(errand.begin)
        except RuntimeError:
            work.close()
            raise StateError("The notebook's event loop is closed. Open a new lab.") from None
        try:
            answer: R = await errand.answer
            return answer
        except asyncio.CancelledError:
            self._loop.call_soon_threadsafe(errand.leave)
            raise

    async def off_loop(self, function: Callable[[], R]) -> R:
        """Run a plain function on a thread of its own, which nobody has to wait for.

        Raises
        ------
        StateError
            Where too many still run.
        """
        if len(self._threads) >= MAX_THREADS:
            raise StateError(f"{MAX_THREADS} functions are running already; this one must wait.")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()
        run = contextvars.copy_context().run

        def main() -> None:
            try:
                _tell(loop, self._settle, answer, run(function), None)
            except BaseException as error:
                _tell(loop, self._settle, answer, None, error)
            finally:
                self._threads.discard(threading.current_thread())

        # Daemon: a kernel that shuts down waits for any other kind.
        thread = threading.Thread(target=main, name="voicelab function", daemon=True)
        self._threads.add(thread)
        thread.start()
        return await answer

    def left(self) -> list[str]:
        """What still runs, by name."""
        names = [f"task {task.get_name()!r}" for task in self._tasks]
        return names + [f"thread {thread.name!r}" for thread in set(self._threads)]

    async def aclose(self) -> None:
        """Cancel what runs and wait a moment for it; call it on the notebook's loop."""
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=LEAVE_S)
        patience = self._loop.time() + LEAVE_S
        while self._threads and self._loop.time() < patience:
            await asyncio.sleep(0.01)

    def _settle(self, answer: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
        """Give an answer on its own loop, or drop it."""
        if answer.done():
            self.late += 1
            log.info("A function gave its result too late; the result is dropped.")
        elif error is None:
            answer.set_result(value)
        else:
            answer.set_exception(_raisable(error))


class _Errand:
    """A coroutine on its way to the notebook's loop, and its answer on the way back."""

    def __init__(
        self, home: Home, work: Coroutine[Any, Any, Any], asker: asyncio.AbstractEventLoop
    ) -> None:
        self.answer: asyncio.Future[Any] = asker.create_future()
        self._home = home
        self._work = work
        self._asker = asker
        self._task: asyncio.Task[Any] | None = None
        self._left = False

    def begin(self) -> None:
        """Start it, where somebody still waits."""
        if self._left:
            self._work.close()
            return
        name = f"voicelab {getattr(self._work, '__qualname__', 'function')}"
        self._task = asyncio.get_running_loop().create_task(self._work, name=name)
        self._home._tasks.add(self._task)
        self._task.add_done_callback(self._done)

    def leave(self) -> None:
        """Nobody waits any longer."""
        self._left = True
        if self._task is not None:
            self._task.cancel()

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._home._tasks.discard(task)
        if task.cancelled():
            error: BaseException | None = asyncio.CancelledError()
        else:
            error = task.exception()
        if self._left and isinstance(error, asyncio.CancelledError):
            return
        value = None if error is not None else task.result()
        _tell(self._asker, self._home._settle, self.answer, value, error)


def _tell(loop: asyncio.AbstractEventLoop, act: Callable[..., None], *args: Any) -> None:
    """Have something done on a loop, where there still is one."""
    try:
        loop.call_soon_threadsafe(act, *args)
    except RuntimeError:
        log.debug("A function ended after its loop had.")


def _raisable(error: BaseException) -> BaseException:
    """An error that a future can hold, and whoever waits survive."""
    if isinstance(error, StopIteration | SystemExit | KeyboardInterrupt | asyncio.CancelledError):
        return RuntimeError(f"it ended with {type(error).__name__}")
    return error
