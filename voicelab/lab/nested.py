"""Running a coroutine from code that cannot await; the one place that may patch asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from voicelab.errors import SettingError, StateError
from voicelab.lab.loop_thread import LoopThread
from voicelab.lab.unique import open_hosts

R = TypeVar("R")


def run(work: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine to its end and return what it gives, blocking meanwhile.

    For code that cannot ``await``: a plain function that a notebook calls, a callback. Where no
    event loop runs this is ``asyncio.run``. Where one does, and every open lab has
    ``host="thread"``, the work runs on a thread beside it. Otherwise the running loop is made
    re-entrant first (nest-asyncio2), and stays so.

    Parameters
    ----------
    work : coroutine
        As in ``run(lab.dial("data/prompts/order.wav"))``.

    Raises
    ------
    SettingError
        Where ``work`` is no coroutine.
    StateError
        Inside uvloop, which cannot be re-entered.
    """
    if not asyncio.iscoroutine(work):
        raise SettingError(
            f"run() takes a coroutine, such as run(lab.close()); this is {type(work).__name__}."
        )
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    hosts = open_hosts()
    if hosts and all(host.name == "thread" for host in hosts):
        return _beside(work)
    return _inside(loop, work)


def _beside(work: Coroutine[Any, Any, R]) -> R:
    # Not on the engine's own thread: closing a lab waits for that one to end.
    thread = LoopThread("voicelab run")
    future = thread.submit(work)
    try:
        return future.result()
    finally:
        future.cancel()
        thread.join()


def _inside(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, R]) -> R:
    if not isinstance(loop, asyncio.BaseEventLoop):
        work.close()
        raise StateError(
            f"run() cannot re-enter a loop of {type(loop).__module__}: use await here, "
            "or open the lab with host='thread'."
        )
    # Not nest-asyncio: its 1.6 breaks ipykernel 7.1 and later.
    import nest_asyncio2

    nest_asyncio2.apply(loop)
    task = loop.create_task(work, name="voicelab run")
    try:
        return loop.run_until_complete(task)
    finally:
        task.cancel()
