"""Bytes that are no audio at all: base64 text, and headers of WAV files."""

from __future__ import annotations

import base64
import re
from typing import Final

import numpy as np

from voicelab.audio.diagnosis.finding import Finding, Repair
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.likeness import likeness_db
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from voicelab.audio.samples import Int16Array

_LOOK: Final = 1 << 16
_CHUNK: Final = 1 << 20
_ENOUGH: Final = 8000
_EVEN_BITS: Final = 7.95  # 8000 random bytes have 7.98
_LONGEST: Final = 432  # bytes of a header, as far as it is looked for
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
    found = _no_audio(heard)
    headers = _headers(heard.samples)
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
        places = headers[encoding]
        if places:
            stand = "headers of WAV files" if len(places) > 1 else "header of a WAV file"
            found.append(
                Finding(
                    "wav-header",
                    1.0,
                    f"the {encoding} audio has {len(places)} {stand} in it, RIFF…WAVE, the first "
                    f"at byte {places[0]:,}",
                    _without_headers(encoding),
                )
            )
    return found


def _no_audio(heard: Heard) -> list[Finding]:
    """Bytes of which all values are equally frequent were encrypted or compressed."""
    data = heard.samples[:_LOOK].tobytes() if heard.data is None else heard.data[:_LOOK]
    if len(data) < _ENOUGH:
        return []
    counts = np.bincount(np.frombuffer(data, np.uint8))
    share = counts[counts > 0] / len(data)
    bits = -float((share * np.log2(share)).sum())
    if bits <= _EVEN_BITS:
        return []
    return [
        Finding(
            "unknown",
            0.9,
            f"the bytes are as even as random ones, {bits:.2f} bits each: noise at full level, or "
            "audio that is encrypted or compressed; see which codec the sender states, and whether "
            "it is decrypted",
        )
    ]


def _headers(samples: Int16Array) -> dict[str, list[int]]:
    """Where headers stand in the bytes of each encoding, looked for in the samples' own bytes."""
    found: dict[str, list[int]] = {encoding: [] for encoding in _MARKS}
    for begin in range(0, samples.size, _CHUNK):
        raw = samples[begin : begin + _CHUNK + _LONGEST].tobytes()
        for encoding, mark in _MARKS.items():
            at = raw.find(mark)
            while 0 <= at < 2 * _CHUNK:
                data = _as_sent(encoding, raw[at : at + 2 * _LONGEST])
                if (at % 2 == 0 or encoding == "l16") and _HEADER.match(data):
                    place = 2 * begin + at
                    found[encoding].append(place if "l16" in encoding else place // 2)
                at = raw.find(mark, at + 1)
    return found


def _as_sent(encoding: str, raw: bytes) -> bytes:
    """The bytes of the wire from the bytes of samples."""
    if encoding == "l16":
        return raw
    samples = np.frombuffer(raw[: len(raw) // 2 * 2], np.int16)
    if encoding == "big-endian l16":
        return samples.byteswap().tobytes()
    encode = ulaw_encode if encoding == "mulaw" else alaw_encode
    return encode(samples).tobytes()


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
