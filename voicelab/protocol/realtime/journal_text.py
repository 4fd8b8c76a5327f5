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
_KEYS = {name: re.compile(rf'"{name}"\s*:\s*(?=")') for name in set(_FIELDS.values())}
# A quote inside a JSON string is escaped, so what matches is a key, with its value behind it.
_ESCAPED = re.compile(r'"(?:[^"\\]|\\.)*"')


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
    return raw if field is None else _shortened(raw, _KEYS[field])


def _shortened(text: str, key: re.Pattern[str]) -> str:
    pieces: list[str] = []
    done = 0
    while found := key.search(text, done):
        end = _end_of_string(text, found.end())
        pieces += text[done : found.end()], _described(text[found.end() : end])
        done = end
    return "".join([*pieces, text[done:]])


def _end_of_string(text: str, start: int) -> int:
    end = text.index('"', start + 1) + 1
    if "\\" not in text[start:end]:
        return end
    whole = _ESCAPED.match(text, start)
    return whole.end() if whole else end


def _described(string: str) -> str:
    try:
        audio = _sound(string)
    except (msgspec.MsgspecError, ValueError):
        return string
    return f'{{"bytes":{len(audio)},"crc32":"{zlib.crc32(audio):08x}"}}'
