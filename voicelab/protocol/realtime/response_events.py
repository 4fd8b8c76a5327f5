"""What a Realtime server says about a response while it is made.

``output_index`` counts a response's items, ``content_index`` an item's parts; both begin at 0.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from voicelab.protocol.realtime.event import Event


class ResponseCreated(Event, frozen=True, tag="response.created"):
    """A response began; its ``metadata`` is that of the ``response.create``."""

    response: dict[str, Any]


class ResponseDone(Event, frozen=True, tag="response.done"):
    """A response ended, with its status and usage; whatever was open was closed before."""

    response: dict[str, Any]


class ResponseOutputItemAdded(Event, frozen=True, tag="response.output_item.added"):
    """The response has another item, a message or a function call, still empty."""

    response_id: str
    output_index: int
    item: dict[str, Any]


class ResponseOutputItemDone(Event, frozen=True, tag="response.output_item.done"):
    """The item is whole, or will never be: its status says which."""

    response_id: str
    output_index: int
    item: dict[str, Any]


class ResponseContentPartAdded(Event, frozen=True, tag="response.content_part.added"):
    """The item has another part; ``part["type"]`` is ``audio`` or ``text`` in either dialect."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    part: dict[str, Any]


class ResponseContentPartDone(Event, frozen=True, tag="response.content_part.done"):
    """The part is whole, or will never be."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    part: dict[str, Any]


class ResponseOutputTextDelta(Event, frozen=True, tag="response.output_text.delta"):
    """More of a written answer."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: str


class ResponseOutputTextDone(Event, frozen=True, tag="response.output_text.done"):
    """A written answer, whole."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    text: str


class ResponseOutputAudioDelta(Event, frozen=True, tag="response.output_audio.delta"):
    """More of what the model says, in the session's output format, faster than it is spoken."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: bytes


class ResponseOutputAudioDone(Event, frozen=True, tag="response.output_audio.done"):
    """No more audio comes for this part; the audio itself is not repeated."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int


class ResponseOutputAudioTranscriptDelta(
    Event, frozen=True, tag="response.output_audio_transcript.delta"
):
    """More of the words of what the model says; not aligned with the audio deltas."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: str


class ResponseOutputAudioTranscriptDone(
    Event, frozen=True, tag="response.output_audio_transcript.done"
):
    """All words of the part."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int
    transcript: str


class ResponseFunctionCallArgumentsDelta(
    Event, frozen=True, tag="response.function_call_arguments.delta"
):
    """More of a call's arguments, which are JSON in a string."""

    response_id: str
    item_id: str
    output_index: int
    call_id: str
    delta: str


class ResponseFunctionCallArgumentsDone(
    Event, frozen=True, tag="response.function_call_arguments.done"
):
    """A call's arguments, whole; ``name`` is always there in GA, never in beta."""

    response_id: str
    item_id: str
    output_index: int
    call_id: str
    arguments: str
    name: str | None = None


class ResponseMcpCallArgumentsDelta(Event, frozen=True, tag="response.mcp_call_arguments.delta"):
    """More of the arguments of a call that the server itself makes."""

    response_id: str
    item_id: str
    output_index: int
    delta: str


class ResponseMcpCallArgumentsDone(Event, frozen=True, tag="response.mcp_call_arguments.done"):
    """The arguments of a call that the server itself makes."""

    response_id: str
    item_id: str
    output_index: int
    arguments: str


class ResponseMcpCallInProgress(Event, frozen=True, tag="response.mcp_call.in_progress"):
    """The server calls a tool."""

    item_id: str
    output_index: int


class ResponseMcpCallCompleted(Event, frozen=True, tag="response.mcp_call.completed"):
    """The server's tool answered."""

    item_id: str
    output_index: int


class ResponseMcpCallFailed(Event, frozen=True, tag="response.mcp_call.failed"):
    """The server's tool did not answer."""

    item_id: str
    output_index: int


ResponseEvent: TypeAlias = (
    ResponseCreated
    | ResponseDone
    | ResponseOutputItemAdded
    | ResponseOutputItemDone
    | ResponseContentPartAdded
    | ResponseContentPartDone
    | ResponseOutputTextDelta
    | ResponseOutputTextDone
    | ResponseOutputAudioDelta
    | ResponseOutputAudioDone
    | ResponseOutputAudioTranscriptDelta
    | ResponseOutputAudioTranscriptDone
    | ResponseFunctionCallArgumentsDelta
    | ResponseFunctionCallArgumentsDone
    | ResponseMcpCallArgumentsDelta
    | ResponseMcpCallArgumentsDone
    | ResponseMcpCallInProgress
    | ResponseMcpCallCompleted
    | ResponseMcpCallFailed
)
