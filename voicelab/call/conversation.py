"""The conversation: one call between a telephone line and a Realtime model, as a state machine.

It listens to the line's :class:`~voicelab.call.stream.Stream`, takes the model's events and ticks,
and speaks to both. No socket, no clock of its own: time is the stream's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias

from voicelab.audio.format import AudioFormat, ByteOrder
from voicelab.call.agent_voice import AgentVoice
from voicelab.call.caller_ear import CallerEar
from voicelab.call.connection import Connection
from voicelab.call.conversation_settings import ConversationSettings, word_for_word
from voicelab.call.history import History
from voicelab.call.interruption import Interruption
from voicelab.call.introduction import Introduction
from voicelab.call.key_presses import KeyPresses
from voicelab.call.listener import StreamEnd, StreamListener
from voicelab.call.model_audio import model_format, to_line
from voicelab.call.model_errors import FATAL, FAULT, HARMLESS, Failures, failure_of
from voicelab.call.playback import RoundTrip
from voicelab.call.response_gate import ResponseGate
from voicelab.call.stream import Stream, StreamState
from voicelab.call.tool_calls import ToolCalls, ToolRequest
from voicelab.protocol import realtime

FALLBACK = "fallback"
"""The name under which the fallback prompt is played."""

_LOOK_NS = 250_000_000
"""How often it looks after what has no time of its own."""

Send: TypeAlias = Callable[[realtime.ClientEvent], bool]
"""Queues one event for the model; False where nothing can be sent any more."""


class Conversation(StreamListener):
    """Bridges a line and a model.

    Parameters
    ----------
    stream : Stream
        Not begun yet; add the conversation to its audience.
    send : callable
        Gives the model an event.
    settings : ConversationSettings
    run_tool : callable
        Told of each function call; whoever runs it calls :meth:`on_tool`.
    wake : callable
        Called whenever :attr:`wake_ns` may have become earlier.
    presented : AudioFormat, optional
        The line's format for which the model has been sent :func:`first_update` already.

    Attributes
    ----------
    history : History
    trip : RoundTrip
        To be told of the network's own round trip.
    counts : Counter
        Late deltas, dropped caller audio, errors and the like, by name.
    failure : str or None
        Why the agent was given up.
    """

    def __init__(
        self,
        stream: Stream,
        send: Send,
        settings: ConversationSettings,
        *,
        run_tool: Callable[[ToolRequest], None],
        wake: Callable[[], None],
        presented: AudioFormat | None = None,
    ) -> None:
        self.history = History()
        self.trip = RoundTrip()
        self.counts: Counter[str] = Counter()
        self.failure: str | None = None
        self._stream = stream
        self._send_now = send
        self._settings = settings
        self._wake = wake
        self._voice: AgentVoice | None = None
        self._ear: CallerEar | None = None
        self._introduction = Introduction(settings, self._send, self.counts, presented)
        self._interruption = Interruption(self.history, self._send, stream.note, self.counts)
        self._gate = ResponseGate()
        self._tools = ToolCalls(self.history, self._send, run_tool)
        self._keys = KeyPresses(self.history, self._send)
        self._failures = Failures()
        self._greeted = self._hanging_up = False
        self._presented_ns = 0

    # The line

    def on_start(self, connection: Connection) -> None:
        """The line has begun: tell the model of its format, where that is not agreed on."""
        stream = self._stream
        heard, said = model_format(stream.format), model_format(stream.outbound)
        undecided = stream.format.encoding == "l16" and stream.byte_order is None
        self._ear = CallerEar(stream.format, undecided, self._introduction.hear)
        self._voice = AgentVoice(
            stream,
            said,
            stream.outbound,
            self.trip,
            stream.audience.agent_audio,
            lambda item, event, **more: stream.note(f"item_{event}", item=item, **more),
            self._settings.lead_ms,
        )
        self._voice.probe(stream.now_ns())
        if not self._introduction.is_about(heard, said):
            self._introduction.present(heard, said)
        elif self._introduction.ready:
            self._begin()
        self._presented_ns = stream.now_ns()
        self._act()

    def on_frame(self, offset: int, pcm: bytes, payload: bytes) -> None:
        """Pass the caller's audio on."""
        if self._ear is not None and self._voice is not None:
            self._voice.track.caller_frame(self._stream.now_ns(), offset + len(pcm) // 2)
            if self._voice.echo.heard(offset, pcm):
                pcm, payload = bytes(len(pcm)), self._stream.format.silence(len(pcm) // 2)
            self._ear.frame(offset, pcm, payload)

    def on_byte_order(self, order: ByteOrder, swapped: bool) -> None:
        """What was kept back can be passed on."""
        if self._ear is not None:
            self._ear.decided(swapped)

    def on_played(self, name: str) -> None:
        """The provider has played up to a checkpoint."""
        if self._voice is not None:
            self._voice.on_played(self._stream.now_ns(), name)
            self._act()

    def on_cleared(self) -> None:
        """The provider's queue is empty: say what was heard, speak again."""
        if self._voice is not None:
            self._voice.on_cleared()
            self._interruption.settle()
            self._act()

    def on_key(self, key: str) -> None:
        """The caller pressed a key: the agent stops speaking."""
        now_ns = self._stream.now_ns()
        self._keys.press(now_ns, key)
        if (active := self._gate.active) is not None:
            self._send(realtime.ResponseCancel(response_id=active))
        self._interrupt(now_ns)
        self._act()

    def on_round_trip(self, round_trip_ns: int) -> None:
        """The network's part of the way is known better."""
        self.trip.network_ns = min(round_trip_ns, self.trip.network_ns or round_trip_ns)

    def on_stall(self, begin_ns: int, end_ns: int) -> None:
        """We stood still; what the provider said meanwhile has no exact time."""
        if self._voice is not None:
            self._voice.playback.stalled(begin_ns, end_ns)

    def on_end(self, end: StreamEnd) -> None:
        """The line is gone: settle what was heard up to now; keep no sound of an ended call."""
        if self._voice is not None:
            self._voice.track.flushed(self._stream.now_ns())
        self._voice = self._ear = None

    def on_dropped(self) -> None:
        """A fault of our own: the caller is told, and need not listen to silence."""
        self.fail(FAULT)

    # The model

    def on_event(self, event: realtime.ServerEvent) -> None:
        """Take one event of the model; of one that was given up nothing is wanted."""
        if self.failure is not None:
            return
        match event:
            case realtime.ResponseOutputAudioDelta():
                self._on_audio(event)
            case realtime.SessionUpdated():
                self._on_session(event.session)
            case realtime.ErrorEvent():
                self._on_error(event.error)
            case realtime.InputAudioBufferSpeechStarted():
                self._gate.speech_started()
                if self._settings.barge_in:
                    self._interrupt(self._stream.now_ns())
            case realtime.InputAudioBufferSpeechStopped():
                self._gate.speech_stopped(self._stream.now_ns())
            case realtime.InputAudioBufferCommitted():
                self.history.user(event.item_id)
            case realtime.ConversationItemInputAudioTranscriptionCompleted():
                self.history.user(event.item_id, event.transcript)
            case realtime.ResponseCreated():
                self._gate.created(str(event.response.get("id")))
            case realtime.ResponseOutputAudioDone():
                self._finish(event.item_id)
            case realtime.ResponseOutputAudioTranscriptDelta():
                self._on_words(event.item_id, event.delta, more=True)
            case realtime.ResponseOutputAudioTranscriptDone():
                self._on_words(event.item_id, event.transcript)
            case realtime.ResponseOutputItemDone():
                self._tools.begin(event.item)
            case realtime.ResponseDone():
                self._on_response_done(event.response)
        self._act()

    def on_lost(self) -> None:
        """The model's session is gone; what waits to be said is still said."""
        self._interruption.settle()
        self._introduction.session_lost()
        self._gate.lost()
        for item in self._interruption.session_lost():
            self._finish(item)

    def resume(self, send: Send) -> None:
        """Go on in a new session: its configuration, and what was said so far."""
        self._send_now = send
        self._introduction.present(self._introduction.heard, self._introduction.said)
        self._presented_ns = self._stream.now_ns()
        for event in self.history.told_again():
            self._send(event)
        if self.history.awaits_answer and not self._tools.waiting:
            self._gate.want()
        self._act()

    # What a person or a tool asks

    def inject(self, item: dict[str, Any], *, respond: bool) -> bool:
        """Put an item into the model's conversation; `respond` asks for an answer to it."""
        if not self._send(realtime.ConversationItemCreate(item=item)):
            return False
        self.history.add(item)
        if respond:
            self._gate.want()
        self._act()
        return True

    def say(self, text: str) -> None:
        """Let the agent say a text as soon as it may speak."""
        self._gate.want_alone({"instructions": word_for_word(text)})
        self._act()

    def on_tool(self, call_id: str, output: str, *, hang_up: bool = False) -> None:
        """A function has given its output; with `hang_up` the call ends after the last words."""
        if self._tools.end(call_id, output):
            self._hanging_up = self._hanging_up or hang_up
            self._act()

    def fail(self, reason: str) -> None:
        """Give the agent up: the caller hears the fallback prompt, and the call ends."""
        if self.failure is not None:
            return
        self.failure = reason
        self._stream.note("agent_lost", reason=reason)
        self._gate.lost()
        line = self._stream.outbound
        if self._voice is None or self._stream.state is not StreamState.OPEN:
            self._stream.close(1011, "error", reason)
            return
        if pcm := self._settings.fallback.get(line.rate_hz):
            self._voice.say_in_full(FALLBACK, to_line(line, pcm))
        self._hanging_up = True
        self._act()

    # Time

    @property
    def wake_ns(self) -> int | None:
        """When :meth:`tick` is due next; None while nothing is."""
        if self._voice is None or self._stream.state is not StreamState.OPEN:
            return None
        now_ns = self._stream.now_ns()
        times = [self._voice.wake_ns, self._keys.wake_ns, self._interruption.due_ns]
        waits = self._hanging_up or not (self._gate.idle and self._introduction.ready)
        if waits or self._voice.speaking(now_ns) or self._voice.track.waits:
            times.append(now_ns + _LOOK_NS)
        return min((time for time in times if time is not None), default=None)

    def tick(self) -> None:
        """Do what is due."""
        voice, now_ns = self._voice, self._stream.now_ns()
        if voice is None or self._stream.state is not StreamState.OPEN:
            return
        if self._keys.tell(now_ns):
            self._gate.want()
        due_ns = self._interruption.due_ns
        if due_ns is not None and now_ns >= due_ns:
            self._stream.note("clear_unanswered")
            self._interruption.settle()
        voice.tick(now_ns)
        if (
            not self._introduction.ready
            and now_ns - self._presented_ns > 1e9 * self._settings.agree_s
        ):
            self.fail(f"The model has not agreed on a session within {self._settings.agree_s:g} s.")
        if self._gate.active is None and self._tools.take() and not self._hanging_up:
            self._gate.want()
        may_ask = self._introduction.ready and self.failure is None
        if may_ask and (asked := self._gate.take(now_ns)) is not None:
            self._send(realtime.ResponseCreate(response=asked or None))
        if self._hanging_up and self._gate.active is None and voice.said_all(now_ns):
            self._hanging_up = False
            self._stream.stop()

    def _act(self) -> None:
        self.tick()
        self._wake()

    # Inside

    def _send(self, event: realtime.ClientEvent) -> bool:
        return self._send_now(event)

    def _on_session(self, config: dict[str, Any]) -> None:
        if self._introduction.ready:
            return
        if wrong := self._introduction.agreed(config):
            self._refused_session(wrong)
        elif self._introduction.ready and self._voice is not None:
            self._begin()

    def _refused_session(self, why: str) -> None:
        self._stream.note("session_refused", reason=why)
        if not self._introduction.refused():
            self.fail(f"The model refuses the session: {why}")

    def _begin(self) -> None:
        """Both sides are ready."""
        assert self._ear is not None
        introduction, stream = self._introduction, self._stream
        begun_ms = 1000 * stream.samples / stream.format.rate_hz - introduction.held_ms
        stream.note(
            "model_ready",
            heard=str(introduction.heard),
            said=str(introduction.said),
            at_ms=round(begun_ms, 3),
            delay_ms=round(self._ear.delay_ms, 3),
        )
        introduction.release()
        if not self._greeted and (greeting := self._settings.greeting):
            self._gate.want({"instructions": greeting} if isinstance(greeting, str) else None)
        self._greeted = True

    def _on_audio(self, event: realtime.ResponseOutputAudioDelta) -> None:
        wanted = self._interruption.wanted(event.item_id, event.response_id, event.content_index)
        if wanted and self._voice is not None:
            self._failures.forget()
            self.history.assistant(event.item_id)
            self._voice.say(event.item_id, event.delta)

    def _on_words(self, item: str, text: str, *, more: bool = False) -> None:
        if not self._interruption.dropped(item):
            self.history.assistant(item, text, more=more)

    def _finish(self, item: str) -> None:
        if self._voice is not None:
            self._voice.finish(item)

    def _on_response_done(self, response: dict[str, Any]) -> None:
        self._gate.done(str(response.get("id")))
        for item in self._interruption.response_done(response):
            self._finish(item)
        if (failed := failure_of(response)) is not None:
            self._on_failed_response(*failed)

    def _on_failed_response(self, code: str, message: str) -> None:
        self.counts["failed_responses"] += 1
        self._stream.note("response_failed", code=code, message=message)
        if self._failures.too_many(code):
            self.fail(f"The model cannot answer ({code}): {message}")
        else:
            self._gate.want()

    def _on_error(self, error: realtime.ErrorDetail) -> None:
        code = error.code or error.type
        self.counts[f"error {code}"] += 1
        if code in HARMLESS or self._interruption.refused(error):
            return
        if code == realtime.CONVERSATION_ALREADY_HAS_ACTIVE_RESPONSE:
            self._gate.refused(self._stream.now_ns())
        elif code in FATAL:
            self.fail(f"The model refuses the call ({code}): {error.message}")
        elif code == realtime.SESSION_EXPIRED or self._introduction.ready:
            return
        elif self._introduction.concerns(error):
            self._refused_session(error.message)

    def _interrupt(self, now_ns: int) -> None:
        if self._voice is None or self.failure is not None:
            return
        self._interruption.interrupt(now_ns, self._voice, self._gate.active)
        if (echo := self._voice.echo.look()) is not None:
            self._stream.note("echo", delay_ms=echo.delay_ms, share=echo.share, alike=echo.alike)
