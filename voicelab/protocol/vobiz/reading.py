"""Wire text to messages, tolerantly: whatever comes, something typed goes out.

Media and ``playAudio`` frames as documented take a typed decoder; everything else, and those two
where they deviate, goes through a plain dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import msgspec

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

DTMF_DIGITS = frozenset("0123456789*#ABCD")
"""The keys of a telephone, ITU-T Q.23."""

MAX_COUNT = 2**63 - 1
"""The largest number kept: what a signed 64-bit integer holds."""

_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)]


class _MediaBody(msgspec.Struct, gc=False):
    payload: bytes
    track: str = "inbound"
    chunk: _Count | None = None
    timestamp: str | int | None = None


class _MediaFrame(msgspec.Struct, gc=False, tag_field="event", tag="media"):
    media: _MediaBody
    streamId: str | None = None
    sequenceNumber: _Count | None = None


class _PlayAudioBody(msgspec.Struct, gc=False):
    contentType: str
    sampleRate: Annotated[int, msgspec.Meta(gt=0, le=MAX_COUNT)]
    payload: bytes


class _PlayAudioFrame(msgspec.Struct, gc=False, tag_field="event", tag="playAudio"):
    media: _PlayAudioBody
    streamId: str | None = None


_frame = msgspec.json.Decoder(_MediaFrame | _PlayAudioFrame).decode
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


def parse(raw: str | bytes) -> Message:
    """Read one text frame of either direction; never raises.

    Numbers may come as integers, integral floats or strings of ASCII digits; one that is negative,
    fractional, a bool or above 2**63 - 1 becomes None. Ids may be strings or integers; an empty one
    becomes None. ``start`` is read nested first, then flat. Unknown fields are ignored.

    Parameters
    ----------
    raw : str or bytes
        The frame; bytes are read as UTF-8.

    Returns
    -------
    Message
        :class:`Malformed` for what is no JSON object, or lacks what its event needs: the audio of
        ``media`` and ``playAudio``, also the content type and rate of the latter; the name of
        ``playedStream`` and ``checkpoint``; the digit of ``dtmf``. :class:`Unknown` for any other
        event. Everything but :class:`Malformed` came from valid JSON, so only there is
        :func:`is_json` worth asking; line breaks between tokens are the one thing left to look for.
    """
    try:
        if not isinstance(raw, str):
            raw = str(raw, "utf-8")
        frame = _frame(raw)
    except _UNREADABLE:
        return _parse_any(raw)
    if type(frame) is _MediaFrame:
        media = frame.media
        return Media(
            media.payload,
            media.track or "inbound",
            media.chunk,
            _count(media.timestamp),
            frame.streamId or None,
            frame.sequenceNumber,
        )
    audio = frame.media
    return PlayAudio(frame.streamId or None, audio.contentType, audio.sampleRate, audio.payload)


def is_json(raw: str | bytes) -> bool:
    """Whether the text is JSON that can stand as it is on one line of a JSON Lines file.

    That is RFC 8259 JSON without line breaks, in UTF-8, which a reader with 64-bit floats and a
    bounded stack can read: a number beyond them, an escaped lone surrogate or very deep nesting
    make it False.
    """
    try:
        text = raw if isinstance(raw, str) else str(raw, "utf-8")
        msgspec.json.decode(text)
    except _UNREADABLE:
        return False
    return "\n" not in text and "\r" not in text


class _Lack(Exception):
    """A known event lacks what makes it one."""


def _parse_any(raw: str | bytes) -> Message:
    try:
        data = msgspec.json.decode(raw)
    except UnicodeError:
        return Malformed("not UTF-8 text")
    except RecursionError:
        return Malformed("nested too deeply")
    except _UNREADABLE:
        return Malformed("not JSON")
    if not isinstance(data, dict):
        return Malformed("not a JSON object")
    event = data.get("event")
    if not isinstance(event, str):
        return Unknown(None, data)
    read = _READERS.get(event)
    if read is None:
        return Unknown(event, data)
    try:
        return read(data)
    except _Lack as lack:
        return Malformed(str(lack), event)


def _read_start(data: dict[str, Any]) -> Start:
    body = _merged(data, "start")
    media_format = body.get("mediaFormat")
    if not isinstance(media_format, dict):
        media_format = {}
    encoding = _text(media_format.get("encoding") or body.get("contentType"))
    rate_hz = _count(media_format.get("sampleRate", body.get("sampleRate")))
    tracks = body.get("tracks")
    extra = body.get("extra_headers")
    return Start(
        call_id=_text(body.get("callId")),
        stream_id=_text(body.get("streamId")),
        account_id=_text(body.get("accountId") or body.get("auth_id")),
        tracks=tuple(t for t in tracks if isinstance(t, str)) if isinstance(tracks, list) else (),
        encoding=encoding,
        rate_hz=rate_hz or _rate_inside(encoding),
        sequence=_count(data.get("sequenceNumber")),
        extra_headers=extra if isinstance(extra, str) else _json_text(extra),
    )


def _read_media(data: dict[str, Any]) -> Media:
    body = _body(data, "media")
    return Media(
        _payload(body),
        _track(body),
        _count(body.get("chunk")),
        _count(body.get("timestamp")),
        _text(data.get("streamId")),
        _count(data.get("sequenceNumber")),
    )


def _read_played_stream(data: dict[str, Any]) -> PlayedStream:
    return PlayedStream(_name(data), _text(data.get("streamId")))


def _read_cleared_audio(data: dict[str, Any]) -> ClearedAudio:
    return ClearedAudio(_text(data.get("streamId")), _count(data.get("sequenceNumber")))


def _read_dtmf(data: dict[str, Any]) -> Dtmf:
    body = _merged(data, "dtmf")
    digit = _text(body.get("digit"))
    if digit not in DTMF_DIGITS:
        raise _Lack("no digit of 0-9 * # A-D")
    return Dtmf(
        digit,
        _text(data.get("streamId")),
        _track(body),
        _count(body.get("timestamp")),
        _count(data.get("sequenceNumber")),
    )


def _read_stop(data: dict[str, Any]) -> Stop:
    body = _merged(data, "stop")
    return Stop(_text(body.get("streamId")), _text(body.get("reason")))


def _read_play_audio(data: dict[str, Any]) -> PlayAudio:
    body = _body(data, "media")
    content_type = _text(body.get("contentType"))
    if content_type is None:
        raise _Lack("no content type")
    rate_hz = _count(body.get("sampleRate")) or _rate_inside(content_type)
    if not rate_hz:
        raise _Lack("no sample rate")
    return PlayAudio(_text(data.get("streamId")), content_type, rate_hz, _payload(body))


def _read_checkpoint(data: dict[str, Any]) -> Checkpoint:
    return Checkpoint(_text(data.get("streamId")), _name(data))


def _read_clear_audio(data: dict[str, Any]) -> ClearAudio:
    return ClearAudio(_text(data.get("streamId")))


_READERS: Mapping[str, Callable[[dict[str, Any]], Message]] = {
    "start": _read_start,
    "media": _read_media,
    "playedStream": _read_played_stream,
    "clearedAudio": _read_cleared_audio,
    "dtmf": _read_dtmf,
    "stop": _read_stop,
    "playAudio": _read_play_audio,
    "checkpoint": _read_checkpoint,
    "clearAudio": _read_clear_audio,
}


def _body(data: dict[str, Any], key: str) -> dict[str, Any]:
    body = data.get(key)
    if not isinstance(body, dict):
        raise _Lack(f"{key} is not an object")
    return body


def _merged(data: dict[str, Any], key: str) -> dict[str, Any]:
    """Lay the nested object over the top level: what it lacks, or has as null, is read flat."""
    body = data.get(key)
    if not isinstance(body, dict):
        return data
    return data | {name: value for name, value in body.items() if value is not None}


def _payload(body: dict[str, Any]) -> bytes:
    try:
        return msgspec.convert(body.get("payload"), bytes)
    except msgspec.ValidationError:
        raise _Lack("payload is not base64") from None


def _name(data: dict[str, Any]) -> str:
    name = _text(data.get("name"))
    if name is None:
        raise _Lack("no name")
    return name


def _track(body: dict[str, Any]) -> str:
    return _text(body.get("track")) or "inbound"


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def _count(value: object) -> int | None:
    match value:
        case str() if len(value) < 20 and value.isascii() and value.isdigit():
            number = int(value)
        case bool():
            return None
        case int():
            number = value
        case float() if value.is_integer():
            number = int(value)
        case _:
            return None
    return number if 0 <= number <= MAX_COUNT else None


def _rate_inside(encoding: str | None) -> int | None:
    """Find the rate in ``audio/x-l16;rate=8000``."""
    _, _, rate = (encoding or "").partition("rate=")
    return _count(rate.strip())


def _json_text(value: object) -> str:
    return "{}" if value is None else msgspec.json.encode(value).decode()
