"""The session object: what it is at first, and what a ``session.update`` makes of it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from voicelab.protocol.realtime import codes
from voicelab.sim.realtime.refusal import Refused
from voicelab.sim.realtime.session_rules import SESSION

INSTRUCTIONS: Final = "You are on the telephone. Be friendly, speak plainly and keep it short."

SERVER_VAD: Final = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,  # as session.created says; the SDK's docstring says 500
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
SEMANTIC_VAD: Final = {
    "type": "semantic_vad",
    "eagerness": "auto",
    "create_response": True,
    "interrupt_response": True,
}
_TURN_DETECTION: Final = {"server_vad": SERVER_VAD, "semantic_vad": SEMANTIC_VAD}

_REPLACED_WHOLE: Final = {
    "format", "voice", "tool_choice", "tracing", "truncation", "prompt", "noise_reduction"
}  # fmt: skip
"""Objects whose fields mean nothing apart from each other."""


def new_session(session_id: str, model: str, expires_at: int) -> dict[str, Any]:
    """Return the session of ``session.created``.

    Parameters
    ----------
    session_id, model : str
    expires_at : int
        Unix seconds.
    """
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": INSTRUCTIONS,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": expires_at,
        "include": None,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": dict(SERVER_VAD),
            },
            "output": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "voice": "marin",
                "speed": 1,
            },
        },
    }


def transcription_session(session_id: str, model: str, expires_at: int) -> dict[str, Any]:
    """Return the session of a connection that asks for transcripts only."""
    session = new_session(session_id, model, expires_at)
    audio_in = session["audio"]["input"] | {"transcription": {"model": model}}
    return {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "id": session_id,
        "expires_at": expires_at,
        "include": None,
        "audio": {"input": audio_in},
    }


def updated_session(
    session: dict[str, Any], update: dict[str, Any], *, spoken: bool
) -> dict[str, Any]:
    """Return the session with what an update names changed, all of it or nothing.

    Parameters
    ----------
    session : dict
        It stays as it is.
    update : dict
        The ``session`` of a ``session.update``. A ``model`` is allowed and has no effect.
    spoken : bool
        Whether the model has spoken aloud.

    Raises
    ------
    Refused
        With the code and the place of what is wrong.
    """
    SESSION(update, "session")
    if update["type"] != session["type"]:
        raise Refused(
            f"A session of type '{session['type']}' cannot become one of type '{update['type']}'.",
            codes.INVALID_VALUE,
            "session.type",
        )
    merged = _merged(deepcopy(session), {**update, "model": session.get("model")})
    if "model" not in session:
        del merged["model"]
    _keep_what_is_locked(session, merged, spoken)
    return merged


def _merged(base: dict[str, Any], update: dict[str, Any]) -> dict[str, Any]:
    for key, value in update.items():
        old = base.get(key)
        if key == "turn_detection" and isinstance(value, dict):
            same = isinstance(old, dict) and old["type"] == value["type"]
            base[key] = {**(old if same and old else _TURN_DETECTION[value["type"]]), **value}
        elif isinstance(value, dict) and isinstance(old, dict) and key not in _REPLACED_WHOLE:
            base[key] = _merged(old, value)
        else:
            base[key] = deepcopy(value)
    return base


def _keep_what_is_locked(old: dict[str, Any], new: dict[str, Any], spoken: bool) -> None:
    if spoken and old["audio"]["output"]["voice"] != new["audio"]["output"]["voice"]:
        raise Refused(
            "Cannot update a conversation's voice if assistant audio is present.",
            codes.CANNOT_UPDATE_VOICE,
            "session.audio.output.voice",
        )
    if old.get("tracing") is not None and old["tracing"] != new["tracing"]:
        raise Refused(
            "Tracing cannot be changed once it is on.", codes.INVALID_VALUE, "session.tracing"
        )
