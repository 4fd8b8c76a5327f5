"""The provider's HTTP callbacks: reading whatever comes, and encoding fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

import msgspec

from voicelab.errors import ProtocolError

Shape = Literal["form", "json", "query"]

_FORM_TYPE = "application/x-www-form-urlencoded"
_UNLABELLED = ("", "text/plain", "application/octet-stream")
# A name, what a form, JSON or XML puts before a value, and the value with what ends it.
_NAMED = re.compile(r"\b(CallUUID|StreamID)\b[\"'\s:=>]{1,9}([\w.-]{1,64})(?=[^\w.-])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Callback:
    """One callback, read.

    Attributes
    ----------
    fields : dict
        All of them, in order. Values are texts, but for JSON, which keeps its types.
    shape : {"form", "json", "query"}
        How they came.
    """

    fields: dict[str, Any]
    shape: Shape

    @property
    def event(self) -> str | None:
        """``Event``, such as ``StartApp``, ``StartStream``, ``PlayedStream`` or ``Hangup``."""
        return self._text("Event")

    @property
    def call_id(self) -> str | None:
        """``CallUUID``, the same as the ``start`` message's call id."""
        return self._text("CallUUID")

    @property
    def stream_id(self) -> str | None:
        """``StreamID``."""
        return self._text("StreamID")

    @property
    def name(self) -> str | None:
        """``Name``: the checkpoint, in ``PlayedStream``."""
        return self._text("Name")

    def _text(self, key: str) -> str | None:
        value = self.fields.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return value or None if isinstance(value, str) else None


def parse_callback(method: str, content_type: str | None, body: bytes, query: str) -> Callback:
    """Read a callback's fields from the body, or from the query where there is no body.

    ``GET`` and ``HEAD`` are read from the query. A body is JSON or a form as its content type
    says; without one, or with one that says nothing, it is JSON where it begins with a brace, else
    a form. Of a repeated field the last value counts, in all three shapes. Percent-encoded bytes
    that are not UTF-8 become U+FFFD, so that a foreign caller name does not lose the callback.

    Parameters
    ----------
    method : str
    content_type : str or None
    body : bytes
    query : str
        The part of the address behind the question mark, still encoded.

    Raises
    ------
    ProtocolError
        Another content type; a body that is not UTF-8; JSON that is malformed or no object.
    """
    if method.upper() in ("GET", "HEAD") or (query and not body):
        return Callback(_pairs(query), "query")
    try:
        text = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ProtocolError("The callback's body is not UTF-8 text.") from None
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type in _UNLABELLED:
        media_type = "application/json" if text.startswith("{") else _FORM_TYPE
    if media_type == "application/json" or media_type.endswith("+json"):
        return Callback(_json_object(text), "json")
    if media_type == _FORM_TYPE:
        return Callback(_pairs(text), "form")
    raise ProtocolError(
        f"A callback of content type {media_type!r} cannot be read. Send a form or JSON."
    )


def glean_callback(body: bytes, query: str, *, cut: bool = False) -> Callback:
    """Find which call a callback that cannot be read belongs to.

    Parameters
    ----------
    body : bytes
    query : str
        Counts before the body.
    cut : bool
        Whether the body goes on: a name that stands at its very end may be half of one.

    Returns
    -------
    Callback
        With ``CallUUID`` and ``StreamID``, where they were found, and no other field.
    """
    text = query + "\n" + body.decode("utf-8", "replace") + ("" if cut else "\n")
    fields: dict[str, Any] = {}
    for name, value in _NAMED.findall(text):
        fields.setdefault(name, value)
    return Callback(fields, "form")


def encode_form(fields: Mapping[str, str]) -> bytes:
    """Encode fields as a form body, in UTF-8.

    Raises
    ------
    ProtocolError
        A text that is not Unicode.
    """
    return encode_query(fields).encode("ascii")


def encode_query(fields: Mapping[str, str]) -> str:
    """Encode fields as a query, without the question mark.

    Raises
    ------
    ProtocolError
        A text that is not Unicode.
    """
    try:
        return urlencode(fields)
    except UnicodeEncodeError:
        raise ProtocolError(
            "A callback field holds half a surrogate pair, which UTF-8 cannot carry. "
            "Give whole characters."
        ) from None


def _pairs(text: str) -> dict[str, Any]:
    return dict(parse_qsl(text, keep_blank_values=True))


def _json_object(text: str) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise ProtocolError("The callback's body is not JSON, though it says so.") from None
    if not isinstance(fields, dict):
        raise ProtocolError("The callback's JSON is not an object.")
    return fields
