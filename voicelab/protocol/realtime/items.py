"""The items a client may put into a conversation, as ``conversation.item.create`` takes them.

Each takes an ``id`` of one's own; without one the server mints it. What the model said aloud cannot
be put back as audio, only as text.
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec


def user_text(text: str, *, id: str | None = None) -> dict[str, Any]:
    """Return what the user wrote, or what is to count as such."""
    return _message("user", {"type": "input_text", "text": text}, id)


def system_text(text: str, *, id: str | None = None) -> dict[str, Any]:
    """Return an instruction that applies from its place on."""
    return _message("system", {"type": "input_text", "text": text}, id)


def assistant_text(text: str, *, id: str | None = None) -> dict[str, Any]:
    """Return what the model said, in words."""
    return _message("assistant", {"type": "output_text", "text": text}, id)


def user_audio(
    audio: bytes, transcript: str | None = None, *, id: str | None = None
) -> dict[str, Any]:
    """Return what the user said.

    Parameters
    ----------
    audio : bytes
        In the session's input format.
    transcript : str or None
        Its words, where known.
    id : str or None
    """
    part = {"type": "input_audio", "audio": base64.b64encode(audio).decode()}
    return _message("user", part if transcript is None else part | {"transcript": transcript}, id)


def function_call(
    name: str, call_id: str, arguments: Any, *, id: str | None = None
) -> dict[str, Any]:
    """Return a call of a tool; `arguments` is JSON in a string, or becomes it."""
    item = {"type": "function_call", "name": name, "call_id": call_id}
    return _named(item | {"arguments": _json_text(arguments)}, id)


def function_output(call_id: str, output: Any, *, id: str | None = None) -> dict[str, Any]:
    """Return what a tool answered: a text, or anything that becomes one as JSON."""
    item = {"type": "function_call_output", "call_id": call_id, "output": _json_text(output)}
    return _named(item, id)


def _message(role: str, part: dict[str, Any], id: str | None) -> dict[str, Any]:
    return _named({"type": "message", "role": role, "content": [part]}, id)


def _named(item: dict[str, Any], id: str | None) -> dict[str, Any]:
    return item if id is None else {"id": id, **item}


def _json_text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
