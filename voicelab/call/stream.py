"""The stream: one media-stream connection of a telephone provider, as a state machine.

Texts of the provider go in with :meth:`Stream.on_text`; placed audio, moments and the end come out
to listeners; what is to be sent goes to the transport. No socket, no file, no clock of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from voicelab.audio.format import AudioFormat, ByteOrder
from voicelab.call.chunk_numbers import missing_before, of_its_track
from voicelab.call.connection import Connection
from voicelab.call.connection import StreamState as StreamState
from voicelab.call.listener import StreamEnd, Transport
from voicelab.call.moment import Kind, Moment
from voicelab.call.settings import StreamSettings
from voicelab.call.track import CallerTrack
from voicelab.errors import FormatError, StateError
from voicelab.protocol import vobiz

OUTBOUND_ORDER: ByteOrder = "little"
"""What to send before anything is known: the order its calls have been seen to use."""

MULAW = AudioFormat("mulaw", 8000)

UNSTARTED_BYTES = 1 << 20
"""With so much data and no ``start``, none is waited for any longer."""


class Stream(Connection):
    """One provider connection.

    Parameters
    ----------
    id : str
        voicelab's own name for the call (a UUID); :attr:`id` may be set until ``start``.
    transport : Transport
    clock : callable
        Monotonic nanoseconds. The moment of construction is the call's zero.
    settings : StreamSettings
    adopt : callable, optional
        Asked at ``start``, with the provider's call id, for the id this call was given when it was
        answered; None keeps ``id``.
    """

    def __init__(
        self,
        id: str,
        transport: Transport,
        clock: Callable[[], int],
        settings: StreamSettings | None = None,
        *,
        adopt: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        self.settings = settings or StreamSettings()
        super().__init__(id, transport, clock, self.settings.format)
        self._adopt = adopt
        self._media_ns = self.zero_ns
        self._stop_ns: int | None = None
        self._early: list[tuple[int, vobiz.Media]] = []
        self._start: vobiz.Start | None = None
        self._unstarted = 0
        self._track: CallerTrack | None = None

    # What others ask of it

    @property
    def samples(self) -> int:
        """Caller samples on the time axis so far."""
        return self._track.samples if self._track else 0

    @property
    def byte_order(self) -> ByteOrder | None:
        """The order L16 is read in; None while the audio has not told, and for G.711."""
        return self._track.byte_order if self._track else None

    @property
    def byte_order_reason(self) -> str:
        """Why :attr:`byte_order` is what it is, in a sentence."""
        return self._track.byte_order_reason if self._track else ""

    @property
    def outbound(self) -> AudioFormat:
        """The format audio is sent in: as it is received. A-law cannot be sent, mu-law can."""
        return MULAW if self.format.encoding == "alaw" else self.format

    # What comes from the provider

    def on_text(self, raw: str) -> None:
        """Take one text frame, whatever it is."""
        t_ns = self.now_ns()
        message = vobiz.parse(raw)
        self._tell(Moment(t_ns, "carrier", "in", _kind(message, raw), raw))
        match message:
            case vobiz.Media():
                self._on_media(t_ns, message)
            case vobiz.Start():
                self._on_start(message)
            case vobiz.Stop():
                self._on_stop(message)
            case vobiz.PlayedStream():
                self.audience.tell(lambda listener: listener.on_played(message.name))
            case vobiz.ClearedAudio():
                self.audience.tell(lambda listener: listener.on_cleared())
            case vobiz.Dtmf():
                self.audience.tell(lambda listener: listener.on_key(message.digit))
            case vobiz.Malformed():
                self._odd("malformed", reason=message.reason)
            case vobiz.Unknown():
                self._odd("unknown_event", event=message.event)
            case vobiz.PlayAudio() | vobiz.Checkpoint() | vobiz.ClearAudio():
                self._odd("wrong_way", event=type(message).__name__)
        self._do_not_wait_for_more_than(len(raw))

    def on_binary(self, data: bytes) -> None:
        """Take one binary frame: journalled, counted, not understood."""
        self._tell(Moment(self.now_ns(), "carrier", "in", "bin", data))
        self._odd("binary")
        self._do_not_wait_for_more_than(len(data))

    def tick(self) -> None:
        """Check the watchdogs; call it about once a second."""
        now = self._clock()
        settings = self.settings
        silent_s = (now - self._media_ns) / 1e9
        if self._stop_ns is not None and (now - self._stop_ns) / 1e9 > settings.stop_timeout_s:
            self.close(1000, "stop", "the other side did not close after stop")
        elif self.state is StreamState.WAITING and silent_s > settings.open_timeout_s:
            self.close(1008, "open-timeout", f"no start within {settings.open_timeout_s:g} s")
        elif self.state is StreamState.OPEN and silent_s > settings.media_timeout_s:
            self.close(1001, "media-timeout", f"no media for {settings.media_timeout_s:g} s")

    # What is sent to the provider

    # Each returns whether it was sent: after the end, which may come at any time, nothing is.

    def play(self, samples: NDArray[np.int16]) -> bool:
        """Queue audio at the caller's side: mono int16 at ``outbound.rate_hz``.

        Raises
        ------
        StateError
            Before ``start``; so does every verb.
        """
        return self._play(self.outbound.from_int16(samples, self._outbound_order))

    def send_audio(self, audio: bytes) -> bool:
        """Queue audio that is encoded already: G.711 goes out as it is, L16 is little-endian."""
        line = self.outbound
        if line.encoding == "l16" and self._outbound_order == "big":
            audio = line.from_int16(line.to_int16(audio), "big")
        return self._play(audio)

    def checkpoint(self, name: str) -> bool:
        """Ask to be told when everything queued so far has been played."""
        return self._send(vobiz.Checkpoint(self.stream_id, name))

    def clear(self) -> bool:
        """Drop what is queued at the caller's side and unplayed."""
        return self._send(vobiz.ClearAudio(self.stream_id))

    def stop(self) -> bool:
        """End the stream; the other side closes. Nothing may be sent after it."""
        sent = self._send(vobiz.Stop(self.stream_id))
        if sent:
            self._stopping(StreamEnd("stop", None, "voicelab sent stop"))
        return sent

    # Inside

    def _settle(self) -> None:
        self._open_early()
        if self._track is not None:
            self._track.finish()

    @property
    def _outbound_order(self) -> ByteOrder:
        if self.settings.byte_order != "auto":
            return self.settings.byte_order
        return self.byte_order or OUTBOUND_ORDER

    def _play(self, payload: bytes) -> bool:
        return self._send(
            vobiz.PlayAudio(self.stream_id, self.outbound.mime, self.outbound.rate_hz, payload)
        )

    def _forgive(self, stalled_ns: int) -> None:
        self._media_ns += stalled_ns
        if self._stop_ns is not None:
            self._stop_ns += stalled_ns

    def _send(self, message: vobiz.Message) -> bool:
        event = type(message).__name__
        if self.state is StreamState.WAITING:
            raise StateError(
                f"{event} cannot be sent: the stream is {self.state}. Send once it has started.",
                state=self.state,
                event=event,
            )
        text = vobiz.build(message)
        if self.state is not StreamState.OPEN or not self._transport.send_text(text):
            return False
        self._tell(Moment(self.now_ns(), "carrier", "out", "m", text))
        return True

    def _do_not_wait_for_more_than(self, size: int) -> None:
        if self.state is StreamState.WAITING:
            self._unstarted += size
            if self._unstarted > UNSTARTED_BYTES:
                self._open_early()

    def _stopping(self, end: StreamEnd) -> None:
        self._to(StreamState.STOPPING, "stop")
        self._closing, self._stop_ns = end, self._clock()

    def _on_start(self, start: vobiz.Start) -> None:
        again = self._start is not None
        if again:
            self._odd("duplicate_start", stream_id=start.stream_id)
            if start.stream_id in (None, self.stream_id):
                return
        try:
            declared = self._declared(start)
        except FormatError as error:
            self._odd("format_refused", reason=str(error))
            self.close(1003, "error", str(error))
            return
        self._start, self.stream_id = start, start.stream_id
        self.call_id = self.call_id or start.call_id
        if self._track is None:
            self.format = declared
            self._open()
        elif declared != self.format:
            self._odd("format_changed", declared=str(declared), used=str(self.format))
            self.close(1003, "error", f"{declared} after {self.format}; a call has one format")
        elif again:
            self._track.restart()
        else:
            self.note("start_late", call_id=self.call_id, stream_id=self.stream_id)
            self._take_id()
            self.audience.tell(lambda listener: listener.on_named(self))

    def _declared(self, start: vobiz.Start) -> AudioFormat:
        if start.encoding is None:
            return self.settings.format if self._track is None else self.format
        return AudioFormat.of_wire(start.encoding, start.rate_hz)

    def _open(self) -> None:
        self._track = CallerTrack(self.format, self.settings, self.health, self.note, self.audience)
        self._take_id()
        if self.state is StreamState.WAITING:
            self._to(StreamState.OPEN, "start")
        self.audience.tell(lambda listener: listener.on_start(self))
        early, self._early = self._early, []
        for t_ns, media in early:
            self._track.add(t_ns, media)

    def _take_id(self) -> None:
        if self.call_id is not None and (known := self._adopt(self.call_id)):
            self.id = known

    def _open_early(self) -> None:
        """Do without a start: take what came for what was asked for in the answer."""
        if self._track is None:
            if self._early:
                self.note("format_assumed", format=str(self.format))
            self._open()

    def _on_stop(self, stop: vobiz.Stop) -> None:
        self.note("stop_received", reason=stop.reason)
        if self.state is StreamState.OPEN:
            self._stopping(StreamEnd("stop", None, "the provider sent stop"))

    def _on_media(self, t_ns: int, media: vobiz.Media) -> None:
        self._media_ns = self.zero_ns + t_ns
        media = of_its_track(self._start, media)
        if media.track != "inbound":
            self.health.other_track += 1
        elif self._track is not None:
            lead = 0 if self.health.frames else missing_before(self._start, media)
            self._track.add(t_ns, media, lead=lead)
        elif self._closing is None:
            self.health.before_start += 1
            self._early.append((t_ns, media))
            held_bytes = sum(len(kept.payload) for _, kept in self._early)
            if self.format.duration_ms(held_bytes) >= self.settings.early_s * 1000:
                self._open_early()


def _kind(message: vobiz.Message, raw: str) -> Kind:
    if isinstance(message, vobiz.Malformed | vobiz.Unknown) and not vobiz.is_json(raw):
        return "text"
    return "text" if "\n" in raw or "\r" in raw else "m"
