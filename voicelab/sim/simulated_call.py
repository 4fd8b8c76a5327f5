"""A simulated call that runs: the provider's core on a real socket and a real clock."""

from __future__ import annotations

import asyncio
import logging
import math
import uuid
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from voicelab.audio.format import AudioFormat
from voicelab.errors import CallTimeout, DialError
from voicelab.sim.carrier import DROPPED, CarrierCore, CarrierState
from voicelab.sim.clock import CallClock
from voicelab.sim.dialling import reset
from voicelab.sim.impairment import Impairment
from voicelab.sim.notices import Notices
from voicelab.sim.output import End, Fact, HangUp, Output, Reconnect, Send, Status
from voicelab.sim.result import SERVER_BROKE, CallResult

logger = logging.getLogger("voicelab.sim")

SEND_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 3.0
PROGRESS_S: Final = 0.2

OnFact: TypeAlias = Callable[[str, dict[str, Any], int], None]
"""``on_fact(ev, data, t_monotonic_ns)``: a fact of the simulator, on the clock of the carrier."""

Opener: TypeAlias = Callable[[], Awaitable[ClientConnection]]

OnProgress: TypeAlias = Callable[[float, float], None]
"""``on_progress(sent_s, total_s)``: how much of the caller's words was sent."""


class SimulatedCall:
    """A call from ``start`` to the hang-up callback. `Carrier.dial` makes one.

    It runs by itself. As a context manager it is over when the block is. Its faults, if any, are
    done by `impairment`; `reopen` opens the socket of a reconnect.

    Attributes
    ----------
    core : CarrierCore
        The provider's side, with the caller's ear in ``core.ear``.
    on_fact : callable or None
        Told of each fact: ``start first_audio played cleared hangup``.
    on_progress : callable or None
        Told how much was sent, at most five times a second and at the end.
    """

    def __init__(
        self,
        core: CarrierCore,
        socket: ClientConnection,
        clock: CallClock,
        notices: Notices,
        *,
        impairment: Impairment | None = None,
        reopen: Opener | None = None,
        on_fact: OnFact | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.core = core
        self.on_fact = on_fact
        self.on_progress = on_progress
        self._socket = socket
        self._clock = clock
        self._notices = notices
        self._impairment = impairment
        self._reopen = reopen
        self._reconnecting = False
        self._over = False
        self._alarm: asyncio.Future[None] | None = None
        self._alarm_s = 0.0
        self._reported_at_s = -PROGRESS_S
        self._task: asyncio.Task[None] | None = None
        self._receiver: asyncio.Task[None] | None = None

    # What one can do with it

    async def start(self, *, cut_off: str | None = None) -> None:
        """Send ``start``, then run on.

        Parameters
        ----------
        cut_off : str, optional
            Why the call ends as soon as it has begun.

        Raises
        ------
        ConnectionClosed, TimeoutError
            The application did not take it.
        """
        self._clock.restart()
        await self._perform(self.core.start())
        if cut_off:
            self._fail(cut_off)
        self._task = asyncio.create_task(self._run(), name=f"simulated call {self.call_id}")
        try:
            await asyncio.sleep(0)  # a task that is cancelled before it began cleans nothing up
        except asyncio.CancelledError:
            self._task.cancel()
            raise

    async def ended(self, timeout: float | None = None) -> CallResult:
        """Wait until the call is over, its last callback included.

        Raises
        ------
        CallTimeout
            It was not over after `timeout` seconds of wall time; it runs on.
        """
        if self._task:
            await asyncio.wait({self._task}, timeout=timeout)
            if not self._task.done():
                raise CallTimeout(
                    f"The simulated call {self.call_id} still runs after {timeout:g} s. "
                    "Wait longer, or end it with hangup()."
                )
            if not self._task.cancelled():
                self._task.result()
        return self.result

    async def hangup(self) -> CallResult:
        """Let the caller hang up, and wait until the call is over."""
        await self._perform(self.core.hang_up(self._clock.now_s()))
        self._wake()
        return await self.ended()

    async def aclose(self) -> None:
        """End the call if it runs; nothing of it is left after this."""
        try:
            await self.hangup()
        except asyncio.CancelledError:
            if self._task:
                self._task.cancel()
            raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    # What one can ask about it

    @property
    def call_id(self) -> str:
        """The provider's id of the call."""
        return self.core.call_id

    @property
    def stream_id(self) -> str:
        """The provider's id of the stream."""
        return self.core.stream_id

    @property
    def format(self) -> AudioFormat:
        """What the line carries toward the application."""
        return self.core.caller.format

    @property
    def duration_s(self) -> float:
        """Call time from ``start`` to the end, or to now."""
        return self._clock.now_s() if self.core.ended_s is None else self.core.ended_s

    @property
    def result(self) -> CallResult:
        """What came out of it, so far."""
        return CallResult.of(self.core, self._impairment.done if self._impairment else None)

    def sent_pcm(self) -> npt.NDArray[np.int16]:
        """Return the samples that the sent frames carry, once decoded: int16, shape (n,)."""
        return self.core.sent_pcm()

    def heard_pcm(self) -> npt.NDArray[np.int16]:
        """Return what the ear heard from ``start`` to the end or now: int16 at the line's rate."""
        return self.core.ear.render(self.duration_s)

    def __repr__(self) -> str:
        state = f"ended by {self.core.end.ended_by}" if self.core.end else self.core.state.value
        return f"<SimulatedCall {self.call_id} {self.format} {self.duration_s:.1f} s, {state}>"

    # How it runs

    async def _run(self) -> None:
        self._hear()
        try:
            await self._guarded(self._pace)
            await self._close_socket()
            if end := self.core.end:
                await self._notices.finish(end)
            if lost := self._notices.lost:
                self.core.notes.append(f"{lost} HTTP callbacks were not taken")
        finally:
            self._last_words(self.core.hang_up(self._clock.now_s()))
            self._socket.transport.abort()
            await self._turn_deaf()
            await self._socket.wait_closed()
            await self._notices.aclose()

    async def _pace(self) -> None:
        """Send what is due, on an absolute clock; after a stall, all that became due in it."""
        while not self.core.end:
            await self._perform(self.core.tick(self._clock.now_s()))
            if self._reconnecting:
                await self._reconnect()
            self._report()
            await self._sleep_until(self._next_wake_s)

    @property
    def _next_wake_s(self) -> float:
        held_s = self._impairment.next_wake_s if self._impairment else math.inf
        return min(self.core.next_wake_s, held_s)

    def _hear(self) -> None:
        self._receiver = asyncio.create_task(self._receive(), name=f"ear of call {self.call_id}")

    async def _turn_deaf(self) -> None:
        if self._receiver:
            self._receiver.cancel()
            await asyncio.gather(self._receiver, return_exceptions=True)

    async def _reconnect(self) -> None:
        """Go on with the call over another socket; the caller's words wait for it."""
        self._reconnecting = False
        if self._reopen is None or self.core.end:
            return
        await self._turn_deaf()
        await self._close_socket()
        self._notices.status(DROPPED)
        self._socket = await self._reopen()
        stream_id = str(uuid.uuid4())
        self._notices.reconnected(stream_id)
        await self._perform(self.core.reconnect(self._clock.now_s(), stream_id))
        self._hear()

    async def _receive(self) -> None:
        await self._guarded(self._listen)
        self._wake()

    async def _listen(self) -> None:
        while True:
            raw = await self._socket.recv()
            await self._perform(self.core.on_text(self._clock.now_s(), raw))
            if self.core.end or self._next_wake_s < self._alarm_s:
                self._wake()

    async def _guarded(self, work: Callable[[], Any]) -> None:
        """Run one half of the call; its failing ends the call, with a note why."""
        try:
            await work()
        except ConnectionClosed as closed:
            self._closed(closed)
        except DialError as error:
            self._fail(str(error))
        except TimeoutError:
            self._fail(f"the server took no frame for {SEND_TIMEOUT_S:g} s")
        except Exception as error:
            logger.exception("simulated call %s broke", self.call_id)
            self._fail(f"the simulator broke: {error!r}")

    async def _perform(self, outputs: list[Output]) -> None:
        if self._over:
            return
        if self._impairment:
            outputs = self._impairment.take(self._clock.now_s(), outputs)
        if not outputs:
            return
        async with asyncio.timeout(SEND_TIMEOUT_S):
            for output in outputs:
                if self._over:
                    return
                match output:
                    case Send():
                        await self._socket.send(output.text)
                    case Status():
                        self._notices.status(output)
                    case Fact():
                        self._tell(output)
                    case Reconnect():
                        self._reconnecting = True
                        self._wake()
                    case HangUp():
                        await self._perform(self.core.hang_up(self._clock.now_s()))
                    case End():
                        self._over = True

    def _closed(self, closed: ConnectionClosed) -> None:
        if closed.rcvd is None:
            broken = f"{closed.sent.code} {closed.sent.reason}" if closed.sent else "no close frame"
            self._fail(f"the connection broke off ({broken.strip()})")
            return
        code, reason = closed.rcvd.code, closed.rcvd.reason
        note = "" if code in (1000, 1001) else f"{SERVER_BROKE} {code} {reason}".strip()
        self._last_words(self.core.on_close(self._clock.now_s(), note))

    def _fail(self, note: str) -> None:
        self._last_words(self.core.fail(self._clock.now_s(), note))

    def _last_words(self, outputs: list[Output]) -> None:
        """Perform what an end gives when nothing can be sent any more."""
        for output in outputs:
            if isinstance(output, Fact):
                self._tell(output)
        self._over = True

    async def _close_socket(self) -> None:
        if self._impairment and self._impairment.resets and self.core.end:
            reset(self._socket)
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._socket.close()
        except TimeoutError:
            self._socket.transport.abort()

    # Waiting, and telling

    async def _sleep_until(self, call_s: float) -> None:
        wait_s = self._clock.until_s(call_s)
        if self.core.end or wait_s <= 0:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        self._alarm, self._alarm_s = loop.create_future(), call_s
        timer = loop.call_later(wait_s, self._wake)
        try:
            await self._alarm
        finally:
            timer.cancel()
            self._alarm = None

    def _wake(self) -> None:
        if self._alarm and not self._alarm.done():
            self._alarm.set_result(None)

    def _tell(self, fact: Fact) -> None:
        if self.on_fact:
            try:
                self.on_fact(fact.ev, dict(fact.data), self._clock.monotonic_ns())
            except Exception:
                logger.exception("on_fact failed; it is not called again")
                self.on_fact = None

    def _report(self) -> None:
        if not self.on_progress:
            return
        total_s = self.core.caller.duration_s
        now_s = asyncio.get_running_loop().time()
        spoken = self.core.state is not CarrierState.SPEAKING
        if not spoken and now_s - self._reported_at_s < PROGRESS_S:
            return
        self._reported_at_s = now_s
        report, sent_s = self.on_progress, self.core.spoken_s
        if spoken:
            self.on_progress = None
        try:
            report(sent_s, total_s)
        except Exception:
            logger.exception("on_progress failed; it is not called again")
            self.on_progress = None
