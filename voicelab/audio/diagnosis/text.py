"""Bytes that are no audio at all: base64 text, and headers of WAV files."""

from __future__ import annotations

import base64
import re
from typing import Final

import numpy as np

from voicelab.audio.diagnosis.finding import Finding, Repair
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.likeness import likeness_db
from voicelab.audio.g711 import alaw_decode, ulaw_decode
from voicelab.audio.samples import Int16Array

_LOOK: Final = 1 << 16
_ALPHABET = re.compile(rb"[A-Za-z0-9+/=\-_\r\n]+")
_FEWEST_SYMBOLS: Final = 5
_MARKS: Final = {
    "l16": b"RIFF",
    "big-endian l16": b"IRFF",
    "mulaw": ulaw_decode(b"RIFF").tobytes(),
    "alaw": alaw_decode(b"RIFF").tobytes(),
}
"""How the samples' own bytes stand where the wire had the beginning of a header."""
_PADDED = re.compile(rb"[A-Za-z0-9+/]+")
_HEADER = re.compile(rb"RIFF....WAVE(?:(?!RIFF).){0,400}?data....", re.DOTALL)


def find_text(heard: Heard) -> list[Finding]:
    """Look for base64 and for headers, in every encoding that is possible.

    Base64 shows at the beginning; a header may come with any sentence that is played.
    """
    found = []
    raw = heard.samples.tobytes()
    for encoding, data in heard.wires(_LOOK).items():
        if len(data) >= 64 and _ALPHABET.fullmatch(data) and len(set(data)) >= _FEWEST_SYMBOLS:
            found.append(
                Finding(
                    "base64-twice",
                    1.0,
                    f"every byte of the {encoding} audio is a letter of base64: "
                    f"it begins with {data[:12].decode()!r}",
                    _unwrap(encoding),
                )
            )
        if _MARKS[encoding] in raw:
            data = heard.wires()[encoding]
        headers = _HEADER.findall(data)
        if headers:
            stand = "headers of WAV files" if len(headers) > 1 else "header of a WAV file"
            found.append(
                Finding(
                    "wav-header",
                    1.0,
                    f"the {encoding} audio has {len(headers)} {stand} in it, RIFF…WAVE, the first "
                    f"at byte {data.find(b'RIFF'):,}",
                    _without_headers(encoding),
                )
            )
    return found


def _unwrap(encoding: str) -> Repair:
    def repair(heard: Heard) -> tuple[Int16Array, int]:
        text = heard.wires()[encoding].translate(bytes.maketrans(b"-_", b"+/"), b"\r\n")
        pieces = (piece[: len(piece) - (len(piece) % 4 == 1)] for piece in _PADDED.findall(text))
        data = b"".join(base64.b64decode(piece + b"=" * (-len(piece) % 4)) for piece in pieces)
        return _likeliest(data), heard.rate_hz

    return repair


def _without_headers(encoding: str) -> Repair:
    def repair(heard: Heard) -> tuple[Int16Array, int]:
        return _likeliest(_HEADER.sub(b"", heard.wires()[encoding])), heard.rate_hz

    return repair


def _likeliest(data: bytes) -> Int16Array:
    """Decode bytes of an unknown encoding as the one that sounds best."""
    linear = np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16)
    readings = (linear, linear.byteswap(), ulaw_decode(data), alaw_decode(data))
    return max(readings, key=lambda samples: likeness_db(samples[:80_000]))
