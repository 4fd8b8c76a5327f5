"""What the model hears of the caller: every sample once, in order, in one byte order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from voicelab.audio.format import AudioFormat
from voicelab.call.model_audio import ToModel, swapped

MAX_GAP_S = 5.0
"""A longer hole in the caller's audio is closed: nobody needs to listen to it."""

UNDECIDED_S = 1.0
"""So much L16 is kept back until its byte order is known; what is silent longer reads the same."""


class CallerEar:
    """Takes the caller's placed frames, gives the model's bytes.

    Parameters
    ----------
    line : AudioFormat
    undecided : bool
        Whether the byte order is still to be found.
    hear : callable
        ``hear(audio)``: bytes in :attr:`format`.

    Attributes
    ----------
    late : int
        Frames that came too late to be told in order.
    """

    def __init__(self, line: AudioFormat, undecided: bool, hear: Callable[[bytes], None]) -> None:
        self.late = 0
        self._line = line
        self._convert = ToModel(line)
        self._hear = hear
        self._end: int | None = None
        self._undecided = undecided
        self._kept: deque[bytes] = deque()
        self._kept_bytes = 0

    @property
    def format(self) -> AudioFormat:
        """What the model is given."""
        return self._convert.format

    @property
    def delay_ms(self) -> float:
        """By how much the conversion holds the audio back."""
        return self._convert.delay_ms

    def frame(self, offset: int, pcm: bytes, payload: bytes) -> None:
        """Take one frame and its place on the time axis."""
        end = offset if self._end is None else self._end
        if offset < end:
            self.late += 1
            return
        if offset > end:
            missing = min(offset - end, int(MAX_GAP_S * self._line.rate_hz))
            self._take(bytes(2 * missing), self._line.silence(missing))
        self._end = offset + len(pcm) // 2
        self._take(pcm, payload)

    def decided(self, swap: bool) -> None:
        """The byte order is known; where `swap`, what was kept was read the other way."""
        self._undecided = False
        while self._kept:
            pcm = self._kept.popleft()
            self._give(swapped(pcm) if swap else pcm, b"")

    def _take(self, pcm: bytes, payload: bytes) -> None:
        if not self._undecided:
            self._give(pcm, payload)
            return
        self._kept.append(pcm)
        self._kept_bytes += len(pcm)
        while self._kept_bytes > UNDECIDED_S * self._line.rate_hz * 2:
            oldest = self._kept.popleft()
            self._kept_bytes -= len(oldest)
            self._give(oldest, b"")

    def _give(self, pcm: bytes, payload: bytes) -> None:
        if audio := self._convert.convert(pcm, payload):
            self._hear(audio)
