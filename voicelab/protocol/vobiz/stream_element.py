"""The ``<Stream>`` element of an answer, and writing an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from voicelab.errors import ProtocolError

STREAM_CONTENT_TYPES = (
    "audio/x-l16;rate=8000",
    "audio/x-l16;rate=16000",
    "audio/x-mulaw;rate=8000",
)
"""What the provider can send; the first is its default."""

MAX_EXTRA_HEADERS_BYTES = 512
MAX_RETRIES = 10

_WORD = re.compile(r"[A-Za-z0-9]+")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\s\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class StreamElement:
    """What an answer asks the provider to stream, and how.

    Attributes
    ----------
    url : str
        Where the provider opens its WebSocket; the element's text.
    bidirectional : bool
        Whether the app may send audio back.
    audio_track : str or None
        ``inbound``, ``outbound`` or ``both``; None leaves it at ``inbound``.
    content_type : str or None
        What the provider sends, one of :data:`STREAM_CONTENT_TYPES`; what is sent back has a
        format of its own. None leaves it at ``audio/x-l16;rate=8000``.
    keep_call_alive : bool
        Whether the next verb waits until the stream has ended; needs `bidirectional`.
    stream_timeout_s : int or None
        The stream's longest life, above 0; None leaves it at 86,400.
    status_callback_url, status_callback_method : str or None
        Where stream events are reported, by ``POST`` (None) or ``GET``.
    extra_headers : mapping or None
        They come back as ``X-VH-<key>`` in the status callbacks and never reach the socket.
    max_retries : int or None
        Reconnects, 0 to 10, after a failed open or a drop; None leaves it at 0.
    """

    url: str
    bidirectional: bool = False
    audio_track: str | None = None
    content_type: str | None = None
    keep_call_alive: bool = False
    stream_timeout_s: int | None = None
    status_callback_url: str | None = None
    status_callback_method: str | None = None
    extra_headers: Mapping[str, str] | None = None
    max_retries: int | None = None


def build_answer(stream: StreamElement | None) -> str:
    """Write the XML that answers a call; None gives an answer with no instructions.

    Raises
    ------
    ProtocolError
        An address of another scheme, without a host or with spaces; a value outside what
        :class:`StreamElement` lists; ``keep_call_alive`` or a track other than ``inbound`` that
        does not go with ``bidirectional``; a callback method without an address; extra headers
        that are not letters and digits, or above 512 bytes.

    Examples
    --------
    >>> build_answer(StreamElement("wss://h.example/ws?a=1&b=2", bidirectional=True))
    '<Response><Stream bidirectional="true">wss://h.example/ws?a=1&amp;b=2</Stream></Response>'
    """
    if stream is None:
        return "<Response/>"
    _check_url("url", stream.url, ("ws", "wss"))
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in _attributes(stream))
    return f"<Response><Stream{attributes}>{escape(stream.url, quote=False)}</Stream></Response>"


def _attributes(stream: StreamElement) -> Iterator[tuple[str, str]]:
    if stream.bidirectional:
        yield "bidirectional", "true"
    if stream.audio_track is not None:
        _check_one_of("audio_track", stream.audio_track, ("inbound", "outbound", "both"))
        if stream.bidirectional and stream.audio_track != "inbound":
            raise ProtocolError(
                f"StreamElement.audio_track {stream.audio_track!r} does not go with bidirectional: "
                "the provider would end the call. Leave it out."
            )
        yield "audioTrack", stream.audio_track
    if stream.content_type is not None:
        _check_one_of("content_type", stream.content_type, STREAM_CONTENT_TYPES)
        yield "contentType", stream.content_type
    yield from _status_callback(stream)
    if stream.keep_call_alive:
        if not stream.bidirectional:
            raise ProtocolError(
                "StreamElement.keep_call_alive has no effect without bidirectional. Set both."
            )
        yield "keepCallAlive", "true"
    if stream.stream_timeout_s is not None:
        _check_integer("stream_timeout_s", stream.stream_timeout_s, 1, None)
        yield "streamTimeout", str(stream.stream_timeout_s)
    if stream.extra_headers:
        yield "extraHeaders", _extra_headers(stream.extra_headers)
    if stream.max_retries is not None:
        _check_integer("max_retries", stream.max_retries, 0, MAX_RETRIES)
        yield "maxRetries", str(stream.max_retries)


def _status_callback(stream: StreamElement) -> Iterator[tuple[str, str]]:
    url, method = stream.status_callback_url, stream.status_callback_method
    if url is not None:
        _check_url("status_callback_url", url, ("http", "https"))
        yield "statusCallbackUrl", url
    if method is not None:
        _check_one_of("status_callback_method", method, ("GET", "POST"))
        if url is None:
            raise ProtocolError(
                "StreamElement.status_callback_method is given without status_callback_url."
            )
        yield "statusCallbackMethod", method


def _extra_headers(headers: Mapping[str, str]) -> str:
    for key, value in headers.items():
        if not (_WORD.fullmatch(key) and _WORD.fullmatch(value)):
            raise ProtocolError(
                f"StreamElement.extra_headers {key!r} may hold letters and digits only, in key and "
                "value."
            )
    text = ",".join(f"{key}={value}" for key, value in headers.items())
    if len(text) > MAX_EXTRA_HEADERS_BYTES:
        raise ProtocolError(
            f"StreamElement.extra_headers take {len(text)} bytes; {MAX_EXTRA_HEADERS_BYTES} fit."
        )
    return text


def _check_url(field: str, url: str, schemes: tuple[str, ...]) -> None:
    try:
        parts = urlsplit(url)
        known = parts.scheme in schemes and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        known = False
    if not known or _UNSAFE.search(url):
        raise ProtocolError(
            f"StreamElement.{field} must be {'://… or '.join(schemes)}://… with a host, "
            "percent-encoded, without spaces."
        )


def _check_one_of(field: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ProtocolError(
            f"StreamElement.{field} is {value!r}; it must be one of {', '.join(allowed)}."
        )


def _check_integer(field: str, value: int, least: int, most: int | None) -> None:
    if type(value) is not int or value < least or (most is not None and value > most):
        limits = f"at least {least}" if most is None else f"{least} to {most}"
        raise ProtocolError(
            f"StreamElement.{field} is {value!r}; it must be an integer of {limits}."
        )
