"""What a client says to a Realtime server. ``session``, ``item`` and ``response`` stay as given."""

from __future__ import annotations

from typing import Any, TypeAlias

from voicelab.protocol.realtime.event import Event, Malformed, Unknown


class SessionUpdate(Event, frozen=True, tag="session.update"):
    """Change what ``session`` names and leave the rest; see :class:`Session`."""

    session: dict[str, Any]


class InputAudioBufferAppend(Event, frozen=True, tag="input_audio_buffer.append"):
    """Sound for the model, in the session's input format; base64 only on the wire."""

    audio: bytes


class InputAudioBufferCommit(Event, frozen=True, tag="input_audio_buffer.commit"):
    """Make what was appended a user item; 100 ms at least."""


class InputAudioBufferClear(Event, frozen=True, tag="input_audio_buffer.clear"):
    """Forget what was appended since the last commit."""


class ConversationItemCreate(Event, frozen=True, tag="conversation.item.create"):
    """Put an item into the conversation.

    Attributes
    ----------
    item : dict
        See :mod:`voicelab.protocol.realtime.items`.
    previous_item_id : str or None
        Where it goes: behind this item; ``"root"`` is the start, None the end.
    """

    item: dict[str, Any]
    previous_item_id: str | None = None


class ConversationItemTruncate(Event, frozen=True, tag="conversation.item.truncate"):
    """Cut an assistant's audio to what was heard; its transcript is deleted with it.

    Attributes
    ----------
    item_id : str
    content_index : int
        0: the item's first part.
    audio_end_ms : int
        What was heard of it; more than there is, is an error.
    """

    item_id: str
    content_index: int
    audio_end_ms: int


class ConversationItemDelete(Event, frozen=True, tag="conversation.item.delete"):
    """Take an item out of the conversation."""

    item_id: str


class ConversationItemRetrieve(Event, frozen=True, tag="conversation.item.retrieve"):
    """Ask for an item as the server holds it, audio included."""

    item_id: str


class ResponseCreate(Event, frozen=True, tag="response.create"):
    """Ask the model to speak, with other settings than the session's where given."""

    response: dict[str, Any] | None = None


class ResponseCancel(Event, frozen=True, tag="response.cancel"):
    """Stop the response that is being made; None means the one of the conversation."""

    response_id: str | None = None


class OutputAudioBufferClear(Event, frozen=True, tag="output_audio_buffer.clear"):
    """Drop what the server plays; over WebRTC and SIP only."""


KnownClientEvent: TypeAlias = (
    SessionUpdate
    | InputAudioBufferAppend
    | InputAudioBufferCommit
    | InputAudioBufferClear
    | ConversationItemCreate
    | ConversationItemTruncate
    | ConversationItemDelete
    | ConversationItemRetrieve
    | ResponseCreate
    | ResponseCancel
    | OutputAudioBufferClear
)

ClientEvent: TypeAlias = KnownClientEvent | Unknown | Malformed
"""Everything :func:`~voicelab.protocol.realtime.parse_client` can return."""
