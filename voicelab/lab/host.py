"""On which event loop the engine runs: the notebook's own, or one on a thread."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, Literal, Protocol, TypeVar

from voicelab.errors import SettingError, StateError
from voicelab.lab.loop_thread import LoopThread

R = TypeVar("R")

HostName = Literal["kernel", "thread"]

_SWITCH_S = 0.0005
"""How long a busy cell may keep the interpreter from the engine's thread while one is in use."""


class Host(Protocol):
    """Runs the engine's coroutines; what they return comes back to the caller's loop."""

    name: HostName

    @property
    def gone(self) -> bool:
        """Whether its loop has ended without it."""
        ...

    def check(self) -> None:
        """Raise StateError where the running loop is not one to call from."""
        ...

    async def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run to the end; a cancelled caller cancels the work."""
        ...

    @property
    def threads(self) -> int:
        """How many threads of its own it has running."""
        ...

    async def aclose(self) -> list[str]:
        """End the loop, where it is the host's own; return the names of what still ran there."""
        ...


class KernelHost:
    """The loop that runs when the lab is opened."""

    name: HostName = "kernel"
    threads = 0

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    @property
    def gone(self) -> bool:
        """Whether the loop it was opened in is closed."""
        return self._loop.is_closed()

    def check(self) -> None:
        """Raise StateError on any other loop than the one the lab was opened in."""
        if asyncio.get_running_loop() is not self._loop:
            raise StateError(
                "This lab lives on another event loop than the one that runs now. "
                "Open a lab in this one, or open it with host='thread'."
            )

    async def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run in this loop, which must be the one the lab was opened in."""
        try:
            self.check()
        except StateError:
            work.close()
            raise
        return await work

    async def aclose(self) -> list[str]:
        """Nothing to end: the loop belongs to the notebook."""
        return []


class ThreadHost:
    """A daemon thread with a loop of its own (uvloop where it is installed)."""

    name: HostName = "thread"

    def __init__(self) -> None:
        self._thread = LoopThread("voicelab engine")
        self._released = False
        _quicker_switches.acquire()

    @property
    def threads(self) -> int:
        """See :class:`Host`."""
        return int(self._thread.is_alive)

    @property
    def gone(self) -> bool:
        """Never: the loop is its own."""
        return False

    def check(self) -> None:
        """Any loop may call."""

    async def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run in the thread's loop and wait here without blocking."""
        try:
            future = self._thread.submit(work)
        except StateError:
            raise StateError("This lab is closed. Open a new one.") from None
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            here = asyncio.current_task()
            if here is None or here.cancelling():
                raise
            raise StateError("The lab was closed while this went on. Open a new one.") from None

    async def aclose(self) -> list[str]:
        """Cancel what still runs, stop the loop and end the thread; idempotent."""
        left = await asyncio.to_thread(self._thread.join)
        if not self._released:
            self._released = True
            _quicker_switches.release()
        return left


class Borrowed:
    """Another's host, for who runs there and does not end it.

    Parameters
    ----------
    host : Host
    """

    threads = 0

    def __init__(self, host: Host) -> None:
        self.name: HostName = host.name
        self.check = host.check
        self.run = host.run
        self._host = host

    @property
    def gone(self) -> bool:
        """See :class:`Host`."""
        return self._host.gone

    async def aclose(self) -> list[str]:
        """Whoever owns it ends it."""
        return []


class _SwitchInterval:
    """Shortens the interpreter's switch interval while anybody needs it."""

    def __init__(self) -> None:
        self._users = 0
        self._before = 0.0

    def acquire(self) -> None:
        if self._users == 0:
            self._before = sys.getswitchinterval()
            sys.setswitchinterval(_SWITCH_S)
        self._users += 1

    def release(self) -> None:
        self._users -= 1
        if self._users == 0:
            sys.setswitchinterval(self._before)


_quicker_switches = _SwitchInterval()


def make_host(name: str) -> Host:
    """``"kernel"`` or ``"thread"``.

    Raises
    ------
    SettingError
        For any other word.
    """
    match name:
        case "kernel":
            return KernelHost()
        case "thread":
            return ThreadHost()
    raise SettingError(
        f"host is {name!r}; choose 'kernel' (this loop) or 'thread' (one of its own). "
        "The address to listen on is address=."
    )
