"""A provider's stream as a session: what was said about it over HTTP belongs to it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import UTC, datetime

from voicelab.call.connection import Connection
from voicelab.call.listener import Transport
from voicelab.call.stream import Stream
from voicelab.net.options import SinkOptions
from voicelab.net.phone_agent import PhoneAgent
from voicelab.net.ringing import Ringing
from voicelab.net.session import Session
from voicelab.net.switchboard import Switchboard
from voicelab.store.recording import Recording

log = logging.getLogger("voicelab.net")


class PhoneSession(Session):
    """What a sink keeps of one connection.

    Parameters
    ----------
    options : SinkOptions
    board : Switchboard
    transport : Transport
    expected_call_id : str, optional
        The call whose token opened the socket; a start of another one is closed.
    ringing : Ringing, optional
        Where the agent's connection may have been begun; None where nobody answers.

    Attributes
    ----------
    released : asyncio.Event
        No callback is waited for any longer: ``Hangup`` has come, or a later connection of the call
        waits for it.
    """

    def __init__(
        self,
        options: SinkOptions,
        board: Switchboard,
        transport: Transport,
        expected_call_id: str | None = None,
        ringing: Ringing | None = None,
    ) -> None:
        self.released = asyncio.Event()
        self._expected_call_id = expected_call_id
        self._callbacks_s = options.limits.callbacks_s
        recording = Recording(options.recordings, datetime.now(UTC), options.config())
        stream = Stream(
            str(uuid.uuid4()), transport, board.clock, options.stream, adopt=self._adopt
        )
        super().__init__(board, stream, recording)
        self._agent: PhoneAgent | None = None
        if ringing is not None:
            self.model = self._agent = PhoneAgent(ringing, stream, board.clock)
            stream.audience.add(self._agent)

    def on_named(self, stream: Connection) -> None:
        """Take the ids that the journal's first line could not have."""
        later = {"id": stream.id, "continues": self.recording.continues}
        if f"call:{stream.id}" != self.topic or later["continues"] is not None:
            stream.note("adopted", **later)
            self._hub.alias(f"call:{stream.id}", self.topic)
            self._hub.alias(f"audio:{stream.id}", self.audio_topic)
        self._name(stream)

    def release(self) -> None:
        """Wait for no callback any longer."""
        self.released.set()

    async def _afterwards(self) -> None:
        if self._agent is not None:
            await self._agent.aclose()
        try:
            async with asyncio.timeout(self._callbacks_s):
                await self.released.wait()
        except TimeoutError:
            log.debug("No Hangup came for call %s.", self.stream.id)

    def _name(self, stream: Connection) -> None:
        if stream.call_id is not None and self._expected_call_id not in (None, stream.call_id):
            stream.close(1008, "error", "this token belongs to another call")
        super()._name(stream)

    def _adopt(self, call_id: str) -> str | None:
        before = self._registry.previous(self, call_id)
        if before is not None:
            self.recording.continues = before.stream.id
            before.release()
        answered = self._registry.take_answered(call_id)
        if answered is None:
            return None
        self.recording.before([self._rebased(moment) for moment in answered.moments])
        self.callbacks[:0] = answered.events
        return answered.id
