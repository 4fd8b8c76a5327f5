"""What a Realtime server says about the session, the conversation and the caller's audio."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from voicelab.protocol.realtime.event import Event, Malformed, Unknown
from voicelab.protocol.realtime.response_events import ResponseEvent


class ErrorDetail(msgspec.Struct, frozen=True, gc=False):
    """What went wrong.

    Attributes
    ----------
    type : str
        The kind, such as ``invalid_request_error`` or ``server_error``.
    message : str
        For people.
    code : str or None
        For programs: see :mod:`voicelab.protocol.realtime.codes`.
    param : str or None
        The field at fault, such as ``session.type``.
    event_id : str or None
        The client's event that caused it, where that had an id.
    """

    type: str = ""
    message: str = ""
    code: str | None = None
    param: str | None = None
    event_id: str | None = None


class ErrorEvent(Event, frozen=True, tag="error"):
    """A refusal or a failure; the session goes on unless the socket closes as well."""

    error: ErrorDetail


class SessionCreated(Event, frozen=True, tag="session.created"):
    """The server's first event: the whole configuration with its defaults."""

    session: dict[str, Any]


class SessionUpdated(Event, frozen=True, tag="session.updated"):
    """The whole configuration after an update."""

    session: dict[str, Any]


class ConversationItemAdded(Event, frozen=True, tag="conversation.item.added"):
    """An item has its place; what is in it may still come."""

    item: dict[str, Any]
    previous_item_id: str | None = None


class ConversationItemDone(Event, frozen=True, tag="conversation.item.done"):
    """An item is whole."""

    item: dict[str, Any]
    previous_item_id: str | None = None


class ConversationItemDeleted(Event, frozen=True, tag="conversation.item.deleted"):
    """An item is gone."""

    item_id: str


class ConversationItemRetrieved(Event, frozen=True, tag="conversation.item.retrieved"):
    """An item as the server holds it, audio included."""

    item: dict[str, Any]


class ConversationItemTruncated(Event, frozen=True, tag="conversation.item.truncated"):
    """An assistant's audio was cut; its transcript is gone."""

    item_id: str
    content_index: int
    audio_end_ms: int


class ConversationItemInputAudioTranscriptionDelta(
    Event, frozen=True, tag="conversation.item.input_audio_transcription.delta"
):
    """More of what the caller said; it may come long after the response began."""

    item_id: str
    content_index: int
    delta: str = ""
    logprobs: list[Any] | None = None


class ConversationItemInputAudioTranscriptionCompleted(
    Event, frozen=True, tag="conversation.item.input_audio_transcription.completed"
):
    """What the caller said.

    Attributes
    ----------
    item_id : str
    content_index : int
    transcript : str
    usage : dict or None
        In ``tokens`` or in seconds of ``duration``; always there in GA.
    """

    item_id: str
    content_index: int
    transcript: str
    usage: dict[str, Any] | None = None
    languages: list[Any] | None = None
    logprobs: list[Any] | None = None


class ConversationItemInputAudioTranscriptionSegment(
    Event, frozen=True, tag="conversation.item.input_audio_transcription.segment"
):
    """What one speaker said; ``start`` and ``end`` in seconds."""

    id: str
    item_id: str
    content_index: int
    text: str
    speaker: str
    start: float
    end: float


class ConversationItemInputAudioTranscriptionFailed(
    Event, frozen=True, tag="conversation.item.input_audio_transcription.failed"
):
    """The caller's words could not be told."""

    item_id: str
    content_index: int
    error: dict[str, Any]


class InputAudioBufferSpeechStarted(Event, frozen=True, tag="input_audio_buffer.speech_started"):
    """The caller began to speak.

    Attributes
    ----------
    item_id : str
        The user item that it will become.
    audio_start_ms : int
        In all audio ever appended, the prefix padding included.
    """

    item_id: str
    audio_start_ms: int


class InputAudioBufferSpeechStopped(Event, frozen=True, tag="input_audio_buffer.speech_stopped"):
    """The caller fell silent; ``audio_end_ms`` counts all audio ever appended."""

    item_id: str
    audio_end_ms: int


class InputAudioBufferCommitted(Event, frozen=True, tag="input_audio_buffer.committed"):
    """The buffer became a user item."""

    item_id: str
    previous_item_id: str | None = None


class InputAudioBufferCleared(Event, frozen=True, tag="input_audio_buffer.cleared"):
    """The buffer is empty."""


class InputAudioBufferTimeoutTriggered(
    Event, frozen=True, tag="input_audio_buffer.timeout_triggered"
):
    """The caller was silent for ``idle_timeout_ms``, and the model will speak."""

    item_id: str
    audio_start_ms: int
    audio_end_ms: int


class InputAudioBufferDtmfEventReceived(
    Event, frozen=True, tag="input_audio_buffer.dtmf_event_received"
):
    """A key on a SIP call; ``received_at`` in Unix seconds."""

    event: str
    received_at: int


class OutputAudioBufferStarted(Event, frozen=True, tag="output_audio_buffer.started"):
    """The server began to play a response; over WebRTC and SIP only."""

    response_id: str


class OutputAudioBufferStopped(Event, frozen=True, tag="output_audio_buffer.stopped"):
    """The server played a response to its end; over WebRTC and SIP only."""

    response_id: str


class OutputAudioBufferCleared(Event, frozen=True, tag="output_audio_buffer.cleared"):
    """The server dropped what it had not played; over WebRTC and SIP only."""

    response_id: str


class RateLimitsUpdated(Event, frozen=True, tag="rate_limits.updated"):
    """What is left of each limit: ``name``, ``limit``, ``remaining``, ``reset_seconds``."""

    rate_limits: list[dict[str, Any]]


class McpListToolsInProgress(Event, frozen=True, tag="mcp_list_tools.in_progress"):
    """The server asks another one for its tools."""

    item_id: str


class McpListToolsCompleted(Event, frozen=True, tag="mcp_list_tools.completed"):
    """The server has the other one's tools."""

    item_id: str


class McpListToolsFailed(Event, frozen=True, tag="mcp_list_tools.failed"):
    """The server could not have the other one's tools."""

    item_id: str


KnownServerEvent: TypeAlias = (
    ErrorEvent
    | SessionCreated
    | SessionUpdated
    | ConversationItemAdded
    | ConversationItemDone
    | ConversationItemDeleted
    | ConversationItemRetrieved
    | ConversationItemTruncated
    | ConversationItemInputAudioTranscriptionDelta
    | ConversationItemInputAudioTranscriptionCompleted
    | ConversationItemInputAudioTranscriptionSegment
    | ConversationItemInputAudioTranscriptionFailed
    | InputAudioBufferSpeechStarted
    | InputAudioBufferSpeechStopped
    | InputAudioBufferCommitted
    | InputAudioBufferCleared
    | InputAudioBufferTimeoutTriggered
    | InputAudioBufferDtmfEventReceived
    | OutputAudioBufferStarted
    | OutputAudioBufferStopped
    | OutputAudioBufferCleared
    | RateLimitsUpdated
    | McpListToolsInProgress
    | McpListToolsCompleted
    | McpListToolsFailed
    | ResponseEvent
)

ServerEvent: TypeAlias = KnownServerEvent | Unknown | Malformed
"""Everything :func:`~voicelab.protocol.realtime.parse` can return."""
