"""The browser's connection: a client that speaks the Realtime protocol and plays by itself.

What the client sends goes to the model untouched, what the model says goes to the client, and both
are heard along the way. No socket, no file, no clock of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Protocol

import msgspec

from voicelab.call.by_arrival import ByArrival
from voicelab.call.client_playback import ClientPlayback
from voicelab.call.connection import Connection, StreamState
from voicelab.call.conversation_settings import word_for_word
from voicelab.call.listener import Ending, Transport
from voicelab.call.moment import Leg, Moment, Way
from voicelab.call.session_sound import PCM_24K, SessionSound
from voicelab.errors import ProtocolError
from voicelab.protocol import realtime
from voicelab.protocol.realtime import ClientEvent, Dialect, ServerEvent

OURS = "voicelab."
"""Types of messages that are for voicelab and never forwarded."""

_FORWARDED_CODES = (1000, 1001)


class _Played(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="voicelab.played"):
    item_id: str
    ms: Annotated[float, msgspec.Meta(ge=0, le=1e9)]


class _Typed(msgspec.Struct, gc=False):
    type: str


_played = msgspec.json.Decoder(_Played).decode
_typed = msgspec.json.Decoder(_Typed).decode


class Model(Protocol):
    """The model's side as a browser's connection sees it. Neither call waits."""

    def send(self, event: ClientEvent | str) -> bool:
        """Send an event, or a text untouched; False where nothing can be sent any more."""
        ...

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Begin to close; :meth:`BrowserStream.on_model_close` follows."""
        ...


class BrowserStream(Connection):
    """One client of ``/voice`` with its model.

    Caller audio is 16-bit PCM at 24 kHz: binary frames, and the ``audio`` of
    ``input_audio_buffer.append``, each placed by its arrival. In a session that was told to use
    G.711 it is decoded and resampled.

    Parameters
    ----------
    id : str
    transport : Transport
        The client's socket.
    clock : callable
        Monotonic nanoseconds. The moment of construction is the call's zero.
    model : Model
    dialect : {"ga", "beta"}
        What the client and the model speak.
    full_journal : bool
        Keep the model's audio in the journal as well; the browser's is there anyway.
    """

    def __init__(
        self,
        id: str,
        transport: Transport,
        clock: Callable[[], int],
        model: Model,
        *,
        dialect: Dialect = "ga",
        full_journal: bool = False,
    ) -> None:
        super().__init__(id, transport, clock, PCM_24K)
        self._model = model
        self._dialect: Dialect = dialect
        self._full_journal = full_journal
        self._caller = ByArrival(PCM_24K.rate_hz)
        self._input, self._output = SessionSound(), SessionSound()
        self._playback = ClientPlayback(PCM_24K.rate_hz, self.audience.agent_audio)

    @property
    def samples(self) -> int:
        """Caller samples on the time axis so far."""
        return self._caller.end

    def begin(self, session: dict[str, Any] | None) -> None:
        """The socket is open: configure the model with this, and nothing else; None leaves it."""
        self._to(StreamState.OPEN, "begin")
        self.audience.tell(lambda listener: listener.on_start(self))
        if session is not None:
            self._model.send(realtime.SessionUpdate(session=session))

    # What comes from the client

    def on_text(self, raw: str) -> None:
        """Take one text frame, whatever it is."""
        t_ns = self.now_ns()
        event = realtime.parse_client(raw, self._dialect)
        kind = _type_of(event, raw)
        self._message(t_ns, "browser", "in", raw, readable=kind is not None)
        match event:
            case realtime.InputAudioBufferAppend():
                self._hear(t_ns, event.audio)
            case realtime.ConversationItemTruncate():
                self._playback.on_truncate(event.item_id, event.audio_end_ms)
            case realtime.Malformed() if kind is None:
                self._refuse("malformed", event.reason)
                return
            case realtime.Malformed():
                self._odd("odd_event", reason=event.reason)
        if kind is not None and kind.startswith(OURS):
            self._on_ours(t_ns, raw, kind)
        else:
            self._forward(raw)

    def on_binary(self, data: bytes) -> None:
        """Take raw audio and append it to the model's input."""
        t_ns = self.now_ns()
        self._tell(Moment(t_ns, "browser", "in", "bin", data))
        self._hear(t_ns, data)
        self._forward(realtime.InputAudioBufferAppend(audio=data))

    # What comes from the model

    def on_model_open(self, connect_ms: float, dropped: int) -> None:
        """The model is connected; ``dropped`` audio frames were too old by then."""
        if dropped:
            self.health.odd["early_dropped"] += dropped
        self.note("model_open", connect_ms=round(connect_ms, 1), dropped=dropped)

    def on_model_event(self, raw: str, event: ServerEvent) -> None:
        """The model's server said something: give it to the client as it came."""
        t_ns = self.now_ns()
        readable = _type_of(event, raw) is not None
        self._message(t_ns, "model", "in", raw, readable=readable)
        if not readable:
            self._odd("model_malformed")
            return
        match event:
            case realtime.ResponseOutputAudioDelta():
                self._playback.on_delta(t_ns, event.item_id, self._output.read(event.delta))
            case realtime.InputAudioBufferSpeechStarted():
                self._playback.on_flush(t_ns)
            case realtime.SessionCreated() | realtime.SessionUpdated():
                self._use_formats(event.session)
        self._say(raw)

    def on_model_sent(self, raw: str) -> None:
        """A text has gone out to the model's server."""
        self._message(self.now_ns(), "model", "out", raw)

    def on_model_close(self, why: str, code: int | None, detail: str) -> None:
        """The model is gone; so the client is told why, and closed."""
        self.note("model_closed", why=why, code=code, detail=detail)
        if self.state is StreamState.OPEN:
            self._say(self._error(f"model_{why}", detail))
            self.close(code if code in _FORWARDED_CODES else 1011, "model", detail)

    # What others ask of it

    def inject(self, item: dict[str, Any], respond: bool) -> bool:
        """Put an item into the conversation, and ask for a response; False where it is over."""
        events: list[ClientEvent] = [realtime.ConversationItemCreate(item=item)]
        if respond:
            events.append(realtime.ResponseCreate())
        return self._add(events)

    def say(self, text: str) -> bool:
        """Ask the model to say a text; False where it is over."""
        return self._add([realtime.ResponseCreate(response={"instructions": word_for_word(text)})])

    def _add(self, events: list[ClientEvent]) -> bool:
        """Send what did not come from the client."""
        if self.state is not StreamState.OPEN:
            return False
        for event in events:
            self._message(self.now_ns(), "lab", "in", realtime.build(event))
        return all([self._model.send(event) for event in events])

    def stop(self) -> bool:
        """Hang up."""
        is_open = self.state is StreamState.OPEN
        self.close(1000, "stop", "voicelab hung up")
        return is_open

    def close(self, code: int, why: Ending, detail: str) -> None:
        """Close both sides from here; the end says ``why``. Idempotent."""
        super().close(code, why, detail)
        self._model.close(1000, detail)

    def tick(self) -> None:
        """Place what was played in the meantime; call it about once a second."""
        self._playback.advance(self.now_ns())

    # Inside

    def _settle(self) -> None:
        self._playback.advance(self.now_ns())
        self._model.close(1000, "the client left")

    def _forgive(self, stalled_ns: int) -> None:
        self._caller.forgive(stalled_ns)

    def _message(self, t_ns: int, leg: Leg, way: Way, raw: str, *, readable: bool = True) -> None:
        one_line = readable and "\n" not in raw and "\r" not in raw
        if leg == "model" and readable and not self._full_journal:
            raw = realtime.without_audio(raw)
        self._tell(Moment(t_ns, leg, way, "m" if one_line else "text", raw))

    def _say(self, raw: str) -> None:
        if self.state is StreamState.OPEN and self._transport.send_text(raw):
            self._message(self.now_ns(), "browser", "out", raw)

    def _forward(self, event: ClientEvent | str) -> None:
        if self.state is not StreamState.OPEN:
            return
        try:
            self._model.send(event)
        except ProtocolError as error:
            self._refuse("not_sent", str(error).rstrip("."))

    def _refuse(self, code: str, reason: str) -> None:
        """Count what is not forwarded, and say so to the client."""
        self._odd(code, reason=reason)
        self._say(self._error(code, f"This message was not forwarded: {reason}."))

    def _error(self, code: str, message: str) -> str:
        detail = realtime.ErrorDetail(type="voicelab_error", code=code, message=message)
        return realtime.build(realtime.ErrorEvent(error=detail, event_id=f"event_{OURS}{code}"))

    def _on_ours(self, t_ns: int, raw: str, kind: str) -> None:
        try:
            played = _played(raw)
        except msgspec.ValidationError as error:
            self._refuse("odd_played" if kind == "voicelab.played" else "malformed", str(error))
            return
        if not self._playback.on_played(t_ns, played.item_id, played.ms):
            self._odd("played_unknown", item_id=played.item_id)

    def _hear(self, t_ns: int, audio: bytes) -> None:
        pcm = self._input.read(audio)
        if not pcm:
            return
        offset, gap = self._caller.place(t_ns, len(pcm) // 2)
        self.health.frames += 1
        self.health.arrivals.add(t_ns / 1e6, None)
        if gap and self.health.frames > 1:
            self.note("pause", samples=gap, at=offset - gap)
        self.audience.audio(offset, pcm, audio)

    def _use_formats(self, session: dict[str, Any]) -> None:
        audio = session.get("audio")
        if isinstance(audio, dict):
            for way, sound in (("input", self._input), ("output", self._output)):
                settings = audio.get(way)
                sound.use(settings.get("format") if isinstance(settings, dict) else None)


def _type_of(event: ClientEvent | ServerEvent, raw: str) -> str | None:
    """The ``type`` of a JSON object, also of one without what makes it an event; else None."""
    if not isinstance(event, realtime.Malformed):
        return event.type
    try:
        return _typed(raw).type
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
