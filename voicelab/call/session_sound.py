"""Sound of a Realtime session, in whichever format it is sent, as PCM at 24 kHz."""

from __future__ import annotations

from typing import Any

from voicelab.audio.format import AudioFormat
from voicelab.audio.resample import Resampler

PCM_24K = AudioFormat("l16", 24000)

_FORMATS = {
    "audio/pcm": PCM_24K,
    "audio/pcmu": AudioFormat("mulaw", 8000),
    "audio/pcma": AudioFormat("alaw", 8000),
}


class SessionSound:
    """Reads one direction; chunks may be of any length."""

    def __init__(self) -> None:
        self.format = PCM_24K
        self._carry = b""
        self._resampler: Resampler | None = None

    def use(self, format: Any) -> None:
        """Take ``audio.input.format`` or ``audio.output.format`` of the session's configuration.

        What is not understood changes nothing.
        """
        name = format.get("type") if isinstance(format, dict) else None
        found = _FORMATS.get(name) if isinstance(name, str) else None
        if found is not None and found != self.format:
            self.format, self._carry = found, b""
            needed = found.rate_hz != PCM_24K.rate_hz
            self._resampler = Resampler(found.rate_hz, PCM_24K.rate_hz) if needed else None

    def read(self, data: bytes) -> bytes:
        """int16 little-endian at 24 kHz; half a sample is kept for the next chunk."""
        data = self._carry + data if self._carry else data
        self._carry = b""
        if len(data) % self.format.sample_bytes:
            data, self._carry = data[:-1], data[-1:]
        if self._resampler is None:
            return self.format.to_pcm(data)
        return self._resampler.process(self.format.to_int16(data)).astype("<i2").tobytes()
