"""Wire text to events, tolerantly: whatever comes, something typed goes out.

An event as documented takes one typed decode; where that fails it is mended as far as other
servers need it, else it is :class:`Unknown` or :class:`Malformed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar, get_args

import msgspec

from voicelab.protocol.realtime.beta import to_ga
from voicelab.protocol.realtime.client_events import ClientEvent, KnownClientEvent
from voicelab.protocol.realtime.event import Dialect, Malformed, Unknown
from voicelab.protocol.realtime.server_events import KnownServerEvent, ServerEvent

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoding may raise."""

_INDEX = {"output_index": 0, "content_index": 0}
_Known = TypeVar("_Known")


def parse(raw: str | bytes, dialect: Dialect = "ga") -> ServerEvent:
    """Read what a server sent; never raises.

    Unknown fields are ignored. Where a server leaves out an index it is 0, and a count may be
    written as a float; ``error.code`` may be a number. A client's event is
    :class:`Unknown` here.

    Parameters
    ----------
    raw : str or bytes
        One text frame; bytes are read as UTF-8.
    dialect : {"ga", "beta"}
        With ``"beta"`` the older names and shapes are read as GA's, see ``docs/realtime.md``.

    Returns
    -------
    ServerEvent
        :class:`Unknown` for a JSON object with a ``type`` that is none of them,
        :class:`Malformed` for anything else and for an event without what makes it one.
    """
    return SERVER.parse(raw, dialect)


def parse_client(raw: str | bytes, dialect: Dialect = "ga") -> ClientEvent:
    """Read what a client sent, as :func:`parse` does what a server sent; never raises."""
    return CLIENT.parse(raw, dialect)


class _Direction(Generic[_Known]):
    """The events of one direction."""

    def __init__(self, known: Any) -> None:
        self.known = known
        self.types = frozenset(each.__struct_config__.tag for each in get_args(known))
        self.decode = msgspec.json.Decoder(known).decode

    def parse(self, raw: str | bytes, dialect: Dialect) -> _Known | Unknown | Malformed:
        try:
            text = raw if isinstance(raw, str) else str(raw, "utf-8")
            if dialect == "ga":
                event: _Known = self.decode(text)
                return event
        except UnicodeError:
            return Malformed("not UTF-8 text", raw)
        except UNREADABLE:
            pass
        return self._parse_any(text, dialect)

    def _parse_any(self, text: str, dialect: Dialect) -> _Known | Unknown | Malformed:
        try:
            data = msgspec.json.decode(text)
        except RecursionError:
            return Malformed("nested too deeply", text)
        except UNREADABLE:
            return Malformed("not JSON", text)
        if not isinstance(data, dict):
            return Malformed("not a JSON object", text)
        if not isinstance(data.get("type"), str):
            return Malformed("no type", text)
        if dialect == "beta":
            data = to_ga(data)
        if data["type"] not in self.types:
            return Unknown(data["type"], text)
        try:
            event: _Known = msgspec.convert(_mended(data), self.known)
        except UNREADABLE as error:
            return Malformed(f"{data['type']}: {_lowered(error)}", text)
        return event


def _mended(data: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: _integral(name, value) for name, value in data.items() if value is not None}
    if data["type"] == "error" and "error" in given:
        given["error"] = _mended_error(given["error"])
    return _INDEX | given


def _integral(name: str, value: Any) -> Any:
    is_count = name.endswith(("_ms", "_index", "_at"))
    return round(value) if is_count and isinstance(value, float) else value


def _mended_error(error: Any) -> Any:
    if isinstance(error, str):
        return {"message": error}
    if not isinstance(error, dict):
        return error
    return {name: str(value) for name, value in error.items() if value is not None}


def _lowered(error: Exception) -> str:
    sentence = str(error)
    return sentence[:1].lower() + sentence[1:]


SERVER: _Direction[KnownServerEvent] = _Direction(KnownServerEvent)
CLIENT: _Direction[KnownClientEvent] = _Direction(KnownClientEvent)
