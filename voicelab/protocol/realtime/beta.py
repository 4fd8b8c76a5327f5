"""The dialect of before May 2026, which some servers still speak, mapped to GA's and back.

Both functions take an event as plain JSON and return another one; neither raises, whatever is in
it. What has no counterpart stays as it stands, so nothing is lost on the way there and back, but
for ``temperature``, which GA refuses. ``docs/realtime.md`` has the map as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from voicelab.protocol.realtime.beta_settings import flat, nested

_GA_TYPES = {
    "conversation.item.created": "conversation.item.added",
    "response.text.delta": "response.output_text.delta",
    "response.text.done": "response.output_text.done",
    "response.audio.delta": "response.output_audio.delta",
    "response.audio.done": "response.output_audio.done",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "response.audio_transcript.done": "response.output_audio_transcript.done",
}
_BETA_TYPES = {ga: beta for beta, ga in _GA_TYPES.items()}
_TRANSCRIPTION_TYPES = {
    "transcription_session.update": "session.update",
    "transcription_session.created": "session.created",
    "transcription_session.updated": "session.updated",
}
BETA_TYPES = frozenset({*_GA_TYPES, *_TRANSCRIPTION_TYPES})
"""The types that only beta has: a server that sends one is to be spoken to in that dialect."""

_GA_CONTENT = {"text": "output_text", "audio": "output_audio"}
_BETA_CONTENT = {ga: beta for beta, ga in _GA_CONTENT.items()}


def to_ga(event: dict[str, Any]) -> dict[str, Any]:
    """Return a beta event of either direction in GA's names and shapes.

    ``conversation.item.created`` becomes ``conversation.item.added``; no ``done`` follows it.
    """
    named = event["type"]
    of_transcription = named in _TRANSCRIPTION_TYPES
    kind = {"type": "transcription" if of_transcription else "realtime"}
    ga = event | {"type": _TRANSCRIPTION_TYPES.get(named) or _GA_TYPES.get(named, named)}
    _change(ga, "session", lambda session: kind | nested(session))
    _change(ga, "response", lambda response: _with_items(nested(response), _GA_CONTENT))
    _change(ga, "item", lambda item: _with_content(item, _GA_CONTENT))
    return ga


def to_beta(event: dict[str, Any]) -> dict[str, Any]:
    """Return a GA event of either direction in beta's names and shapes."""
    named = event["type"]
    beta = event | {"type": _BETA_TYPES.get(named, named)}
    session = event.get("session")
    if isinstance(session, dict) and session.get("type") == "transcription":
        beta["type"] = f"transcription_{named}"
    # A client asks for max_response_output_tokens; what a server says of a response is shorter.
    asked = named == "response.create"
    _change(beta, "session", lambda session: _without_type(flat(session)))
    _change(
        beta, "response", lambda response: _with_items(flat(response, asked=asked), _BETA_CONTENT)
    )
    _change(beta, "item", lambda item: _with_content(item, _BETA_CONTENT))
    return beta


def _change(
    event: dict[str, Any], field: str, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    if isinstance(event.get(field), dict):
        event[field] = change(event[field])


def _without_type(session: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in session.items() if name != "type"}


def _with_items(response: dict[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    lists = {name: response[name] for name in ("input", "output") if name in response}
    return response | {
        name: [_with_content(item, types) for item in items]
        for name, items in lists.items()
        if isinstance(items, list)
    }


def _with_content(item: Any, types: Mapping[str, str]) -> Any:
    """Rename the parts of what the model said; a user's and a system's are alike in both."""
    if not isinstance(item, dict) or item.get("role") != "assistant":
        return item
    content = item.get("content")
    if not isinstance(content, list):
        return item
    return item | {"content": [_renamed(part, types) for part in content]}


def _renamed(part: Any, types: Mapping[str, str]) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    return part | {"type": types[kind]} if isinstance(kind, str) and kind in types else part
