"""Messages to wire text, strictly: what the provider would misread is refused here."""

from __future__ import annotations

from typing import Any

import msgspec

from voicelab.errors import ProtocolError
from voicelab.protocol.vobiz.messages import (
    Checkpoint,
    ClearAudio,
    ClearedAudio,
    Dtmf,
    Malformed,
    Media,
    Message,
    PlayAudio,
    PlayedStream,
    Start,
    Stop,
    Unknown,
)
from voicelab.protocol.vobiz.reading import DTMF_DIGITS, MAX_COUNT

PLAY_FORMATS = frozenset(
    {
        ("audio/x-mulaw", 8000),
        ("audio/x-l16", 8000),
        ("audio/x-l16", 16000),
        ("audio/x-l16", 24000),
    }
)
"""The content types and rates in Hz that ``playAudio`` may have."""

_TRACKS = ("inbound", "outbound")
_encode = msgspec.json.Encoder().encode


def build(message: Message) -> str:
    """Write a message as compact JSON, in the provider's own shape and key order.

    Parameters
    ----------
    message : Message
        Of either direction. ``Start`` and ``ClearedAudio`` without a sequence get 0.
        ``PlayedStream`` is written without its stream id, as the provider does.

    Raises
    ------
    ProtocolError
        An empty or missing id or name; a number missing, negative or above 2**63 - 1; a track that
        does not exist; ``PlayAudio`` in a format outside :data:`PLAY_FORMATS`, empty, with half an
        L16 sample or a WAV header; a digit that is no key; text that is not Unicode;
        :class:`Unknown` and :class:`Malformed`.
    """
    try:
        return _encode(_wire(message)).decode()
    except UnicodeEncodeError:
        raise ProtocolError(
            f"{type(message).__name__} holds half a surrogate pair, which JSON in UTF-8 cannot "
            "carry. Give whole characters."
        ) from None


def _wire(message: Message) -> dict[str, Any]:
    match message:
        case Media():
            return {
                "sequenceNumber": _count(message, "sequence"),
                "streamId": _text(message, "stream_id"),
                "event": "media",
                "media": {
                    "track": _track(message),
                    "timestamp": str(_count(message, "timestamp_ms")),
                    "chunk": _count(message, "chunk"),
                    "payload": message.payload,
                },
                "extra_headers": "{}",
            }
        case PlayAudio():
            return {
                "event": "playAudio",
                "streamId": _text(message, "stream_id"),
                "media": _audio(message),
            }
        case Checkpoint():
            return {
                "event": "checkpoint",
                "streamId": _text(message, "stream_id"),
                "name": _text(message, "name"),
            }
        case ClearAudio():
            return {"event": "clearAudio", "streamId": _text(message, "stream_id")}
        case Stop():
            stop = {"event": "stop", "streamId": _text(message, "stream_id")}
            return stop if message.reason is None else stop | {"reason": message.reason}
        case Start():
            return _start(message)
        case PlayedStream():
            return {"event": "playedStream", "name": _text(message, "name")}
        case ClearedAudio():
            return {
                "sequenceNumber": _count(message, "sequence", 0),
                "event": "clearedAudio",
                "streamId": _text(message, "stream_id"),
            }
        case Dtmf():
            return _dtmf(message)
        case Unknown() | Malformed():
            raise ProtocolError(
                f"{type(message).__name__} is what reading makes of a text; it cannot be sent. "
                "Send the text itself."
            )


def _start(start: Start) -> dict[str, Any]:
    encoding = _text(start, "encoding")
    if ";" in encoding:
        raise ProtocolError(
            f"Start.encoding {encoding!r} holds a parameter. Give the bare type, such as "
            "'audio/x-mulaw', and the rate in rate_hz."
        )
    if not start.tracks or not set(start.tracks) <= set(_TRACKS):
        raise ProtocolError(
            f"Start.tracks {start.tracks!r} must name one or both of 'inbound' and 'outbound'."
        )
    return {
        "sequenceNumber": _count(start, "sequence", 0),
        "event": "start",
        "start": {
            "callId": _text(start, "call_id"),
            "streamId": _text(start, "stream_id"),
            "accountId": _text(start, "account_id"),
            "tracks": start.tracks,
            "mediaFormat": {"encoding": encoding, "sampleRate": _rate(start)},
        },
        "extra_headers": start.extra_headers,
    }


def _dtmf(dtmf: Dtmf) -> dict[str, Any]:
    if dtmf.digit not in DTMF_DIGITS:
        raise ProtocolError(f"Dtmf.digit {dtmf.digit!r} is not a key. Give one of 0-9 * # A-D.")
    return {
        "sequenceNumber": _count(dtmf, "sequence"),
        "streamId": _text(dtmf, "stream_id"),
        "event": "dtmf",
        "dtmf": {
            "track": _track(dtmf),
            "digit": dtmf.digit,
            "timestamp": str(_count(dtmf, "timestamp_ms")),
        },
    }


def _audio(play: PlayAudio) -> dict[str, Any]:
    content_type, rate_hz, payload = play.content_type, play.rate_hz, play.payload
    if (content_type, rate_hz) not in PLAY_FORMATS:
        known = ", ".join(f"{mime} at {rate} Hz" for mime, rate in sorted(PLAY_FORMATS))
        raise ProtocolError(
            f"PlayAudio cannot be {content_type!r} at {rate_hz!r} Hz. The provider plays {known}."
        )
    if not payload:
        raise ProtocolError("PlayAudio.payload is empty. Send at least one sample.")
    if content_type == "audio/x-l16" and len(payload) % 2:
        raise ProtocolError(
            f"PlayAudio.payload has {len(payload)} bytes, half a sample too many. L16 has two "
            "bytes a sample: carry the odd byte over to the next message."
        )
    if payload.startswith(b"RIFF") and payload[8:12] == b"WAVE":
        raise ProtocolError(
            "PlayAudio.payload is a WAV file, and its header would be heard. Send raw samples."
        )
    return {"contentType": content_type, "sampleRate": rate_hz, "payload": payload}


def _text(message: Message, field: str) -> str:
    value = getattr(message, field)
    if isinstance(value, str) and value:
        return value
    raise ProtocolError(
        f"{type(message).__name__}.{field} is {value!r}; it must be a text that is not empty."
    )


def _count(message: Message, field: str, default: int | None = None) -> int:
    value = getattr(message, field)
    if value is None:
        value = default
    if type(value) is int and 0 <= value <= MAX_COUNT:
        return value
    raise ProtocolError(
        f"{type(message).__name__}.{field} is {value!r}; it must be an integer of 0 to 2**63 - 1."
    )


def _rate(start: Start) -> int:
    rate_hz = _count(start, "rate_hz")
    if rate_hz == 0:
        raise ProtocolError("Start.rate_hz is 0; it must be above it, such as 8000.")
    return rate_hz


def _track(message: Media | Dtmf) -> str:
    if message.track in _TRACKS:
        return message.track
    raise ProtocolError(
        f"{type(message).__name__}.track is {message.track!r}; it must be 'inbound' or 'outbound'."
    )
