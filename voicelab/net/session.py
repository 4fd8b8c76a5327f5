"""A session: one stream with its socket, its recording and its followers."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from datetime import datetime

from voicelab.audio.format import ByteOrder
from voicelab.call.hub import Hub
from voicelab.call.listener import StreamEnd, StreamListener, Transport
from voicelab.call.moment import Moment
from voicelab.call.stream import Stream, StreamState
from voicelab.net.options import SinkOptions
from voicelab.net.recorder import Recorder
from voicelab.net.registry import CallRegistry
from voicelab.store.recording import Recording

log = logging.getLogger("voicelab.net")


class Session(StreamListener):
    """What a server keeps of one connection.

    Attributes
    ----------
    stream : Stream
    recording : Recording
    callbacks : list of str
        Events of the provider's callbacks so far.
    topic, audio_topic : str
        Where its moments and its sound are published: ``call:<id>`` and ``audio:<id>``. A sound is
        ``(offset, pcm)`` as in :meth:`StreamListener.on_audio`, or None where all sound so far was
        in the other byte order.
    released : asyncio.Event
        No callback is waited for any longer: ``Hangup`` has come, or a later connection of the call
        waits for it.
    ended, closed : asyncio.Event
        The socket is closed and the WAVs are finished; the journal is closed too.
    """

    def __init__(
        self,
        options: SinkOptions,
        registry: CallRegistry,
        recorder: Recorder,
        hub: Hub,
        transport: Transport,
        clock: Callable[[], int],
        started: datetime,
        expected_call_id: str | None = None,
    ) -> None:
        self.key = str(uuid.uuid4())
        self.recording = Recording(options.recordings, started, options.config())
        self.stream = Stream(self.key, transport, clock, options.stream, adopt=self._adopt)
        self.stream.audience.add(self.recording)
        self.stream.audience.add(self)
        self.callbacks: list[str] = []
        self.released = asyncio.Event()
        self.ended = asyncio.Event()
        self.closed = asyncio.Event()
        self._early: list[Moment] | None = []
        self._expected_call_id = expected_call_id
        self._callbacks_s = options.limits.callbacks_s
        self._registry = registry
        self._recorder = recorder
        self._hub = hub
        self._set_topics()
        registry.opened(self)
        recorder.add(self.recording)

    def on_start(self, stream: Stream) -> None:
        """The ids are known: let others find the call by them."""
        self._set_topics()
        self._name(stream)
        self._hub.publish("calls", self)
        early, self._early = self._early, None
        for moment in early or ():
            self._hub.publish(self.topic, moment)
        if stream.state is StreamState.OPEN:
            known_as = f" ({stream.call_id})" if stream.call_id else ""
            log.info("Call %s%s began: %s.", stream.id, known_as, stream.format)

    def on_named(self, stream: Stream) -> None:
        """Take the ids that the journal's first line could not have."""
        later = {"id": stream.id, "continues": self.recording.continues}
        if f"call:{stream.id}" != self.topic or later["continues"] is not None:
            stream.note("adopted", **later)
            self._hub.alias(f"call:{stream.id}", self.topic)
            self._hub.alias(f"audio:{stream.id}", self.audio_topic)
        self._name(stream)

    def _set_topics(self) -> None:
        self.topic, self.audio_topic = f"call:{self.stream.id}", f"audio:{self.stream.id}"

    def _name(self, stream: Stream) -> None:
        if stream.call_id is not None and self._expected_call_id not in (None, stream.call_id):
            stream.close(1008, "error", "this token belongs to another call")
        for name in (stream.call_id, stream.stream_id):
            if name is not None:
                self._hub.alias(f"call:{name}", self.topic)
        self._registry.started(self)

    def on_moment(self, moment: Moment) -> None:
        """Hand every moment to those who follow the call, once its name is known."""
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
            self.released.set()

    async def finish(self) -> None:
        """After the socket closed: finish the WAVs now, the journal when the call is hung up."""
        self._registry.ended(self)
        try:
            await self._recorder.finish(self.recording)
            files = self.recording.files
            if files is not None and self.recording.problem is None:
                log.info("WAV recording saved: %s", files.wav)
            self.ended.set()
            async with asyncio.timeout(self._callbacks_s):
                await self.released.wait()
        except TimeoutError:
            log.debug("No Hangup came for call %s.", self.stream.id)
        finally:
            self.ended.set()
            self._hub.end(self.topic)
            self._hub.end(self.audio_topic)
            try:
                await self._recorder.close_journal(self.recording)
            finally:
                self.closed.set()

    def abandon(self) -> None:
        """Close the files at once, without the event loop's help."""
        self._registry.ended(self)
        self.recording.close()
        self.ended.set()
        self.closed.set()

    def _adopt(self, call_id: str) -> str | None:
        before = self._registry.previous(self, call_id)
        if before is not None:
            self.recording.continues = before.stream.id
            before.released.set()
        answered = self._registry.take_answered(call_id)
        if answered is None:
            return None
        self.recording.before([self._rebased(moment) for moment in answered.moments])
        self.callbacks[:0] = answered.events
        return answered.id

    def _rebased(self, moment: Moment) -> Moment:
        """A moment timed by the clock itself, put on the call's own time axis."""
        return Moment(
            moment.t_ns - self.stream.zero_ns, moment.leg, moment.way, moment.kind, moment.data
        )
