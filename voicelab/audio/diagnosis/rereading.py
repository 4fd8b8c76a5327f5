"""What the samples would be, had their bytes been read in another way.

Each reading undoes one mistake. A reading that cannot be meant is left out: G.711 that was read
wrongly left only levels that its decoder puts out, and 8 bits that were read as linear left the
low byte empty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import numpy as np
import numpy.typing as npt

from voicelab.audio.diagnosis.numberings import (
    Numbering,
    as_numbers,
    expanded,
    numbering_of,
    seem_linear,
)
from voicelab.audio.g711 import (
    Uint8Array,
    alaw_decode,
    alaw_encode,
    ulaw_decode,
    ulaw_encode,
)
from voicelab.audio.samples import Int16Array

ON_LEVELS: Final = 0.995
_ZEROS: Final = (0, 128)
"""The byte of zero, with a sign and without one."""
_SAME_BYTES: Final = 0.25
_HIGH: Final = 0x10
_HIGH_SHARE: Final = 0.03
_LOW: Final = {"mulaw": 4000, "alaw": 2000}  # above it each level may be one of 8 bits
_LOPSIDED: Final = 1.5
_LOW_SHARE: Final = 0.004
_FEWEST_LOW: Final = 20


@dataclass(frozen=True, slots=True)
class Rereading:
    """One way to read the bytes again.

    Parameters
    ----------
    fault : str
        The mistake it undoes.
    way : str
        What is done to undo it, in words.
    read : callable
        Samples as they were heard to samples as they were meant.
    longer : float
        How many samples become of one.
    """

    fault: str
    way: str
    read: Callable[[Int16Array], Int16Array]
    longer: float = 1.0


def rereadings(samples: Int16Array) -> tuple[Rereading, ...]:
    """All readings that the levels and the bytes of these samples allow."""
    if float((samples & 0xFF == 0).mean()) >= ON_LEVELS:
        return _OF_8_BITS
    for law in ("mulaw", "alaw"):
        if share_on(samples, law) >= ON_LEVELS:
            if _is_twice(samples, law):
                return _OF_TWICE
            codes = ulaw_encode(samples) if law == "mulaw" else alaw_encode(samples)
            if law == "mulaw" and _apart(codes) > _SAME_BYTES and _has_high_bytes(codes):
                return _OF_16_BITS_AS_MULAW
            return _OF_MULAW + _of_numbers(samples) if law == "mulaw" else _OF_ALAW
    numbered = numbering_of(samples)
    if numbered is not None:
        return _of_continuous(numbered[0])
    quarters = [_apart(_bytes(quarter)) for quarter in np.array_split(samples, 4)]
    return OF_L16 if float(np.mean(quarters)) > _SAME_BYTES else _OF_BYTES + OF_L16


def has_levels(samples: Int16Array) -> bool:
    """Whether only levels of 8 bits are used, of a G.711 decoder or of samples of 8 bits."""
    if float((samples & 0xFF == 0).mean()) >= ON_LEVELS:
        return True
    return max(share_on(samples, law) for law in ("mulaw", "alaw")) >= ON_LEVELS


def is_bytes_of_16_bits(samples: Int16Array) -> bool:
    """Whether the high and the low bytes of 16-bit samples were decoded as mu-law, in turns."""
    return rereadings(samples) is _OF_16_BITS_AS_MULAW


def _is_twice(samples: Int16Array, law: str) -> bool:
    """Whether the levels are those of 8-bit samples that a decoder put out."""
    size = np.abs(samples.astype(np.int32))
    low = samples[size < _LOW[law]]
    if low.size >= max(_FEWEST_LOW, _LOW_SHARE * samples.size):
        return share_on(low, f"{law} twice") >= ON_LEVELS
    above, below = size[samples > 0], size[samples < 0]
    if min(above.size, below.size) < 0.1 * samples.size:
        return False
    # Idle bytes of G.711 are no opposite numbers as 8-bit samples, and nothing lies between them.
    ratio = float(np.median(above) / np.median(below))
    return max(ratio, 1 / ratio) > _LOPSIDED


def all_rereadings(samples: Int16Array) -> tuple[Rereading, ...]:
    """All readings, however its bytes are used: a reference tells which of them was meant."""
    if float((samples & 0xFF == 0).mean()) >= ON_LEVELS:
        return _OF_8_BITS
    if share_on(samples, "mulaw") >= ON_LEVELS:
        linear = _OF_16_BITS_AS_MULAW + _OF_8_BITS_AS_MULAW
        return linear + _OF_MULAW + _of_numbers(samples) + _OF_COARSE
    if share_on(samples, "alaw") >= ON_LEVELS:
        return _OF_ALAW + _OF_COARSE
    numbered = numbering_of(samples)
    if numbered is not None:
        return _of_continuous(numbered[0])
    return OF_L16 + _OF_BIG_ENDIAN + _OF_BYTES


def _apart(data: Uint8Array) -> float:
    """How differently even and odd bytes are used: 0 alike, 1 no value in common."""
    pairs = data[: data.size // 2 * 2].reshape(-1, 2)
    even, odd = (np.bincount(pairs[:, n] >> 2, minlength=64) for n in (0, 1))
    return float(np.abs(even - odd).sum()) / max(2 * len(pairs), 1)


def _has_high_bytes(codes: Uint8Array) -> bool:
    """Whether many are the high bytes of small numbers; as mu-law these are the loudest levels."""
    return float((codes < _HIGH).mean()) > _HIGH_SHARE


def share_on(samples: Int16Array, levels: str) -> float:
    """Share of the samples that lie on the levels of a decoder.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
    levels : {"mulaw", "alaw", "mulaw twice", "alaw twice"}
    """
    return float(_tables()[levels].take(samples.view(np.uint16)).mean())


@cache
def _tables() -> dict[str, npt.NDArray[np.bool_]]:
    codes = np.arange(256, dtype=np.uint8)
    linear = (codes.astype(np.int32) - 128) << 8
    near = np.clip(linear[:, None] + (-1, 0, 1), -32768, 32767).astype(np.int16).reshape(-1)
    return {
        "mulaw": _marked(ulaw_decode(codes)),
        "alaw": _marked(alaw_decode(codes)),
        # 8-bit samples lie where two steps of A-law meet, and encoders take either one
        "mulaw twice": _marked(ulaw_decode(ulaw_encode(near))),
        "alaw twice": _marked(alaw_decode(alaw_encode(near))),
    }


def _marked(levels: Int16Array) -> npt.NDArray[np.bool_]:
    table = np.zeros(1 << 16, np.bool_)
    table[levels.view(np.uint16)] = True
    return table


def _bytes(samples: Int16Array) -> Uint8Array:
    return np.ascontiguousarray(samples).view(np.uint8)


def _linear(data: Uint8Array) -> Int16Array:
    return data[: data.size // 2 * 2].view("<i2").astype(np.int16)


def _of_numbers(samples: Int16Array) -> tuple[Rereading, ...]:
    """Bytes that count from the lowest level to the highest, unless they do so on a line.

    Where they are few either one sounds like speech, and only their use tells.
    """
    return tuple(
        reading
        for zero, reading in zip(_ZEROS, _OF_NUMBERS, strict=True)
        if not seem_linear(as_numbers(samples, zero))
    )


def _samples_of_8_bits(samples: Int16Array, zero: int) -> Int16Array:
    return as_numbers(samples, zero).astype(np.int16) << 8


def _samples_of_numbers(samples: Int16Array, zero: int) -> Int16Array:
    return expanded(as_numbers(samples, zero))


@cache
def _of_continuous(numbering: Numbering) -> tuple[Rereading, ...]:
    """G.711 bytes that were expanded as numbers of the continuous law.

    What one of the two ways makes of a voice, the other makes of the same voice upside down.
    Encoders have two bytes for silence, and hardly use the one below zero.
    """

    def read(samples: Int16Array) -> Int16Array:
        codes = (numbering.numbers(samples) + 128).astype(np.uint8)
        if np.count_nonzero(codes == 0x7F) > np.count_nonzero(codes == 0xFF):
            codes ^= np.uint8(0x80)
        return ulaw_decode(codes)

    way = f"decode as G.711 what was expanded by the continuous law ({numbering.name})"
    return (Rereading("continuous-mulaw", way, read),)


def _from_8_bits(decode: Callable[[Uint8Array], Int16Array]) -> Callable[[Int16Array], Int16Array]:
    """Bytes of a WAV's 8-bit samples, which lie around 128; around 0 only the sign would differ."""

    @cache
    def table() -> Int16Array:
        high = np.rint(_every() / 256.0).astype(np.int32) + 128
        return decode((high & 0xFF).astype(np.uint8))

    return lambda samples: table().take(samples.view(np.uint16))


def _from_coarse(decode: Callable[[Uint8Array], Int16Array]) -> Callable[[Int16Array], Int16Array]:
    """The same where a law has put several of the 8-bit samples on one level: the quietest."""

    @cache
    def table() -> Int16Array:
        heard = decode(np.arange(256, dtype=np.uint8))
        linear = (np.arange(256) - 128) * 256.0
        levels, rows = _every().astype(np.float64), []
        for part in np.split(levels, 256):
            step = 2.0 ** (np.floor(np.log2(np.abs(part) + 132)) - 4)
            away = np.abs(linear[None, :] - part[:, None])
            possible = away <= np.maximum(step / 2, away.min(axis=1))[:, None]
            loudness = np.where(possible, np.abs(heard.astype(np.int32)), 1 << 16)
            rows.append(heard[loudness.argmin(axis=1)])
        return np.concatenate(rows)

    return lambda samples: table().take(samples.view(np.uint16))


def _every() -> Int16Array:
    """All samples there are, in the order of their bits."""
    return np.arange(1 << 16, dtype=np.uint16).view(np.int16)


OF_L16: Final = (
    Rereading("l16-byte-order", "swap the two bytes of each sample", lambda x: x.byteswap()),
    Rereading("odd-byte-slip", "move on by one byte", lambda x: _linear(_bytes(x)[1:])),
    Rereading(
        "odd-byte-slip",
        "move on by one byte of big-endian samples",
        lambda x: _linear(_bytes(x.byteswap())[1:]).byteswap(),
    ),
)
"""How bytes of 16-bit samples may have got out of place."""
_OF_BIG_ENDIAN: Final = (
    Rereading(
        "mulaw-as-pcm16",
        "decode each big-endian byte as mu-law",
        lambda x: ulaw_decode(_bytes(x.byteswap())),
        2.0,
    ),
    Rereading(
        "mulaw-as-pcm16",
        "decode each big-endian byte as A-law",
        lambda x: alaw_decode(_bytes(x.byteswap())),
        2.0,
    ),
)
_OF_BYTES: Final = (
    Rereading(
        "mulaw-as-pcm16", "decode each byte as mu-law", lambda x: ulaw_decode(_bytes(x)), 2.0
    ),
    Rereading("mulaw-as-pcm16", "decode each byte as A-law", lambda x: alaw_decode(_bytes(x)), 2.0),
)
_OF_16_BITS_AS_MULAW: Final = (
    Rereading("linear-as-mulaw", "read the bytes as L16", lambda x: _linear(ulaw_encode(x)), 0.5),
    Rereading(
        "linear-as-mulaw",
        "read the bytes as big-endian L16",
        lambda x: _linear(ulaw_encode(x)).byteswap(),
        0.5,
    ),
)
_OF_8_BITS_AS_MULAW: Final = tuple(
    Rereading(
        "linear-as-mulaw",
        f"read the bytes as 8-bit samples around {zero}",
        partial(_samples_of_8_bits, zero=zero),
    )
    for zero in _ZEROS
)
_OF_NUMBERS: Final = tuple(
    Rereading(
        "continuous-mulaw",
        f"expand the bytes as numbers around {zero} of the continuous law",
        partial(_samples_of_numbers, zero=zero),
    )
    for zero in _ZEROS
)
_OF_MULAW: Final = (
    Rereading("alaw-as-mulaw", "decode the bytes as A-law", lambda x: alaw_decode(ulaw_encode(x))),
    Rereading(
        "bits-inverted", "invert all bits of each byte", lambda x: ulaw_decode(~ulaw_encode(x))
    ),
)
_OF_ALAW: Final = (
    Rereading("mulaw-as-alaw", "decode the bytes as mu-law", lambda x: ulaw_decode(alaw_encode(x))),
    Rereading(
        "bits-inverted", "invert all bits of each byte", lambda x: alaw_decode(~alaw_encode(x))
    ),
    Rereading(
        "bits-inverted",
        "invert every other bit of each byte",
        lambda x: alaw_decode(alaw_encode(x) ^ np.uint8(0x55)),
    ),
)
_OF_8_BITS: Final = tuple(
    Rereading("mulaw-as-pcm8", f"decode the 8-bit samples as {law}", _from_8_bits(decode))
    for law, decode in (("mu-law", ulaw_decode), ("A-law", alaw_decode))
)
_OF_TWICE: Final = tuple(
    Rereading(
        "double-encoded",
        f"take the samples for 8-bit ones and decode them as {law}",
        _from_8_bits(decode),
    )
    for law, decode in (("mu-law", ulaw_decode), ("A-law", alaw_decode))
)
_OF_COARSE: Final = tuple(
    Rereading("double-encoded", f"take the samples for 8-bit ones and decode them as {law}", read)
    for law, read in (("mu-law", _from_coarse(ulaw_decode)), ("A-law", _from_coarse(alaw_decode)))
)
