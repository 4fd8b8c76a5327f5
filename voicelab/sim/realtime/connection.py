"""One client of the local Realtime server: its socket, its agent, its timer, around a core."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from voicelab.protocol import realtime
from voicelab.sim.prompts import prompt_path
from voicelab.sim.realtime.agents import Agent
from voicelab.sim.realtime.callable_agent import FALLBACK
from voicelab.sim.realtime.core import RealtimeCore
from voicelab.sim.realtime.outputs import Ask, Close, Dismiss, Output, Send
from voicelab.sim.realtime.voice import Voice

logger = logging.getLogger("voicelab.realtime")

MAX_UNSENT_BYTES: Final = 8 * 1024 * 1024
"""A client that leaves more than this unread is cut off."""
EVENTS_AT_ONCE: Final = 32
"""Of one client, before others have their turn."""
LEAVING_S: Final = 1.0
"""How long a client may take to read its last events, and an agent to end when it is cancelled."""


class Connection:
    """Carries a session over a socket until either end closes it.

    Parameters
    ----------
    socket : ServerConnection
    core : RealtimeCore
    agent : Agent
    voice : Voice
    now_s : callable
        The core's clock.
    errors : Counter
        Of the ``error`` events by their code; it is added to.
    """

    def __init__(
        self,
        socket: ServerConnection,
        core: RealtimeCore,
        agent: Agent,
        voice: Voice,
        now_s: Callable[[], float],
        errors: Counter[str],
    ) -> None:
        self.why = "client"
        self.answers: dict[str, asyncio.Task[None]] = {}
        self._socket = socket
        self._core = core
        self._agent = agent
        self._voice = voice
        self._now_s = now_s
        self._errors = errors
        self._texts: deque[str] = deque()
        self._unsent_bytes = 0
        self._has_texts = asyncio.Event()
        self._close: Close | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._patience: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Serve the client; return when it is gone and nothing of it is left."""
        writer = asyncio.create_task(self._write(), name="realtime writer")
        try:
            self._perform(self._core.open())
            await self._read()
        except ConnectionClosed as closed:
            if closed.sent and closed.sent.code == CloseCode.MESSAGE_TOO_BIG:
                self.why = "too_big"
        except Exception:
            logger.exception("a Realtime session broke")
            self.why = "error"
            await self._socket.close(1011, "the local server broke; see its log")
        finally:
            self._core.ended = True
            for timer in (self._timer, self._patience):
                if timer:
                    timer.cancel()
            await _end([writer, *self.answers.values()])

    async def _read(self) -> None:
        taken = 0
        async for raw in self._socket:
            event = realtime.parse_client(raw)
            self._perform(self._core.on_event(self._now_s(), event))
            taken += 1
            if taken % EVENTS_AT_ONCE == 0:  # reading does not wait while messages are there
                await asyncio.sleep(0)

    # What the core wants

    def _perform(self, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case Send(event=event):
                    if isinstance(event, realtime.ErrorEvent):
                        self._errors[event.error.code or event.error.type] += 1
                    self._queue(realtime.build(event))
                case Ask():
                    self._ask(output)
                case Dismiss(response_id=response_id):
                    if task := self.answers.get(response_id):
                        task.cancel()
                case Close():
                    self._leave(output)
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        wake_s = self._core.next_wake_s
        if math.isfinite(wake_s):
            wait_s = max(0.0, wake_s - self._now_s())
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._tick)

    def _tick(self) -> None:
        try:
            self._perform(self._core.tick(self._now_s()))
        except Exception:
            logger.exception("a Realtime session broke")
            self.why = "error"
            self._socket.transport.abort()

    # The agent

    def _ask(self, ask: Ask) -> None:
        task = asyncio.create_task(self._answer(ask), name=f"answer {ask.response_id}")
        self.answers[ask.response_id] = task
        task.add_done_callback(lambda _: self.answers.pop(ask.response_id, None))

    async def _answer(self, ask: Ask) -> None:
        try:
            answer = self._agent.answer(ask) if ask.say is None else _alone(ask.say)
            async with aclosing(answer) as given:  # type: ignore[type-var]
                async for each in given:
                    await self._say(ask, each)
        except Exception:
            logger.exception("what the agent gave could not be said")
            await self._say(ask, prompt_path(FALLBACK))
        self._perform(self._core.finish(self._now_s(), ask.response_id))

    async def _say(self, ask: Ask, given: Any) -> None:
        may_name_file = not (isinstance(given, str) and ask.came_over_the_wire(given))
        part = await self._voice.part(given, ask.format, may_name_file=may_name_file)
        self._perform(self._core.say(self._now_s(), ask.response_id, part))

    # The socket

    def _queue(self, text: str) -> None:
        self._texts.append(text)
        self._unsent_bytes += len(text)
        self._has_texts.set()
        if self._unsent_bytes > MAX_UNSENT_BYTES and self.why != "slow":
            self.why = "slow"
            self._socket.transport.abort()

    def _leave(self, close: Close) -> None:
        """Close once all is sent; a client that does not read it is not waited for."""
        self.why, self._close = "expired", close
        self._has_texts.set()
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(LEAVING_S, self._socket.transport.abort)

    async def _write(self) -> None:
        try:
            while True:
                while self._texts:
                    text = self._texts.popleft()
                    await self._socket.send(text)
                    self._unsent_bytes -= len(text)
                if self._close:
                    await self._socket.close(self._close.code, self._close.reason)
                    return
                self._has_texts.clear()
                await self._has_texts.wait()
        except ConnectionClosed:
            return


async def _alone(text: str) -> AsyncIterator[str]:
    yield text


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    _, stubborn = await asyncio.wait(tasks, timeout=LEAVING_S)
    for task in stubborn:
        logger.error("an agent does not end when it is cancelled: %s", task.get_name())
