"""The formats of a Realtime session, and the five of voicelab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from voicelab.audio.format import AudioFormat

_FORMATS: Final = {
    "audio/pcm": AudioFormat("l16", 24000),
    "audio/pcmu": AudioFormat("mulaw", 8000),
    "audio/pcma": AudioFormat("alaw", 8000),
}

FORMAT_TYPES: Final = tuple(_FORMATS)


def audio_format(described: Mapping[str, Any]) -> AudioFormat:
    """Return what a session's ``format`` object describes; it was checked before."""
    return _FORMATS[described["type"]]


def bytes_a_ms(format: AudioFormat) -> int:
    """How many bytes a millisecond takes: 48 of PCM, 8 of the laws."""
    return format.frame_bytes(1)
