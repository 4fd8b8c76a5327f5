"""G.711 mu-law and A-law, bit-exact with the ITU-T G.191 reference on every input.

Both laws cut the magnitudes into eight segments of sixteen equal steps, the step doubling from
segment to segment, so that the quantisation error grows with the level. A step's lower edge says
what is encoded into it, its middle is what it decodes to. Magnitudes of negative samples are taken
by one's complement, as G.191 does: -1 lies in the same step as 0, with the other sign.

Source: ITU-T G.711 tables 1a to 2b; the reference program in ITU-T G.191.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voicelab.audio.samples import Int16Array, require_int16, type_of
from voicelab.errors import FormatError

Uint8Array = npt.NDArray[np.uint8]
_Levels = npt.NDArray[np.int64]

_MAGNITUDES = 32768
_POSITIVE = 0x80
_MULAW_BIAS = 33 << 2


def ulaw_encode(samples: Int16Array) -> Uint8Array:
    """Encode linear samples by mu-law.

    Parameters
    ----------
    samples : ndarray of int16
        Any shape.

    Returns
    -------
    ndarray of uint8
        One wire byte a sample, in the same shape.

    Raises
    ------
    FormatError
        If `samples` is not an int16 array.

    Examples
    --------
    >>> ulaw_encode(np.array([0, -1, 32767, -32768], np.int16)).tolist()
    [255, 127, 128, 0]
    """
    return _ULAW_ENCODE.take(_as_index(samples))


def ulaw_decode(codes: Uint8Array | bytes) -> Int16Array:
    """Decode mu-law bytes to linear samples.

    Parameters
    ----------
    codes : ndarray of uint8, or bytes
        Wire bytes; an array of any shape.

    Returns
    -------
    ndarray of int16
        One sample a byte, -32124 to 32124, in the same shape.

    Raises
    ------
    FormatError
        If `codes` is neither bytes nor a uint8 array.

    Examples
    --------
    >>> ulaw_decode(bytes([0xFF, 0x80, 0x00])).tolist()
    [0, 32124, -32124]
    """
    return _ULAW_DECODE.take(_as_codes(codes))


def alaw_encode(samples: Int16Array) -> Uint8Array:
    """Encode linear samples by A-law, even bits inverted as on the wire.

    Parameters
    ----------
    samples : ndarray of int16
        Any shape.

    Returns
    -------
    ndarray of uint8
        One wire byte a sample, in the same shape.

    Raises
    ------
    FormatError
        If `samples` is not an int16 array.

    Examples
    --------
    >>> alaw_encode(np.array([0, -1, 32767, -32768], np.int16)).tolist()
    [213, 85, 170, 42]
    """
    return _ALAW_ENCODE.take(_as_index(samples))


def alaw_decode(codes: Uint8Array | bytes) -> Int16Array:
    """Decode A-law wire bytes to linear samples.

    Parameters
    ----------
    codes : ndarray of uint8, or bytes
        Wire bytes; an array of any shape.

    Returns
    -------
    ndarray of int16
        One sample a byte, -32256 to 32256 and never 0, in the same shape.

    Raises
    ------
    FormatError
        If `codes` is neither bytes nor a uint8 array.

    Examples
    --------
    >>> alaw_decode(bytes([0xD5, 0xAA, 0x2A])).tolist()
    [8, 32256, -32256]
    """
    return _ALAW_DECODE.take(_as_codes(codes))


def _as_index(samples: Int16Array) -> npt.NDArray[np.uint16]:
    require_int16(samples)
    return samples.view(np.uint16)


def _as_codes(codes: object) -> Uint8Array:
    if isinstance(codes, (bytes, bytearray, memoryview)):
        return np.frombuffer(codes, np.uint8)
    if isinstance(codes, np.ndarray) and codes.dtype == np.uint8:
        return codes
    raise FormatError(f"G.711 decodes bytes or a uint8 array, not {type_of(codes)}.")


def _mulaw_steps() -> tuple[_Levels, _Levels]:
    """Lower edges and middles of the 128 mu-law steps, on the 16-bit scale."""
    segment, step = np.divmod(np.arange(128), 16)
    edges = ((16 + step) << (segment + 3)) - _MULAW_BIAS
    middles = edges + (4 << segment)
    edges[0] = 0  # the bias leaves half of the first step below zero
    return edges, middles


def _alaw_steps() -> tuple[_Levels, _Levels]:
    """Lower edges and middles of the 128 A-law steps; segments 0 and 1 share one step size."""
    segment, step = np.divmod(np.arange(128), 16)
    doubling = np.maximum(segment - 1, 0)
    edges = (16 * (segment > 0) + step) << (doubling + 4)
    return edges, edges + (8 << doubling)


def _encode_table(edges: _Levels, inverted: int) -> Uint8Array:
    """Wire byte of each sample, indexed by the sample's 16 bits read as unsigned."""
    steps = np.repeat(np.arange(128, dtype=np.uint8), np.diff(edges, append=_MAGNITUDES))
    return np.concatenate((steps | _POSITIVE, steps[::-1])) ^ np.uint8(inverted)


def _decode_table(middles: _Levels, inverted: int) -> Int16Array:
    """Sample of each wire byte."""
    by_code = np.concatenate((-middles, middles)).astype(np.int16)
    return by_code.take(np.arange(256) ^ inverted)


_edges, _middles = _mulaw_steps()
# mu-law sends all seven magnitude bits inverted, A-law every other one (G.711 tables 1 and 2).
_ULAW_ENCODE = _encode_table(_edges, 0x7F)
_ULAW_DECODE = _decode_table(_middles, 0x7F)
_edges, _middles = _alaw_steps()
_ALAW_ENCODE = _encode_table(_edges, 0x55)
_ALAW_DECODE = _decode_table(_middles, 0x55)
