"""Events as a journal keeps them: the sound is in the recording, its size and checksum here."""

from __future__ import annotations

import re
import zlib

import msgspec

_FIELDS = {
    "input_audio_buffer.append": "audio",
    "response.output_audio.delta": "delta",
    "response.audio.delta": "delta",
    "conversation.item.create": "audio",
    "conversation.item.created": "audio",
    "conversation.item.added": "audio",
    "conversation.item.done": "audio",
    "conversation.item.retrieved": "audio",
}
"""The field that holds sound, by type, in either dialect."""
_STRINGS = {
    name: re.compile(rf'("{name}"\s*:\s*)("(?:[^"\\]|\\.)*")') for name in set(_FIELDS.values())
}
# A quote inside a JSON string is escaped, so what matches is a key with its value.


class _Typed(msgspec.Struct, gc=False):
    type: str


_type = msgspec.json.Decoder(_Typed).decode
_sound = msgspec.json.Decoder(bytes).decode


def without_audio(raw: str) -> str:
    """Return the same JSON text with its sound replaced by ``{"bytes": n, "crc32": "xxxxxxxx"}``.

    Sound is a base64 string in ``audio`` or ``delta`` of an event that carries such. Any other
    text, JSON or not, comes back unchanged.
    """
    try:
        field = _FIELDS.get(_type(raw).type)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return raw
    return raw if field is None else _STRINGS[field].sub(_described, raw)


def _described(found: re.Match[str]) -> str:
    try:
        audio = _sound(found[2])
    except (msgspec.MsgspecError, ValueError):
        return found[0]
    return f'{found[1]}{{"bytes":{len(audio)},"crc32":"{zlib.crc32(audio):08x}"}}'
