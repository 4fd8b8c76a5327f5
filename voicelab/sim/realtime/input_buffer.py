"""The sound a client appended and nobody has taken yet, placed on its own clock."""

from __future__ import annotations

from typing import Final

from voicelab.audio.format import AudioFormat
from voicelab.sim.realtime.formats import bytes_a_ms

MAX_BUFFER_BYTES: Final = 32 * 1024 * 1024
"""Past it the oldest sound is forgotten: 11 minutes of PCM that nobody commits."""


class InputBuffer:
    """Bytes by position: milliseconds of all sound that was ever appended, whatever was taken.

    Parameters
    ----------
    format : AudioFormat
    """

    def __init__(self, format: AudioFormat) -> None:
        self.format = format
        self._data = bytearray()
        self._begin_ms = 0.0

    @property
    def begin_ms(self) -> float:
        """Where the oldest sound that is held begins."""
        return self._begin_ms

    @property
    def end_ms(self) -> float:
        """How much sound was ever appended."""
        return self._begin_ms + len(self._data) / bytes_a_ms(self.format)

    @property
    def held_ms(self) -> float:
        """How much of it is held."""
        return self.end_ms - self._begin_ms

    def append(self, data: bytes) -> None:
        """Put more sound at the end."""
        self._data += data
        if len(self._data) > MAX_BUFFER_BYTES:
            excess_ms = (len(self._data) - MAX_BUFFER_BYTES) / bytes_a_ms(self.format)
            self.drop(self._begin_ms + excess_ms)

    def take(self, begin_ms: float, end_ms: float) -> bytes:
        """Return the sound between two positions, as it came; drop it and all before."""
        taken = bytes(self._data[self._at(begin_ms) : self._at(end_ms)])
        self.drop(end_ms)
        return taken

    def drop(self, until_ms: float) -> None:
        """Forget all sound before a position."""
        length = self._at(until_ms)
        del self._data[:length]
        self._begin_ms += length / bytes_a_ms(self.format)

    def change(self, format: AudioFormat) -> None:
        """Go on in another format; sound that is held is forgotten, its time is not."""
        self._begin_ms = self.end_ms
        self._data.clear()
        self.format = format

    def _at(self, ms: float) -> int:
        """Where a position lies in the data: between whole samples, within what is held."""
        length = round((ms - self._begin_ms) * bytes_a_ms(self.format))
        length = min(max(length, 0), len(self._data))
        return length - length % self.format.sample_bytes
