"""Between the line and the model: which formats are used, and how one becomes the other."""

from __future__ import annotations

from array import array

import numpy as np

from voicelab.audio.format import AudioFormat
from voicelab.audio.resample import Resampler

MODEL_HZ = 24_000
"""The one rate at which a Realtime model takes and gives linear audio."""

PCM = AudioFormat("l16", MODEL_HZ)


def model_format(line: AudioFormat) -> AudioFormat:
    """What the model is asked for: G.711 as it is, so that nothing is converted; else 24 kHz."""
    return PCM if line.encoding == "l16" else line


class ToModel:
    """The caller's audio on its way to the model.

    Parameters
    ----------
    line : AudioFormat
    """

    def __init__(self, line: AudioFormat) -> None:
        self.format = model_format(line)
        self._line = line
        self._resampler = None if line == self.format else Resampler(line.rate_hz, MODEL_HZ)

    @property
    def delay_ms(self) -> float:
        """By how much the conversion holds the audio back."""
        return self._resampler.delay_ms if self._resampler else 0.0

    def convert(self, pcm: bytes, payload: bytes) -> bytes:
        """Turn a frame, decoded and as it came, into the model's bytes; G.711 passes unchanged."""
        if self.format.encoding != "l16":
            return payload
        if self._resampler is None:
            return pcm
        return self._resampler.process(np.frombuffer(pcm, np.int16)).tobytes()

    def silence(self, samples: int) -> bytes:
        """So many silent samples of the line."""
        quiet = bytes(2 * samples)
        return self.convert(quiet, self._line.silence(samples))


class ToLine:
    """One item of the model's audio on its way to the caller.

    It gives bytes as :meth:`~voicelab.call.stream.Stream.send_audio` takes them: G.711 as it is
    on the wire, linear audio as int16 little-endian at the line's rate.

    Parameters
    ----------
    model, line : AudioFormat
    """

    def __init__(self, model: AudioFormat, line: AudioFormat) -> None:
        self._model = model
        self._line = line
        convert = model.encoding == "l16" and model.rate_hz != line.rate_hz
        self._resampler = Resampler(model.rate_hz, line.rate_hz) if convert else None
        self._skip = self._resampler.delay_samples if self._resampler else 0
        self._odd = b""

    def convert(self, delta: bytes) -> bytes:
        """Turn the next bytes of the item; half a sample waits for its other half."""
        if self._model.encoding != "l16":
            return delta
        delta = self._odd + delta
        whole = len(delta) & ~1
        self._odd = delta[whole:]
        if self._resampler is None:
            return delta[:whole]
        return self._trimmed(self._resampler.process(np.frombuffer(delta[:whole], np.int16)))

    def finish(self) -> bytes:
        """What the conversion still held at the item's end."""
        return self._trimmed(self._resampler.flush()) if self._resampler else b""

    def _trimmed(self, samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> bytes:
        """Leave out the resampler's delay, so that an item is as long as it was."""
        skip = min(self._skip, samples.size)
        self._skip -= skip
        return samples[skip:].tobytes()


def to_line(line: AudioFormat, pcm: bytes) -> bytes:
    """Audio as :class:`ToLine` gives it, of int16 little-endian at the line's rate."""
    if line.encoding == "l16":
        return pcm
    return line.from_int16(np.frombuffer(pcm, np.int16))


def swapped(pcm: bytes) -> bytes:
    """The same int16 samples, read in the other byte order."""
    samples = array("h", pcm)
    samples.byteswap()
    return samples.tobytes()
