"""The settings of a session or a response: flat in beta, nested by direction in GA."""

from __future__ import annotations

from typing import Any

from voicelab.protocol.realtime.formats import PCM, PCMA, PCMU

_FORMATS = {"pcm16": PCM, "g711_ulaw": PCMU, "g711_alaw": PCMA}
_PLACES = {
    "input_audio_format": ("input", "format"),
    "input_audio_transcription": ("input", "transcription"),
    "input_audio_noise_reduction": ("input", "noise_reduction"),
    "turn_detection": ("input", "turn_detection"),
    "output_audio_format": ("output", "format"),
    "voice": ("output", "voice"),
    "speed": ("output", "speed"),
}
"""Where in ``audio`` a flat field stands."""
_FLAT = {place: name for name, place in _PLACES.items()}


def nested(settings: dict[str, Any]) -> dict[str, Any]:
    """Return beta's settings as GA has them; ``temperature`` is gone."""
    given = dict(settings)
    given.pop("temperature", None)
    if "max_response_output_tokens" in given:
        given["max_output_tokens"] = given.pop("max_response_output_tokens")
    if "modalities" in given:
        given["output_modalities"] = _ga_modalities(given.pop("modalities"))
    audio = given.pop("audio", {})
    if not isinstance(audio, dict):
        return given | {"audio": audio}
    audio = dict(audio)
    for name, (way, place) in _PLACES.items():
        if name in given and isinstance(fields := audio.get(way, {}), dict):
            value = given.pop(name)
            audio[way] = fields | {place: _ga(place, value)}
    return given | {"audio": audio} if audio or "audio" in settings else given


def flat(settings: dict[str, Any], *, asked: bool = True) -> dict[str, Any]:
    """Return GA's settings as beta has them.

    Parameters
    ----------
    settings : dict
    asked : bool
        Whether a client asks for them; the limit on tokens has another name then.
    """
    given = dict(settings)
    if asked and "max_output_tokens" in given:
        given["max_response_output_tokens"] = given.pop("max_output_tokens")
    if "output_modalities" in given:
        given["modalities"] = _beta_modalities(given.pop("output_modalities"))
    audio = given.pop("audio", {})
    if not isinstance(audio, dict):
        return given | {"audio": audio}
    left = {}
    for way, fields in audio.items():
        if isinstance(fields, dict) and fields:
            moved = {name: value for name, value in fields.items() if (way, name) in _FLAT}
            given |= {_FLAT[way, name]: _beta(name, value) for name, value in moved.items()}
            if kept := {name: fields[name] for name in fields if name not in moved}:
                left[way] = kept
        else:
            left[way] = fields
    is_bare = "audio" in settings and not audio
    return given | {"audio": left} if left or is_bare else given


def _ga(name: str, value: Any) -> Any:
    is_known = name == "format" and isinstance(value, str) and value in _FORMATS
    return dict(_FORMATS[value]) if is_known else value


def _beta(name: str, value: Any) -> Any:
    known = [each for each, wire in _FORMATS.items() if wire == value] if name == "format" else []
    return known[0] if known else value


def _ga_modalities(given: Any) -> Any:
    return ["audio"] if isinstance(given, list) and "audio" in given else given


def _beta_modalities(given: Any) -> Any:
    return ["audio", "text"] if given == ["audio"] else given
