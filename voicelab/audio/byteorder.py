"""Which byte of an L16 sample came first? Told from the audio, or honestly not told.

In the right order a sample's high byte is a smooth outline of the sound and its low byte is fine
detail that looks random. In the wrong order the detail takes the high byte's place. Three tests use
that, from the sharpest to the widest:

1. *Quiet*: in one order nearly all samples lie within ±128, with both signs. The other order would
   need a low byte that repeats the high byte's sign.
2. *Levels*: in one order all samples are levels that a G.711 decoder puts out, 256 of 65,536.
3. *Roughness*: in one order neighbouring samples differ far less than in the other.

The last one can be fooled by sounds with idle low bytes (8-bit audio in 16-bit samples, square
waves, hard clipping, ramps), so it answers only where the low byte looks like detail.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from voicelab.audio.format import ByteOrder
from voicelab.audio.g711 import Uint8Array, alaw_decode, ulaw_decode
from voicelab.audio.samples import Int16Array

_BoolArray = npt.NDArray[np.bool_]

_MIN_SAMPLES = 16
_MIN_PAIRS = 64
_MIN_LEVELS = 6
_QUIET = 128
_QUIET_SHARE = 0.9
_SIGN_SHARE = 0.05
_LEVEL_SHARE = 0.99
_OTHER_LEVEL_SHARE = 0.5
_ROUGHER = 3.0
_MAX_SAME_HIGH = 0.95
_MIN_DETAIL_BITS = 6.0
_MAX_STEP = 25_000  # random high bytes differ by a third of 65,536; more is a sound by itself


@dataclass(frozen=True, slots=True)
class ByteOrderGuess:
    """What the audio says about its byte order.

    Parameters
    ----------
    order : {"big", "little"} or None
        None where the audio does not tell.
    confidence : float
        0 to 1; 0 where it does not tell.
    reason : str
        The evidence, in a sentence.
    """

    order: ByteOrder | None
    confidence: float
    reason: str


def guess_byte_order(data: bytes | bytearray) -> ByteOrderGuess:
    """Tell the byte order of L16 audio.

    Parameters
    ----------
    data : bytes
        Wire bytes, from a sample's first byte on; 0.2 s of speech is enough. Half a sample at the
        end is ignored.

    Examples
    --------
    >>> guess_byte_order(np.array([8, -8, -8, 8, 8] * 10, "<i2").tobytes()).order
    'little'
    """
    little = np.frombuffer(data, np.int16, count=len(data) // 2)
    big = little.byteswap()
    telling = little != big
    count = int(np.count_nonzero(telling))
    if count < _MIN_SAMPLES:
        return _unknown(f"only {count} of {little.size} samples read differently in the two orders")
    readings = (_Reading("little", little, telling), _Reading("big", big, telling))
    return (
        _by_quiet(*readings)
        or _by_quiet(*readings[::-1])
        or _by_levels(*readings)
        or _by_levels(*readings[::-1])
        or _by_roughness(*readings)
    )


class ByteOrderDetector:
    """Tells the byte order of a stream as soon as the audio does, and then stays with it.

    Looks every 0.1 s, from 0.2 s on, at the last second of audio that is not digital silence.

    Parameters
    ----------
    rate_hz : int
        Samples a second.
    """

    def __init__(self, rate_hz: int = 8000) -> None:
        self._step_bytes = rate_hz // 10 * 2
        self._window_bytes = 10 * self._step_bytes
        self._held = bytearray()
        self._next_look_bytes = 2 * self._step_bytes
        self._guess = _unknown("no audio has come")

    @property
    def guess(self) -> ByteOrderGuess:
        """What is known so far."""
        return self._guess

    def feed(self, data: bytes) -> ByteOrderGuess | None:
        """Take the next wire bytes.

        Parameters
        ----------
        data : bytes
            Of any length; the stream's first byte is the first one of a sample.

        Returns
        -------
        ByteOrderGuess or None
            The decision, from the moment it is made; None before.
        """
        for start in range(0, len(data), self._step_bytes):
            if self._guess.order is not None:
                break
            self._take(data[start : start + self._step_bytes])
        return self._guess if self._guess.order is not None else None

    def last_look(self) -> ByteOrderGuess:
        """Look once more at what is held: nothing more will come, however little it was."""
        if self._guess.order is None and self._held:
            self._guess = guess_byte_order(bytes(self._held[: len(self._held) // 2 * 2]))
        return self._guess

    def _take(self, piece: bytes) -> None:
        if len(piece) % 2 == 0 and not piece.strip(b"\0"):
            if not self._held:
                self._guess = _unknown("there was only silence, which reads the same both ways")
            return
        self._held += piece
        self._next_look_bytes -= len(piece)
        if self._next_look_bytes > 0:
            return
        self._next_look_bytes = self._step_bytes
        excess = len(self._held) - self._window_bytes
        if excess > 0:
            del self._held[: excess + excess % 2]
        self._guess = guess_byte_order(bytes(self._held))
        if self._guess.order is not None:
            self._held.clear()


class _Reading:
    """The samples in one of the two orders; `telling` marks those that differ between the two."""

    def __init__(self, order: ByteOrder, samples: Int16Array, telling: _BoolArray) -> None:
        self.order = order
        self.name = f"{order}-endian"
        self.samples = samples
        self.telling = telling
        self.told = samples[telling]

    def has_both_signs(self) -> bool:
        negative = float((self.told < 0).mean())
        return _SIGN_SHARE <= negative <= 1 - _SIGN_SHARE

    def quiet_share(self) -> float:
        return float(((self.told >= -_QUIET) & (self.told < _QUIET)).mean())

    def level_shares(self) -> dict[str, float]:
        """Share of the samples that each G.711 decoder could have put out."""
        patterns = self.told.view(np.uint16)
        return {law: float(levels[patterns].mean()) for law, levels in _level_tables().items()}

    def differences(self, kept: _BoolArray, degree: int) -> npt.NDArray[np.int32]:
        """Absolute differences of the first or second degree between neighbours that are kept."""
        for _ in range(degree):
            kept = kept[1:] & kept[:-1]
        return np.abs(np.diff(self.samples.astype(np.int32), degree))[kept]


def _by_quiet(reading: _Reading, other: _Reading) -> ByteOrderGuess | None:
    share = reading.quiet_share()
    if share < _QUIET_SHARE or not reading.has_both_signs():
        return None
    return ByteOrderGuess(
        reading.order,
        share,
        f"read as {reading.name} {share:.0%} of the samples lie within ±{_QUIET}, "
        f"as {other.name} {other.quiet_share():.0%}",
    )


def _by_levels(reading: _Reading, other: _Reading) -> ByteOrderGuess | None:
    law, share = max(reading.level_shares().items(), key=itemgetter(1))
    other_share = max(other.level_shares().values())
    if share < _LEVEL_SHARE or other_share > _OTHER_LEVEL_SHARE:
        return None
    if _value_count(reading.told) < _MIN_LEVELS or not reading.has_both_signs():
        return None
    return ByteOrderGuess(
        reading.order,
        share - other_share,
        f"read as {reading.name} {share:.0%} of the samples are levels of {law}, "
        f"as {other.name} {other_share:.0%}",
    )


def _by_roughness(little: _Reading, big: _Reading) -> ByteOrderGuess:
    # Rails of clipped sound are loud, yet may read as a whisper: 0x7FFF and 0x8000 as -129 and 128.
    kept = little.telling.copy()
    for samples in (little.samples, big.samples):
        kept &= (samples != samples.max()) & (samples != samples.min())
    steps = [reading.differences(kept, 1) for reading in (little, big)]
    bends = [reading.differences(kept, 2) for reading in (little, big)]
    if bends[0].size < _MIN_PAIRS:
        return _unknown("too few neighbouring samples read differently in the two orders")
    as_little, as_big = (float(step.mean()) for step in steps)
    evidence = (
        f"read as little-endian neighbouring samples differ by {as_little:,.0f}, "
        f"as big-endian by {as_big:,.0f}"
    )
    smooth, rough = (0, 1) if as_little < as_big else (1, 0)
    ratio = min(
        float(rows[rough].mean()) / max(float(rows[smooth].mean()), 1e-9) for rows in (steps, bends)
    )
    chosen = (little, big)[smooth]
    has_detail = max(as_little, as_big) <= _MAX_STEP and _has_detail(chosen.samples[kept])
    if ratio < _ROUGHER or not has_detail:
        return _unknown(f"{evidence}, which does not tell")
    return ByteOrderGuess(chosen.order, 1 - 1 / ratio, evidence)


def _has_detail(samples: Int16Array) -> bool:
    """Whether high and low bytes behave as outline and detail."""
    low, high = samples.view(np.uint8).reshape(-1, 2).T
    if np.bincount(high).max() > _MAX_SAME_HIGH * high.size:
        return False
    return _entropy_bits(low) >= _MIN_DETAIL_BITS


def _entropy_bits(values: Uint8Array) -> float:
    counts = np.bincount(values)
    share = counts[counts > 0] / values.size
    return float(-(share * np.log2(share)).sum())


def _value_count(samples: Int16Array) -> int:
    seen = np.zeros(1 << 16, np.bool_)
    seen[samples.view(np.uint16)] = True
    return int(np.count_nonzero(seen))


@cache
def _level_tables() -> dict[str, _BoolArray]:
    """For each law, mark the 16-bit patterns that its decoder puts out."""
    tables = {"mu-law": np.zeros(1 << 16, np.bool_), "A-law": np.zeros(1 << 16, np.bool_)}
    codes = bytes(range(256))
    tables["mu-law"][ulaw_decode(codes).view(np.uint16)] = True
    tables["A-law"][alaw_decode(codes).view(np.uint16)] = True
    return tables


def _unknown(why: str) -> ByteOrderGuess:
    return ByteOrderGuess(None, 0.0, why)
