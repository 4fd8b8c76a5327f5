"""One response while it is made: what the agent says, sent off faster than it plays."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias

from voicelab.audio.format import AudioFormat
from voicelab.call.turn import HANG_UP_TOOL, HangUp, ToolCall
from voicelab.errors import StateError
from voicelab.protocol import realtime
from voicelab.sim.realtime.conversation import Conversation
from voicelab.sim.realtime.formats import bytes_a_ms
from voicelab.sim.realtime.items import Item
from voicelab.sim.realtime.message import Events, Message, call_events
from voicelab.sim.realtime.outputs import Sound
from voicelab.sim.realtime.usage import OUTPUT_MS_A_TOKEN, usage_of

DELTA_MS: Final = 200
"""The most sound in one delta; Pipecat's frames must stay below 1 MiB."""

Part: TypeAlias = Sound | str | ToolCall | HangUp
"""What a response is made of; a text where no sound was asked for."""

Reason = Literal["turn_detected", "client_cancelled", "max_output_tokens"]


class ResponseState(StrEnum):
    """Where a response is; the ends are the wire's ``status``."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class ResponseSettings:
    """What a response was asked to be.

    Attributes
    ----------
    format : AudioFormat or None
        None writes instead of speaking.
    described : mapping
        What its object says besides: ``output_modalities``, ``max_output_tokens``, ``metadata``,
        ``audio``, ``conversation_id``.
    max_ms : float
        The most sound it may make.
    """

    format: AudioFormat | None
    described: Mapping[str, Any]
    max_ms: float = math.inf

    @classmethod
    def max_ms_of(cls, max_output_tokens: int | str) -> float:
        """How much sound so many tokens make."""
        if isinstance(max_output_tokens, str):
            return math.inf
        return max_output_tokens * OUTPUT_MS_A_TOKEN


class Response:
    """A response as a state machine; times are seconds of a clock that never falls.

    Parameters
    ----------
    response_id : str
    settings : ResponseSettings
    context : sequence of Item
        What it answers.
    conversation : Conversation or None
        Where its items go; None for one out of band.
    mint : callable
        ``mint(prefix)`` makes an id.
    begin_s : float
        Nothing is said before.
    speed : float
        Seconds of sound in a second; infinite sends all at once.
    """

    def __init__(
        self,
        response_id: str,
        settings: ResponseSettings,
        *,
        context: Sequence[Item],
        conversation: Conversation | None,
        mint: Callable[[str], str],
        begin_s: float,
        speed: float,
    ) -> None:
        self.id = response_id
        self.settings = settings
        self.state = ResponseState.IN_PROGRESS
        self.spoke = False
        self.output: list[Item] = []
        self.conversation = conversation
        self._context = context
        self._mint = mint
        self._speed = speed
        self._due_s = begin_s
        self._parts: deque[Part] = deque()
        self._deltas: deque[tuple[str, bytes]] = deque()
        self._finished = False
        self._message: Message | None = None
        self._previous: str | None = None
        self._said_ms = 0.0

    # What is asked of it

    def created(self) -> Events:
        """Begin."""
        return [realtime.ResponseCreated(response=self.as_dict())]

    def say(self, now_s: float, part: Part) -> None:
        """Take what the agent says next; it goes out with `advance`."""
        self._parts.append(part)
        self._due_s = max(self._due_s, now_s)

    def finish(self) -> None:
        """The agent has said all."""
        self._finished = True

    def advance(self, now_s: float) -> Events:
        """Return what is due."""
        events: Events = []
        while self.state is ResponseState.IN_PROGRESS and self.due_s <= now_s:
            if self._deltas:
                events += self._delta()
            elif self._parts:
                events += self._begin(self._parts.popleft())
            else:
                events += self._end(ResponseState.COMPLETED)
        return events

    def cancel(self, reason: Reason) -> Events:
        """Break off: all that is open is closed first."""
        return self._end(ResponseState.CANCELLED, reason)

    # What can be asked about it

    @property
    def due_s(self) -> float:
        """When something is due; infinite while the agent thinks, and after the end."""
        if self.state is not ResponseState.IN_PROGRESS:
            return math.inf
        waits = not (self._deltas or self._parts or self._finished)
        return math.inf if waits else self._due_s

    @property
    def audio_ms(self) -> int:
        """How long all its sound plays."""
        return sum(item.audio_ms for item in self.output)

    def as_dict(self) -> dict[str, Any]:
        """The response object of the wire."""
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": str(self.state),
            "status_details": None,
            "output": [deepcopy(item.wire) for item in self.output],
            **deepcopy(dict(self.settings.described)),
            "usage": None,
        }

    # How it does it

    def _begin(self, part: Part) -> Events:
        if isinstance(part, HangUp):
            part = ToolCall(HANG_UP_TOOL, {"reason": part.reason})
        if isinstance(part, ToolCall):
            return self._close_message("completed") + self._call(part)
        events: Events = []
        self.spoke = True
        if self._message is None:
            events += self._open_message()
        words = part if isinstance(part, str) else part.transcript
        if words and self._message and self._message.item.spoken:
            words = f" {words}"
        payload = b"" if isinstance(part, str) else part.payload
        self._deltas.extend(_cut(words, payload, self.settings.format))
        return events

    def _delta(self) -> Events:
        assert self._message is not None
        words, payload = self._deltas.popleft()
        ms = DELTA_MS if not payload else self._ms(payload)
        left_ms = self.settings.max_ms - self._said_ms
        if ms > left_ms:
            payload = payload[: int(left_ms) * self._bytes_a_ms]
        events = self._message.spoken(words if left_ms > 0 else "", payload)
        self._said_ms += ms
        self._due_s += ms / 1000 / self._speed
        if ms > left_ms:
            events += self._end(ResponseState.INCOMPLETE, "max_output_tokens")
        return events

    def _open_message(self) -> Events:
        self._message = Message(self.id, self._mint("item"), len(self.output), self.settings.format)
        item = self._message.item
        self.output.append(item)
        return self._message.opened(self._placed(item))

    def _close_message(self, status: Literal["completed", "incomplete"]) -> Events:
        if self._message is None:
            return []
        message, self._message = self._message, None
        return message.closed(
            status, in_conversation=self.conversation is not None, previous=self._previous
        )

    def _call(self, call: ToolCall) -> Events:
        wire = {
            "id": self._mint("item"),
            "object": "realtime.item",
            "type": "function_call",
            "status": "in_progress",
            "name": call.name,
            "call_id": self._mint("call"),
            "arguments": json.dumps(call.arguments),
        }
        item = Item(wire)
        self.output.append(item)
        begun = {**wire, "arguments": ""}
        return call_events(
            self.id,
            len(self.output) - 1,
            item,
            self._placed(item, begun),
            in_conversation=self.conversation is not None,
            previous=self._previous,
        )

    def _placed(self, item: Item, shown: dict[str, Any] | None = None) -> Events:
        if self.conversation is None:
            return []
        self._previous = self.conversation.place(item)
        return [
            realtime.ConversationItemAdded(
                item=deepcopy(shown or item.wire), previous_item_id=self._previous
            )
        ]

    def _end(self, state: ResponseState, reason: Reason | None = None) -> Events:
        if self.state is not ResponseState.IN_PROGRESS:
            raise StateError(
                f"A response that is {self.state} cannot become {state}.",
                state=self.state,
                event=state,
            )
        whole = state is ResponseState.COMPLETED
        events = self._close_message("completed" if whole else "incomplete")
        self.state = state
        self._parts.clear()
        self._deltas.clear()
        details = None if reason is None else {"type": str(state), "reason": reason}
        done = self.as_dict() | {
            "status_details": details,
            "usage": usage_of(self._context, self.output),
        }
        return [*events, realtime.ResponseDone(response=done)]

    @property
    def _bytes_a_ms(self) -> int:
        return bytes_a_ms(self.settings.format) if self.settings.format else 1

    def _ms(self, payload: bytes) -> float:
        return len(payload) / self._bytes_a_ms


def _cut(words: str, payload: bytes, format: AudioFormat | None) -> list[tuple[str, bytes]]:
    """Cut speech into deltas, the words spread evenly over the sound."""
    size = DELTA_MS * bytes_a_ms(format) if format else 1
    pieces = [payload[start : start + size] for start in range(0, len(payload), size)]
    spaced = words.replace(" ", "\0 ").split("\0") if words else []
    if not pieces:
        return [(word, b"") for word in spaced]
    shares: list[list[str]] = [[] for _ in pieces]
    for index, word in enumerate(spaced):
        shares[index * len(pieces) // len(spaced)].append(word)
    return [("".join(share), piece) for share, piece in zip(shares, pieces, strict=True)]
