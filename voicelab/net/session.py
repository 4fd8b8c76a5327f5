"""A session: one connection with its recording and its followers."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Protocol

from voicelab.audio.format import ByteOrder
from voicelab.call.connection import Connection, StreamState
from voicelab.call.listener import StreamEnd, StreamListener
from voicelab.call.moment import Moment
from voicelab.errors import StateError
from voicelab.store.recording import Recording

if TYPE_CHECKING:
    from voicelab.net.switchboard import Switchboard

log = logging.getLogger("voicelab.net")


class Injects(Protocol):
    """Whoever talks to the model of a call."""

    def inject(self, item: dict[str, Any], respond: bool) -> bool:
        """Put an item into the conversation, and ask for a response; False where it is over."""
        ...

    def say(self, text: str) -> bool:
        """Let the agent say a text; False where it is over."""
        ...


class Session(StreamListener):
    """What a server keeps of one connection.

    Parameters
    ----------
    board : Switchboard
    stream : Connection
    recording : Recording

    Attributes
    ----------
    key : str
        What tells one connection from another in this process.
    stream : Connection
    recording : Recording
    model : Injects or None
        Whoever talks to the call's model; None where there is none.
    callbacks : list of str
        Events of the provider's callbacks so far.
    agent_lost : str or None
        Why the agent was given up.
    topic, audio_topic : str
        Where its moments and its sound are published: ``call:<id>`` and ``audio:<id>``. A sound is
        ``(offset, pcm)`` as in :meth:`StreamListener.on_audio`, or None where all sound so far was
        in the other byte order.
    ended, closed : asyncio.Event
        The socket is closed and the WAVs are finished; the journal is closed too.
    """

    def __init__(self, board: Switchboard, stream: Connection, recording: Recording) -> None:
        self.key = stream.id
        self.stream = stream
        self.recording = recording
        self.model: Injects | None = None
        self.callbacks: list[str] = []
        self.agent_lost: str | None = None
        self.ended = asyncio.Event()
        self.closed = asyncio.Event()
        self._early: list[Moment] | None = []
        self._board = board
        self._registry = board.registry
        self._hub = board.hub
        stream.audience.add(recording)
        stream.audience.add(self)
        self._set_topics()
        self._registry.opened(self)
        board.recorder.add(recording)

    def inject(self, item: dict[str, Any], *, respond: bool = False) -> bool:
        """Put an item into the conversation with the call's model.

        Parameters
        ----------
        item : dict
            As ``conversation.item.create`` takes it.
        respond : bool
            Ask the model for a response to it.

        Returns
        -------
        bool
            False where the call or its model is gone.

        Raises
        ------
        StateError
            Where the call has no agent.
        """
        return self._its_model().inject(item, respond)

    def say(self, text: str) -> bool:
        """Let the call's agent say a text as soon as it may speak.

        Returns
        -------
        bool
            False where the call or its model is gone.

        Raises
        ------
        StateError
            Where the call has no agent.
        """
        return self._its_model().say(text)

    def _its_model(self) -> Injects:
        if self.model is None:
            raise StateError(
                f"Call {self.stream.id} has no agent, so there is no model to tell. "
                "Open the lab with an agent."
            )
        return self.model

    def on_start(self, stream: Connection) -> None:
        """The ids are known: let others find the call by them."""
        self._set_topics()
        self._name(stream)
        self._hub.publish("calls", self)
        early, self._early = self._early, None
        for moment in early or ():
            self._hub.publish(self.topic, moment)
        if stream.state is StreamState.OPEN:
            known_as = f" ({ascii(stream.call_id)[1:-1][:80]})" if stream.call_id else ""
            log.info("Call %s%s began: %s.", stream.id, known_as, stream.format)

    def on_moment(self, moment: Moment) -> None:
        """Hand every moment to those who follow the call, once its name is known."""
        if moment.name == "agent_lost":
            self.agent_lost = moment.data["reason"]
            log.warning("Call %s lost its agent: %s", self.stream.id, self.agent_lost)
        if self._early is not None:
            self._early.append(moment)
            return
        self._hub.publish(self.topic, moment)

    def on_audio(self, offset: int, pcm: bytes) -> None:
        """Hand placed sound to those who draw it."""
        self._hub.publish(self.audio_topic, (offset, pcm))

    def on_byte_order(self, order: ByteOrder, swapped: bool) -> None:
        """Tell them where what they drew was noise."""
        if swapped:
            self._hub.publish(self.audio_topic, None)

    def on_end(self, end: StreamEnd) -> None:
        """Say how it ended."""
        log.info("Call %s ended: %s.", self.stream.id, end.detail.rstrip("."))

    def add(self, moment: Moment) -> None:
        """Add a moment from outside the stream, timed by the clock itself."""
        moment = self._rebased(moment)
        self.recording.on_moment(moment)
        self._hub.publish(self.topic, moment)

    def on_callback(self, moment: Moment, event: str | None) -> None:
        """Take a status callback of this call, timed by the clock itself."""
        self.add(moment)
        if event is not None:
            self.callbacks.append(event)
        if event == "Hangup":
            self.release()

    async def finish(self) -> None:
        """After the socket closed: finish the WAVs now, the journal when nothing can follow."""
        self._registry.ended(self)
        try:
            await self._board.recorder.finish(self.recording)
            files = self.recording.files
            if files is not None and self.recording.problem is None:
                log.info("WAV recording saved: %s", files.wav)
            self.ended.set()
            await self._afterwards()
        finally:
            self.ended.set()
            self._hub.end(self.topic)
            self._hub.end(self.audio_topic)
            try:
                await self._board.recorder.close_journal(self.recording)
            finally:
                self.closed.set()

    def release(self) -> None:
        """Wait for nothing any longer that may come after the end."""

    def abandon(self) -> None:
        """Close the files at once, without the event loop's help."""
        self._registry.ended(self)
        self.recording.close()
        self.ended.set()
        self.closed.set()

    async def _afterwards(self) -> None:
        """Wait for what may come after the end."""

    def _name(self, stream: Connection) -> None:
        """Let others find the call by the other side's names for it."""
        for name in (stream.call_id, stream.stream_id):
            if name is not None:
                self._hub.alias(f"call:{name}", self.topic)
        self._registry.started(self)

    def _set_topics(self) -> None:
        self.topic, self.audio_topic = f"call:{self.stream.id}", f"audio:{self.stream.id}"

    def _rebased(self, moment: Moment) -> Moment:
        """A moment timed by the clock itself, put on the call's own time axis."""
        return Moment(
            moment.t_ns - self.stream.zero_ns, moment.leg, moment.way, moment.kind, moment.data
        )
