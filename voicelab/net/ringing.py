"""Connections to the model that are begun while a call is being answered.

To connect takes a second or more. Begun when the telephone rings, it is over when the caller
begins to speak. A connection that no call comes for is closed: it costs money.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from voicelab.audio.format import AudioFormat
from voicelab.call.introduction import first_update
from voicelab.net.agent_options import AgentOptions
from voicelab.net.model_line import ModelLine

log = logging.getLogger("voicelab.net")

MAX_RINGING = 200
"""More calls than this at once are answered without a connection made ahead."""


class Ringing:
    """Model lines by the provider's call id, until their call takes them.

    Parameters
    ----------
    options : AgentOptions
    line : AudioFormat
        What the answer asks for.
    clock : callable
        Monotonic nanoseconds.

    Attributes
    ----------
    options : AgentOptions
    """

    def __init__(self, options: AgentOptions, line: AudioFormat, clock: Callable[[], int]) -> None:
        self.options = options
        self._line = line
        self._clock = clock
        self._waiting: dict[str, tuple[ModelLine, asyncio.TimerHandle]] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    def answered(self, call_id: str | None, id: str) -> None:
        """A call is being answered: begin to connect, and say what the session will be."""
        if not call_id or call_id in self._waiting or len(self._waiting) >= MAX_RINGING:
            return
        line = ModelLine(self.options.upstream_of(id), self._clock)
        line.send(first_update(self.options.conversation, self._line))
        timer = asyncio.get_running_loop().call_later(self.options.ring_s, self._give_up, call_id)
        self._waiting[call_id] = line, timer

    def take(self, call_id: str | None) -> ModelLine | None:
        """The line that was begun for this call."""
        line, timer = self._waiting.pop(call_id or "", (None, None))
        if timer is not None:
            timer.cancel()
        return line

    def hung_up(self, call_id: str | None) -> None:
        """The call is over before it came to a stream."""
        if (line := self.take(call_id)) is not None:
            self._leave(line)

    async def aclose(self) -> None:
        """Close every line that still waits."""
        for call_id in list(self._waiting):
            self.hung_up(call_id)
        await asyncio.gather(*self._leaving, return_exceptions=True)

    def _give_up(self, call_id: str) -> None:
        log.info("No stream came for an answered call; its connection to the model is closed.")
        self.hung_up(call_id)

    def _leave(self, line: ModelLine) -> None:
        task = asyncio.create_task(line.aclose(), name="voicelab unused model line")
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
