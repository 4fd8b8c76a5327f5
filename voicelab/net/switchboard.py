"""The switchboard: which calls run, who follows them, and who writes them down."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from voicelab.call.hub import Hub
from voicelab.net.loop_lag import LoopLag
from voicelab.net.options import Limits
from voicelab.net.recorder import Recorder
from voicelab.net.registry import CallRegistry
from voicelab.net.session import Session
from voicelab.net.stream_socket import StreamSocket

log = logging.getLogger("voicelab.net")

_TICK_S = 1.0


class Switchboard:
    """What the servers of one lab share. It runs while any of them does.

    Parameters
    ----------
    limits : Limits
    clock : callable
        Monotonic nanoseconds.

    Attributes
    ----------
    registry : CallRegistry
    hub : Hub
        Every moment of a call on ``call:<id>``, its sound on ``audio:<id>``; new sessions on
        ``calls``.
    recorder : Recorder
    loop_lag : LoopLag
        How late the event loop is, from the start to the close.
    """

    def __init__(self, limits: Limits, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self.limits = limits
        self.clock = clock
        self.registry = CallRegistry(limits.remembered)
        self.hub = Hub()
        self.recorder = Recorder(limits.flush_s)
        self.loop_lag = LoopLag(
            clock, self._on_stall, busy=lambda: self.registry.busy, stall_ms=limits.stall_ms
        )
        self._users = 0
        self._ticker: asyncio.Task[None] | None = None
        self._finishing: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to write and to watch, for one server more."""
        self._users += 1
        if self._users == 1:
            self.loop_lag.start()
            self.recorder.start()
            self._ticker = asyncio.create_task(self._tick(), name="voicelab watchdog")

    async def aclose(self) -> None:
        """One server less; with the last one, finish what is written."""
        self._users -= 1
        if self._users:
            return
        await asyncio.gather(*self._finishing, return_exceptions=True)
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        await self.recorder.aclose()
        self.loop_lag.stop()

    def abandon(self) -> None:
        """Close the recordings when the event loop is gone."""
        for session in self.registry:
            session.abandon()
        self.recorder.abandon()

    async def carry(self, session: Session, socket: StreamSocket) -> None:
        """Take a call from its opening to its socket's end; its files are finished afterwards."""
        self.loop_lag.quicken()
        try:
            await socket.run(session.stream)
        except asyncio.CancelledError:
            session.abandon()
            raise
        task = asyncio.create_task(session.finish(), name=f"voicelab finish {session.key}")
        self._finishing.add(task)
        task.add_done_callback(self._finished)

    def left(self) -> list[str]:
        """What was not freed when the last server closed, by name; nothing where all is well."""
        if self._users:
            return []
        names = [f"task {task.get_name()!r}" for task in self._finishing]
        if self._ticker is not None and not self._ticker.done():
            names.append(f"task {self._ticker.get_name()!r}")
        if self.loop_lag.running:
            names.append("the beat of the loop-lag meter")
        names += [f"the socket of call {each.stream.id}" for each in self.registry.running]
        return names + self.recorder.left()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._finishing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("A call could not be finished.", exc_info=error)

    def _on_stall(self, begin_ns: int, end_ns: int) -> None:
        for session in self.registry.running:
            session.stream.on_stall(begin_ns, end_ns)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            for session in self.registry.running:
                try:
                    session.stream.tick()
                except Exception:
                    log.exception("The watchdog of call %s failed.", session.stream.id)
