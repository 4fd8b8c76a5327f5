"""One Realtime session as the server sees it: a state machine without sockets or clocks.

Session time is passed in as `now_s`: seconds of any clock that never falls. Every verb returns what
is to be done, in order; nothing is done here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import msgspec

from voicelab.audio.format import AudioFormat
from voicelab.protocol import realtime
from voicelab.protocol.realtime import codes
from voicelab.sim.realtime import session_config
from voicelab.sim.realtime.asking import Asking
from voicelab.sim.realtime.conversation import Conversation
from voicelab.sim.realtime.formats import audio_format
from voicelab.sim.realtime.hearing import Heard, Hearing, SpeechStarted, TimedOut
from voicelab.sim.realtime.items import Item, item_of
from voicelab.sim.realtime.message import Events
from voicelab.sim.realtime.outputs import Close, Dismiss, Output, Send
from voicelab.sim.realtime.refusal import Refused
from voicelab.sim.realtime.response import Part, Response
from voicelab.sim.realtime.responses import Responses
from voicelab.sim.realtime.session_rules import RESPONSE
from voicelab.sim.realtime.user_item import transcribed, user_item

_CLIENT_TYPES: Final = (
    "session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "conversation.item.create",
    "conversation.item.truncate",
    "conversation.item.delete",
    "conversation.item.retrieve",
    "response.create",
    "response.cancel",
    "output_audio_buffer.clear",
)


class RealtimeCore:
    """A session.

    Parameters
    ----------
    mint : callable
        ``mint(prefix)`` makes an id that is used once.
    model : str
    begin_s : float
        When it begins.
    epoch_s : float
        The same in Unix seconds.
    session_s : float
        How long it may last.
    delay_s : callable
        Draws how long a response thinks before it speaks.
    speed : float
        Seconds of the model's sound in a second; infinite sends all at once.
    tool_calls : int
        How many tools the first user turn calls at once, where the session allows several.
    call : str or None
        For `Turn.call`.
    transcribe_only : bool
        A session of type ``transcription``.
    """

    def __init__(
        self,
        *,
        mint: Callable[[str], str],
        model: str = realtime.DEFAULT_MODEL,
        begin_s: float = 0.0,
        epoch_s: float = 0.0,
        session_s: float = codes.SESSION_S,
        delay_s: Callable[[], float] = float,
        speed: float = math.inf,
        tool_calls: int = 1,
        call: str | None = None,
        transcribe_only: bool = False,
    ) -> None:
        new = (
            session_config.transcription_session if transcribe_only else session_config.new_session
        )
        self.session = new(mint("sess"), model, int(epoch_s + session_s))
        self.conversation = Conversation()
        self.hearing = Hearing(self._input_format, self._detection)
        self.responses = Responses(self.conversation, mint("conv"), mint, speed)
        self.ended = False
        self._asking = Asking(self.conversation, tool_calls=tool_calls, call=call)
        self._mint = mint
        self._session_s = session_s
        self._expires_s = begin_s + session_s
        self._delay_s = delay_s
        self._speaking_id: str | None = None
        self._spoken = False

    # What is asked of it

    def open(self) -> list[Output]:
        """Begin: the first event of the socket."""
        return self._send([realtime.SessionCreated(session=self.session)])

    def on_event(self, now_s: float, event: realtime.ClientEvent) -> list[Output]:
        """Take what the client sent; whatever it is, nothing is raised."""
        if self.ended:
            return []
        try:
            return self._take(now_s, event)
        except Refused as refused:
            return self._send([refused.event(_event_id(event))])

    def tick(self, now_s: float) -> list[Output]:
        """Do all that is due: what the responses have to say, the end of the session."""
        if self.ended:
            return []
        if now_s >= self._expires_s:
            return self._expire()
        out: list[Output] = []
        for response, events in self.responses.advance(now_s):
            out += self._send(events)
            self._note(response)
        return out

    def say(self, now_s: float, response_id: str, part: Part) -> list[Output]:
        """Take a part of the agent's answer; one that nobody waits for is dropped."""
        if response := self.responses.get(response_id):
            response.say(now_s, part)
            self._asking.said(part)
        return self.tick(now_s)

    def finish(self, now_s: float, response_id: str) -> list[Output]:
        """The agent has said all of an answer."""
        if response := self.responses.get(response_id):
            response.finish()
        return self.tick(now_s)

    @property
    def next_wake_s(self) -> float:
        """When something is due next; infinite after the end."""
        return math.inf if self.ended else min(self._expires_s, self.responses.due_s)

    # The client's events

    def _take(self, now_s: float, event: realtime.ClientEvent) -> list[Output]:
        match event:
            case realtime.InputAudioBufferAppend(audio=audio):
                return self._append(now_s, audio)
            case realtime.SessionUpdate(session=update):
                return self._update(update)
            case realtime.InputAudioBufferCommit():
                return self._commit_all()
            case realtime.InputAudioBufferClear():
                self.hearing.clear()
                self._speaking_id = None
                return self._send([realtime.InputAudioBufferCleared()])
            case realtime.ConversationItemCreate(item=given, previous_item_id=after):
                item = item_of(given, self._mint("item"), self._input_format)
                return self._send(self._placed(item, after))
            case realtime.ConversationItemTruncate():
                return self._truncate(event)
            case realtime.ConversationItemDelete(item_id=item_id):
                self.conversation.delete(item_id)
                return self._send([realtime.ConversationItemDeleted(item_id=item_id)])
            case realtime.ConversationItemRetrieve(item_id=item_id):
                item = self.conversation.retrieve(item_id)
                return self._send([realtime.ConversationItemRetrieved(item=item.with_audio())])
            case realtime.ResponseCreate(response=request):
                return self._respond(now_s, request or {})
            case realtime.ResponseCancel(response_id=response_id):
                return self._cancel(response_id, "client_cancelled")
            case realtime.OutputAudioBufferClear():
                raise Refused(
                    "output_audio_buffer.clear works over WebRTC and SIP only.",
                    codes.INVALID_VALUE,
                    "type",
                )
            case realtime.Unknown(type=kind):
                supported = ", ".join(f"'{each}'" for each in _CLIENT_TYPES)
                raise Refused(
                    f"Invalid value: '{kind}'. Supported values are: {supported}.",
                    codes.INVALID_VALUE,
                    "type",
                )
            case realtime.Malformed(reason=reason):
                raise Refused(f"The event could not be read: {reason}.", "invalid_event")

    def _update(self, update: dict[str, Any]) -> list[Output]:
        self.session = session_config.updated_session(self.session, update, spoken=self._spoken)
        self.hearing.configure(self._input_format, self._detection)
        if not self.hearing.speaking:
            self._speaking_id = None
        return self._send([realtime.SessionUpdated(session=self.session)])

    def _append(self, now_s: float, audio: bytes) -> list[Output]:
        if len(audio) > codes.MAX_APPEND_BYTES:
            raise Refused(
                f"Invalid 'audio': {len(audio)} bytes; an event holds "
                f"{codes.MAX_APPEND_BYTES} at most.",
                codes.INVALID_VALUE,
                "audio",
            )
        out: list[Output] = []
        for heard in self.hearing.append(audio):
            out += self._heard(now_s, heard)
        return out

    def _commit_all(self) -> list[Output]:
        held_ms = self.hearing.buffer.held_ms
        if held_ms < codes.MIN_COMMIT_MS:
            raise Refused(
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"{codes.MIN_COMMIT_MS}ms of audio, but buffer only has {held_ms:.2f}ms of audio.",
                codes.INPUT_AUDIO_BUFFER_COMMIT_EMPTY,
            )
        item_id, self._speaking_id = self._speaking_id or self._mint("item"), None
        item = user_item(item_id, self.hearing.take(), self._input_format)
        return self._send([*self._committed(item), *self._transcribed(item)])

    def _truncate(self, event: realtime.ConversationItemTruncate) -> list[Output]:
        self.conversation.truncate(event.item_id, event.content_index, event.audio_end_ms)
        self._asking.interrupted = True
        return self._send(
            [
                realtime.ConversationItemTruncated(
                    item_id=event.item_id,
                    content_index=event.content_index,
                    audio_end_ms=event.audio_end_ms,
                )
            ]
        )

    # What is heard

    def _heard(self, now_s: float, heard: Heard) -> list[Output]:
        detection = self._detection or {}
        if isinstance(heard, SpeechStarted):
            self._speaking_id = self._mint("item")
            started = realtime.InputAudioBufferSpeechStarted(
                item_id=self._speaking_id, audio_start_ms=heard.start_ms
            )
            out = self._send([started])
            if detection["interrupt_response"] and self.responses.active:
                self._asking.interrupted = True
                out += self._cancel(None, "turn_detected")
            return out
        item_id, self._speaking_id = self._speaking_id or self._mint("item"), None
        timed_out = isinstance(heard, TimedOut)
        events: Events = [
            realtime.InputAudioBufferTimeoutTriggered(
                item_id=item_id, audio_start_ms=heard.start_ms, audio_end_ms=heard.end_ms
            )
            if isinstance(heard, TimedOut)
            else realtime.InputAudioBufferSpeechStopped(item_id=item_id, audio_end_ms=heard.end_ms)
        ]
        item = user_item(item_id, heard.audio, self._input_format)
        out = self._send([*events, *self._committed(item)])
        if detection["create_response"] or timed_out:
            try:
                out += self._respond(now_s, {}, timed_out=timed_out)
            except Refused as refused:
                out += self._send([refused.event(None)])
        return out + self._send(self._transcribed(item))

    def _committed(self, item: Item) -> Events:
        previous = self.conversation.last_id
        committed = realtime.InputAudioBufferCommitted(item_id=item.id, previous_item_id=previous)
        return [committed, *self._placed(item)]

    def _placed(self, item: Item, after: str | None = None) -> Events:
        previous = self.conversation.place(item, after)
        self._asking.placed(item)
        return [
            realtime.ConversationItemAdded(item=item.shown(), previous_item_id=previous),
            realtime.ConversationItemDone(item=item.shown(), previous_item_id=previous),
        ]

    def _transcribed(self, item: Item) -> Events:
        wanted = self.session["audio"]["input"]["transcription"] is not None
        return transcribed(item) if wanted else []

    # What is said

    def _respond(
        self, now_s: float, request: dict[str, Any], *, timed_out: bool = False
    ) -> list[Output]:
        if self.session["type"] != "realtime":
            return []
        RESPONSE(request, "response")
        given = request.get("input")
        items = None if given is None else [self._input_item(each) for each in given]
        context = self.conversation.items if items is None else items
        begin_s = now_s + self._delay_s()
        response = self.responses.create(self.session, request, list(context), begin_s)
        self.hearing.stop_waiting()
        ask = self._asking.ask(
            response, self.session, request, items, self._input_format, timed_out=timed_out
        )
        return [*self._send(response.created()), ask]

    def _input_item(self, given: dict[str, Any]) -> Item:
        if given.get("type") == "item_reference":
            return self.conversation.retrieve(str(given.get("id")))
        return item_of(given, self._mint("item"), self._input_format)

    def _cancel(self, response_id: str | None, reason: Any) -> list[Output]:
        response, events = self.responses.cancel(response_id, reason)
        out: list[Output] = [*self._send(events), Dismiss(response.id)]
        self._note(response)
        return out

    def _note(self, response: Response) -> None:
        """Remember what a response said, as far as it matters later."""
        self._spoken = self._spoken or response.audio_ms > 0
        if response.conversation is None:
            return
        if response.spoke:
            self._asking.answered(response.id)
        if response.state != "in_progress" and not self.hearing.speaking:
            self.hearing.wait_for_speech(response.audio_ms)

    # The session

    def _expire(self) -> list[Output]:
        self.ended = True
        minutes = self._session_s / 60
        length = f"{minutes:g} minutes" if minutes >= 1 else f"{self._session_s:g} seconds"
        message = f"Your session hit the maximum duration of {length}."
        detail = realtime.ErrorDetail(
            type="invalid_request_error", message=message, code=codes.SESSION_EXPIRED
        )
        expired = self._send([realtime.ErrorEvent(error=detail)])
        return [*expired, Close(codes.CLOSE_EXPIRED, message)]

    @property
    def _input_format(self) -> AudioFormat:
        return audio_format(self.session["audio"]["input"]["format"])

    @property
    def _detection(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.session["audio"]["input"]["turn_detection"]
        return found

    def _send(self, events: Events) -> list[Output]:
        mint, replace = self._mint, msgspec.structs.replace
        return [Send(replace(event, event_id=mint("event"))) for event in events]


def _event_id(event: realtime.ClientEvent) -> str | None:
    """Return the client's name for its event, for the error it caused."""
    if isinstance(event, realtime.Event):
        return event.event_id
    try:
        found = msgspec.json.decode(event.raw).get("event_id")
    except (msgspec.MsgspecError, ValueError, AttributeError, RecursionError):
        return None
    return found if isinstance(found, str) else None
