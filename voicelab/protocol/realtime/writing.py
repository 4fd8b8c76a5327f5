"""Events to wire text, strictly: what the other side would refuse or misread is refused here."""

from __future__ import annotations

from typing import Any

import msgspec

from voicelab.errors import ProtocolError
from voicelab.protocol.realtime.beta import to_beta
from voicelab.protocol.realtime.client_events import (
    ClientEvent,
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemRetrieve,
    ConversationItemTruncate,
    InputAudioBufferAppend,
    SessionUpdate,
)
from voicelab.protocol.realtime.codes import MAX_APPEND_BYTES
from voicelab.protocol.realtime.event import Dialect, Event, Unknown
from voicelab.protocol.realtime.reading import CLIENT, SERVER, UNREADABLE
from voicelab.protocol.realtime.response_events import ResponseOutputAudioDelta
from voicelab.protocol.realtime.server_events import ConversationItemDone, ServerEvent

_encode = msgspec.json.Encoder().encode
_SESSION_TYPES = ("realtime", "transcription")


def build(event: ClientEvent | ServerEvent, dialect: Dialect = "ga") -> str:
    """Write an event of either direction as compact JSON.

    Parameters
    ----------
    event : ClientEvent or ServerEvent
        In GA's names and shapes, whatever the dialect. :class:`Unknown` is written as it came.
    dialect : {"ga", "beta"}

    Raises
    ------
    ProtocolError
        An append that is empty or above 15 MiB; a session update without a ``type``; an item
        without one; an empty id; a time or index below 0; a field of another type than its own;
        text that is not Unicode; an event that the dialect lacks; :class:`Malformed`.
    """
    if isinstance(event, Unknown):
        return event.raw
    if not isinstance(event, Event):
        raise ProtocolError(
            f"{type(event).__name__} cannot be sent. Give one of the events; a text of your own "
            "goes out through Unknown."
        )
    _check(event)
    text = _json(event)
    if not isinstance(event, InputAudioBufferAppend | ResponseOutputAudioDelta):
        _check_types(event, text)
    if dialect == "ga":
        return text
    if isinstance(event, ConversationItemDone):
        raise ProtocolError(
            "The beta dialect has no conversation.item.done; conversation.item.created, which "
            "ConversationItemAdded becomes, said it all."
        )
    return _json(to_beta(msgspec.json.decode(text)))


def _json(value: Any) -> str:
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:
        problem = "it holds half a surrogate pair, which JSON in UTF-8 cannot carry"
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        problem = f"it is not JSON: {error}"
    raise ProtocolError(f"{type(value).__name__} cannot be sent: {problem}.")


def _check(event: Event) -> None:
    match event:
        case InputAudioBufferAppend(audio=audio):
            _check_bytes(event, audio)
            if not audio:
                raise ProtocolError("InputAudioBufferAppend.audio is empty. Send some sound.")
            if len(audio) > MAX_APPEND_BYTES:
                raise ProtocolError(
                    f"InputAudioBufferAppend.audio has {len(audio):,} bytes; one event holds "
                    f"{MAX_APPEND_BYTES:,} at most. Send it in pieces."
                )
        case ResponseOutputAudioDelta(delta=delta):
            _check_bytes(event, delta)
        case SessionUpdate(session=session):
            if _field(session, "type") not in _SESSION_TYPES:
                raise ProtocolError(
                    'SessionUpdate.session needs "type": "realtime" or "transcription". Without '
                    "it the server refuses the whole update. Session(…).as_dict() has it."
                )
        case ConversationItemCreate(item=item):
            if not _field(item, "type"):
                raise ProtocolError('ConversationItemCreate.item needs a "type".')
        case ConversationItemTruncate():
            _check_id(event, event.item_id)
            if min(event.audio_end_ms, event.content_index) < 0:
                raise ProtocolError(
                    "ConversationItemTruncate counts from 0: "
                    f"audio_end_ms={event.audio_end_ms}, content_index={event.content_index}."
                )
        case ConversationItemDelete() | ConversationItemRetrieve():
            _check_id(event, event.item_id)


def _field(given: Any, name: str) -> Any:
    return given.get(name) if isinstance(given, dict) else None


def _check_bytes(event: Event, audio: object) -> None:
    if not isinstance(audio, bytes | bytearray | memoryview):
        raise ProtocolError(
            f"{type(event).__name__} takes bytes, not {type(audio).__name__}; "
            "base64 is made of them here."
        )


def _check_id(event: Event, item_id: str) -> None:
    if not item_id:
        raise ProtocolError(f"{type(event).__name__}.item_id is empty. Name the item.")


def _check_types(event: Event, text: str) -> None:
    decode = CLIENT.decode if event.type in CLIENT.types else SERVER.decode
    try:
        decode(text)
    except UNREADABLE as error:
        raise ProtocolError(f"{type(event).__name__} cannot be sent: {error}.") from None
