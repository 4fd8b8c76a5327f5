"""The notebook's loop, where a person's own code runs whatever the engine's host."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import threading
import time
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
    is dropped.

    Attributes
    ----------
    dropped : int
        How often nobody waited any longer: it took too long, or the call was over.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._threads: set[threading.Thread] = set()

    async def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run there, and wait here, on whichever loop that is; here too where that one is gone."""
        if self._loop.is_closed():
            return await work
        errand = _Errand(self._tasks, work, asyncio.get_running_loop())
        _tell(self._loop, errand.begin)
        try:
            answer: R = await errand.answer
            return answer
        except asyncio.CancelledError:
            errand.left = True
            self.dropped += 1
            _tell(self._loop, errand.cancel)
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
                _tell(loop, _settle, answer, run(function), None)
            except BaseException as error:
                _tell(loop, _settle, answer, None, error)
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
        """Cancel what runs and wait a moment for it."""
        threads = list(self._threads)
        if self._tasks:
            with contextlib.suppress(TimeoutError):  # that loop is busy, or waits for this one
                async with asyncio.timeout(2 * LEAVE_S):
                    await self.run(self._cancel(list(self._tasks)))
        if threads:
            await asyncio.to_thread(_join, threads)

    async def _cancel(self, tasks: list[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=LEAVE_S)


class _Errand:
    """A coroutine on its way to the notebook's loop, and its answer on the way back.

    `left` is set on the asker's thread, at once: what has not begun by then never does, even where
    that loop is busy between taking the errand and its first step.
    """

    def __init__(
        self,
        tasks: set[asyncio.Task[Any]],
        work: Coroutine[Any, Any, Any],
        asker: asyncio.AbstractEventLoop,
    ) -> None:
        self.answer: asyncio.Future[Any] = asker.create_future()
        self._tasks = tasks
        self._work = work
        self._asker = asker
        self._task: asyncio.Task[Any] | None = None
        self.left = False

    def begin(self) -> None:
        """Start it, where somebody still waits."""
        name = f"voicelab {getattr(self._work, '__qualname__', 'function')}"
        self._task = asyncio.get_running_loop().create_task(self._run(), name=name)
        self._tasks.add(self._task)
        self._task.add_done_callback(self._done)

    def cancel(self) -> None:
        """End it: nobody waits any longer."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> Any:
        return None if self.left else await self._work

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        self._work.close()  # where it never began
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        value = None if error is not None else task.result()
        _tell(self._asker, _settle, self.answer, value, error)


def _join(threads: list[threading.Thread]) -> None:
    patience = time.monotonic() + LEAVE_S
    for thread in threads:
        thread.join(max(0.0, patience - time.monotonic()))


def _settle(answer: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    """Give an answer on its own loop; one that nobody waits for is dropped."""
    if answer.done():
        log.debug("A function gave its result too late; it is dropped.")
    elif error is None:
        answer.set_result(value)
    else:
        answer.set_exception(_raisable(error))


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
