"""One thing the model says: the events from its opening to its end, in their order."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Literal

from voicelab.audio.format import AudioFormat
from voicelab.protocol import realtime
from voicelab.sim.realtime.items import Item

Status = Literal["completed", "incomplete"]
Events = list[realtime.KnownServerEvent]


class Message:
    """An assistant's item while it is spoken, or written where `format` is None.

    Parameters
    ----------
    response_id, item_id : str
    output_index : int
    format : AudioFormat or None
    """

    def __init__(
        self, response_id: str, item_id: str, output_index: int, format: AudioFormat | None
    ) -> None:
        wire: dict[str, Any] = {
            "id": item_id,
            "object": "realtime.item",
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        self.item = Item(wire, format)
        self.output_index = output_index
        self._response_id = response_id
        self._ids: dict[str, Any] = {
            "response_id": response_id,
            "item_id": item_id,
            "output_index": output_index,
            "content_index": 0,
        }

    def opened(self, placed: Events) -> Events:
        """Begin: the item, its place in the conversation, its only part."""
        added = realtime.ResponseOutputItemAdded(
            response_id=self._response_id,
            output_index=self.output_index,
            item=deepcopy(self.item.wire),
        )
        part = realtime.ResponseContentPartAdded(**self._ids, part=self._part())
        field = "text" if self.item.format is None else "transcript"
        content = "output_text" if self.item.format is None else "output_audio"
        self.item.wire["content"] = [{"type": content, field: ""}]
        return [added, *placed, part]

    def spoken(self, words: str, payload: bytes = b"") -> Events:
        """Say the next words, and the sound that goes with them."""
        events: Events = []
        self.item.spoken += words
        if words and self.item.format is None:
            events.append(realtime.ResponseOutputTextDelta(**self._ids, delta=words))
        elif words:
            events.append(realtime.ResponseOutputAudioTranscriptDelta(**self._ids, delta=words))
        if payload:
            self.item.audio += payload
            events.append(realtime.ResponseOutputAudioDelta(**self._ids, delta=payload))
        return events

    def closed(self, status: Status, *, in_conversation: bool, previous: str | None) -> Events:
        """End: every part that is open is done, then the item, whatever its status."""
        words, wire = self.item.spoken, self.item.wire
        wire["status"] = status
        self.item.cut = status == "incomplete"
        events: Events
        if self.item.format is None:
            wire["content"][0]["text"] = words
            events = [realtime.ResponseOutputTextDone(**self._ids, text=words)]
        else:
            wire["content"][0]["transcript"] = words
            events = [
                realtime.ResponseOutputAudioDone(**self._ids),
                realtime.ResponseOutputAudioTranscriptDone(**self._ids, transcript=words),
            ]
        events.append(realtime.ResponseContentPartDone(**self._ids, part=self._part()))
        return events + item_done(
            self._response_id,
            self.output_index,
            self.item,
            in_conversation=in_conversation,
            previous=previous,
        )

    def _part(self) -> dict[str, Any]:
        if self.item.format is None:
            return {"type": "text", "text": self.item.spoken}
        return {"type": "audio", "transcript": self.item.spoken}


def item_done(
    response_id: str,
    output_index: int,
    item: Item,
    *,
    in_conversation: bool,
    previous: str | None,
) -> Events:
    """End an item: first in the conversation, then in the response."""
    wire = deepcopy(item.wire)
    done = realtime.ResponseOutputItemDone(
        response_id=response_id, output_index=output_index, item=wire
    )
    if not in_conversation:
        return [done]
    return [realtime.ConversationItemDone(item=wire, previous_item_id=previous), done]


def call_events(
    response_id: str,
    output_index: int,
    item: Item,
    placed: Events,
    *,
    in_conversation: bool,
    previous: str | None,
) -> Events:
    """Call a function: the item with no arguments yet, the arguments, the whole item.

    Parameters
    ----------
    response_id : str
    output_index : int
    item : Item
        The whole call; it becomes ``completed``.
    placed : list of events
        Its place in the conversation.
    in_conversation : bool
    previous : str or None
        The id of the item before it.
    """
    call = item.wire
    begun = {**call, "status": "in_progress", "arguments": ""}
    call["status"] = "completed"
    ids = {
        "response_id": response_id,
        "item_id": item.id,
        "output_index": output_index,
        "call_id": call["call_id"],
    }
    return [
        realtime.ResponseOutputItemAdded(
            response_id=response_id, output_index=output_index, item=begun
        ),
        *placed,
        realtime.ResponseFunctionCallArgumentsDelta(**ids, delta=call["arguments"]),
        realtime.ResponseFunctionCallArgumentsDone(
            **ids, name=call["name"], arguments=call["arguments"]
        ),
        *item_done(
            response_id, output_index, item, in_conversation=in_conversation, previous=previous
        ),
    ]
