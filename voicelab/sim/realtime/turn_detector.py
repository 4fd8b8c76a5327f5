"""Where a turn begins and ends, on the clock of the sound itself."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from voicelab.audio.format import AudioFormat
from voicelab.audio.vad import FRAME_MS, SpeechDetector, Strength

_EVIDENCE: Final = {Strength.SPEECH: 1, Strength.CLEAR: 2}
_WINDOW_FRAMES: Final = 8
_ENOUGH: Final = 5
"""So a turn takes 60 ms of clear speech or 100 ms of other speech within 160 ms; the detector's
four frames of doubt where a noise begins are never enough."""


@dataclass(frozen=True, slots=True)
class Began:
    """Speech began at ``at_ms``, the position of its first frame."""

    at_ms: float


@dataclass(frozen=True, slots=True)
class Ended:
    """Speech is over: at ``at_ms`` it had been silent for long enough."""

    at_ms: float


class TurnDetector:
    """Hears wire bytes and tells turns.

    Parameters
    ----------
    format : AudioFormat
        Of the bytes.
    threshold : float
        0 to 1; see `SpeechDetector`.
    silence_ms : float
        This much silence ends a turn.
    begin_ms : float
        The position of the first byte.
    """

    def __init__(
        self, format: AudioFormat, *, threshold: float, silence_ms: float, begin_ms: float
    ) -> None:
        self.speaking = False
        self._format = format
        self._detector = SpeechDetector(format.rate_hz, threshold)
        self._silence_ms = silence_ms
        self._now_ms = begin_ms
        self._rest = b""
        self._evidence: deque[int] = deque(maxlen=_WINDOW_FRAMES)
        self._quiet_ms = 0

    def hear(self, data: bytes) -> list[Began | Ended]:
        """Take the next bytes; return the turns' beginnings and ends in them."""
        data = self._rest + data
        whole = len(data) - len(data) % self._format.sample_bytes
        self._rest = data[whole:]
        strengths = self._detector.process(self._format.to_int16(data[:whole]))
        return [turn for strength in strengths if (turn := self._frame(strength))]

    def _frame(self, strength: Strength) -> Began | Ended | None:
        self._now_ms += FRAME_MS
        if self.speaking:
            self._quiet_ms = 0 if strength else self._quiet_ms + FRAME_MS
            return self._end() if self._quiet_ms >= self._silence_ms else None
        self._evidence.append(_EVIDENCE.get(strength, 0))
        return self._begin() if sum(self._evidence) >= _ENOUGH else None

    def _begin(self) -> Began:
        first = next(n for n, evidence in enumerate(self._evidence) if evidence)
        began_ms = self._now_ms - (len(self._evidence) - first) * FRAME_MS
        self._evidence.clear()
        self._quiet_ms = 0
        self.speaking = True
        return Began(began_ms)

    def _end(self) -> Ended:
        self.speaking = False
        return Ended(self._now_ms)
