"""The agent on one telephone call: conversation, model line, tools and the time between them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from voicelab.call.connection import Connection, StreamState
from voicelab.call.conversation import Conversation
from voicelab.call.listener import StreamEnd, StreamListener
from voicelab.call.model_errors import FAULT
from voicelab.call.moment import Kind, Moment
from voicelab.call.stream import Stream
from voicelab.call.tool_calls import ToolRequest
from voicelab.call.turn import HangUp
from voicelab.errors import ProtocolError
from voicelab.net.agent_options import EXPIRED_S, RESTED_S
from voicelab.net.model_line import ModelLine
from voicelab.net.ringing import Ringing
from voicelab.net.upstream_end import UpstreamEnd
from voicelab.protocol import realtime

log = logging.getLogger("voicelab.net")

_HOPELESS = frozenset({"auth", "beta"})
"""Ends after which another connection would end alike."""


class PhoneAgent(StreamListener):
    """Answers one call. Add it to the stream's audience before the stream begins.

    Parameters
    ----------
    ringing : Ringing
        Whose options count, and where a connection may wait that was begun at the answer.
    stream : Stream
    clock : callable
        Monotonic nanoseconds, the stream's own.

    Attributes
    ----------
    conversation : Conversation or None
        None before the stream's start.
    """

    def __init__(self, ringing: Ringing, stream: Stream, clock: Callable[[], int]) -> None:
        self.conversation: Conversation | None = None
        self._options = ringing.options
        self._ringing = ringing
        self._clock = clock
        self._stream = stream
        self._line: ModelLine | None = None
        self._line_began_ns = 0
        self._reconnected = False
        self._over = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ns = 0
        self._tasks: set[asyncio.Task[None]] = set()

    # The stream

    def on_start(self, connection: Connection) -> None:
        """The line has begun; without a name it cannot be spoken to."""
        self.on_named(connection)

    def on_named(self, connection: Connection) -> None:
        """Bring both sides together."""
        stream = self._stream
        is_open = stream.state is StreamState.OPEN
        if stream.stream_id is None or self.conversation is not None or not is_open:
            return
        line = self._ringing.take(stream.call_id)
        presented = None if line is None else stream.settings.format
        if line is None:
            line = ModelLine(self._options.upstream_of(stream.id), self._clock)
        self._line, self._line_began_ns = line, self._clock()
        self.conversation = Conversation(
            stream,
            line.send,
            self._options.conversation,
            run_tool=self._run_tool,
            wake=self._wake,
            presented=presented,
        )
        stream.audience.add(self.conversation)
        self.conversation.on_start(stream)
        line.attach(self)

    def on_end(self, end: StreamEnd) -> None:
        """The line is gone: so is the model."""
        self._leave()

    def on_dropped(self) -> None:
        """A fault of our own: end the call, and leave the model with it."""
        self._leave()
        self._stream.close(1011, "error", FAULT)

    async def aclose(self) -> None:
        """Wait until nothing of it is left; the stream has ended."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _leave(self) -> None:
        if self._over:
            return
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        if self._line is not None:
            self._begin(self._line.aclose(), "voicelab leaves the model")

    # The model

    def on_model(self, t_ns: int, raw: str, event: realtime.ServerEvent) -> None:
        """Keep it, act on it."""
        self._keep(t_ns, "in", raw, event)
        if self.conversation is not None and not self._over:
            self.conversation.on_event(event)

    def on_told(self, t_ns: int, raw: str) -> None:
        """Keep it."""
        self._keep(t_ns, "out", raw, None)

    def on_model_end(self, line: ModelLine, end: UpstreamEnd) -> None:
        """Connect once more; where that makes no sense or fails too, give the agent up."""
        if self._over or line is not self._line or self.conversation is None:
            return
        self._stream.note("model_closed", why=end.why, code=end.code, detail=end.detail)
        try:
            self._go_on(self.conversation, end)
        except Exception:
            self._faulty()

    def inject(self, item: dict[str, Any], respond: bool) -> bool:
        """Put an item into the model's conversation; False where there is none."""
        return self.conversation is not None and self.conversation.inject(item, respond=respond)

    def say(self, text: str) -> bool:
        """Let the agent say a text as soon as it may speak; False where there is none."""
        if self.conversation is None or self._over:
            return False
        self.conversation.say(text)
        return True

    # Inside

    def _keep(self, t_ns: int, way: Any, raw: str, event: realtime.ServerEvent | None) -> None:
        is_json = not isinstance(event, realtime.Malformed)
        kind: Kind = "m" if is_json and "\n" not in raw and "\r" not in raw else "text"
        text = raw if self._options.full_journal or not is_json else realtime.without_audio(raw)
        moment = Moment(t_ns - self._stream.zero_ns, "model", way, kind, text)
        self._stream.audience.moment(moment)

    def _wake(self) -> None:
        """See to it that the conversation is woken in time."""
        conversation = self.conversation
        wake_ns = None if conversation is None or self._over else conversation.wake_ns
        if wake_ns is None:
            return
        if self._timer is not None:
            if self._timer_ns <= wake_ns:
                return
            self._timer.cancel()
        wait_s = max(0.0, (wake_ns - self._stream.now_ns()) / 1e9)
        self._timer_ns = wake_ns
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self.conversation is None or self._over:
            return
        try:
            self.conversation.tick()
            self._wake()
        except Exception:
            self._faulty()

    def _faulty(self) -> None:
        log.exception("The agent of call %s met a fault and ends.", self._stream.id)
        self.on_dropped()

    def _go_on(self, conversation: Conversation, end: UpstreamEnd) -> None:
        now_ns = self._clock()
        conversation.on_lost()
        rested_s = EXPIRED_S if end.why == "expired" else RESTED_S
        if now_ns - self._line_began_ns > rested_s * 1e9:
            self._reconnected = False
        if self._reconnected or end.why in _HOPELESS or conversation.failure is not None:
            conversation.fail(end.detail)
            return
        self._reconnected = True
        options = self._options.upstream_of(self._stream.id)
        # The whole call so far is told before the connection is open.
        options = replace(options, early_bytes=options.unsent_bytes)
        self._line, self._line_began_ns = ModelLine(options, self._clock), now_ns
        self._stream.note("model_reconnect")
        conversation.resume(self._line.send)
        self._line.attach(self)

    def _run_tool(self, request: ToolRequest) -> None:
        self._begin(self._tool(request), f"voicelab tool {request.name[:40]}")

    async def _tool(self, request: ToolRequest) -> None:
        assert self.conversation is not None
        limit_s = self._options.tool_timeout_s
        began_ns = self._clock()
        hang_up, problem = False, None
        try:
            async with asyncio.timeout(limit_s):
                output = await self._options.run_tool(request, self._stream.id)
            if isinstance(output, HangUp):
                output, hang_up = output.reason or "The call is ended.", True
        except TimeoutError:
            output = problem = f"The tool {request.name} did not answer within {limit_s:g} s."
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            output = problem = f"The tool {request.name} was cancelled."
        except Exception as error:
            log.exception("The tool %s failed.", request.name)
            said = f"The tool {request.name} failed: {type(error).__name__}: {error}"
            output = problem = said.encode("utf-8", "replace").decode()
        try:
            self._answer(request, output, hang_up)
        except ProtocolError as error:
            problem = f"The output of {request.name} cannot be sent: {error}"
            self._answer(request, problem, hang_up)
        self._stream.note(
            "tool",
            tool=request.name,
            call_id=request.call_id,
            ms=round((self._clock() - began_ns) / 1e6, 1),
            problem=problem,
        )

    def _answer(self, request: ToolRequest, output: str, hang_up: bool) -> None:
        if self.conversation is not None and not self._over:
            self.conversation.on_tool(request.call_id, output, hang_up=hang_up)

    def _begin(self, work: Any, name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
