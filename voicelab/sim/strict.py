"""What a strict provider checks in each message, beyond what any provider trips over."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from voicelab.protocol import vobiz
from voicelab.sim.offence import OffenceBook

MAX_MESSAGE_BYTES: Final = 64 * 1024
MAX_PAYLOAD_CHARS: Final = 16 * 1024
CHUNK_MS: Final = (20, 60)
FLUSH_S: Final = 0.02
"""A strict provider takes so long to flush, so that it sees who does not wait for the ack."""

_HEADERS: Final = (b"RIFF", b"ID3")
_RATES_HZ: Final = sorted({rate_hz for _, rate_hz in vobiz.PLAY_FORMATS})
_MAX_NAMES: Final = 100_000


class Inspector:
    """Notes what a strict provider would say.

    Parameters
    ----------
    offences : OffenceBook
    """

    def __init__(self, offences: OffenceBook) -> None:
        self._note = offences.note
        self._names: set[str] = set()

    def size(self, raw: str | bytes) -> None:
        """Check a message's length."""
        size = len(raw.encode("utf-8", "replace") if isinstance(raw, str) else raw)
        if size > MAX_MESSAGE_BYTES:
            self._note("message-size", f"{size} bytes; send at most {MAX_MESSAGE_BYTES}.", raw)

    def play(self, audio: vobiz.PlayAudio, raw: str, *, flushing: bool) -> None:
        """Check a playAudio that could be read."""
        body = _media(raw)
        rate, text = body.get("sampleRate"), body.get("payload")
        if type(rate) is not int:
            self._note("sample-rate-type", f"sampleRate {rate!r} is no JSON integer.", raw)
        if audio.rate_hz not in _RATES_HZ:
            self._note("sample-rate", f"{audio.rate_hz} Hz is none of {_RATES_HZ}.", raw)
        elif (audio.content_type, audio.rate_hz) in vobiz.PLAY_FORMATS:
            self._length(audio, raw)
        if audio.payload.startswith(_HEADERS):
            self._note("file-header", "A file's header would be heard; send raw samples.", raw)
        if isinstance(text, str) and len(text) > MAX_PAYLOAD_CHARS:
            self._note(
                "large-payload",
                f"{len(text)} characters of base64; above {MAX_PAYLOAD_CHARS} it may be refused.",
                raw,
            )
        if flushing:
            self._note("play-before-cleared", "Wait for clearedAudio, or a second, to play.", raw)

    def checkpoint(self, name: str, raw: str) -> None:
        """Check that a checkpoint's name is new."""
        if name in self._names:
            self._note("checkpoint-name", f"{name!r} was used before; give each its own.", raw)
        elif len(self._names) < _MAX_NAMES:
            self._names.add(name)

    def _length(self, audio: vobiz.PlayAudio, raw: str) -> None:
        sample_bytes = 2 if audio.content_type == "audio/x-l16" else 1
        length_ms = len(audio.payload) / sample_bytes / audio.rate_hz * 1000
        if not CHUNK_MS[0] <= length_ms <= CHUNK_MS[1]:
            self._note(
                "frame-length", f"{length_ms:g} ms; {CHUNK_MS[0]} to {CHUNK_MS[1]} are best.", raw
            )


def _media(raw: str) -> dict[str, Any]:
    body = msgspec.json.decode(raw).get("media")
    return body if isinstance(body, dict) else {}
