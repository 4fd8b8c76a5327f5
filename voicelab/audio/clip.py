"""A piece of sound that can be held, shown and played as it is."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np

from voicelab.audio.samples import Int16Array, require_int16
from voicelab.audio.wav import wav_bytes
from voicelab.errors import FormatError

MAX_EMBEDDED_S = 600
"""A longer piece is not put into a notebook; a stored notebook would grow by 1.3 MB a minute."""
MOST_HZ = 768_000
"""No recorder is faster: a header that says more is broken."""
_LEAST_PLAYED_HZ = 8000


class Audio:
    """Samples and their rate. The player of a notebook plays them without normalising.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,) or (n, channels)
    rate_hz : int
        Samples a second.
    cut_short_s : float
        How much more its file promised than was there, as where a download broke off.

    Raises
    ------
    FormatError
        Where the samples are not int16, or the rate is no whole number from 1 to 768,000.
    """

    __slots__ = ("cut_short_s", "rate_hz", "samples")

    def __init__(self, samples: Int16Array, rate_hz: int, cut_short_s: float = 0.0) -> None:
        require_int16(samples)
        if samples.ndim not in (1, 2) or not 1 <= rate_hz <= MOST_HZ or rate_hz % 1:
            raise FormatError(
                f"Audio needs samples of shape (n,) or (n, channels) and a whole rate of 1 to "
                f"{MOST_HZ:,} Hz; these have shape {samples.shape} and {rate_hz} Hz."
            )
        self.samples = samples
        self.rate_hz = int(rate_hz)
        self.cut_short_s = cut_short_s

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz

    @property
    def channels(self) -> int:
        """1, or the second dimension of the samples."""
        return 1 if self.samples.ndim == 1 else self.samples.shape[1]

    @property
    def peak_dbfs(self) -> float:
        """The loudest sample against full scale, in dB; -inf for silence."""
        peak = int(np.max(np.abs(self.samples.astype(np.int32)), initial=0))
        return 20 * float(np.log10(peak / 32768)) if peak else float("-inf")

    @property
    def playable(self) -> Audio:
        """The same at a rate that browsers play: below 8 kHz so many times it as is needed."""
        times = -(-_LEAST_PLAYED_HZ // self.rate_hz)
        if times == 1:
            return self
        from scipy.signal import resample_poly

        fine = resample_poly(self.samples.astype(np.float32), times, 1)
        samples = np.clip(np.rint(fine), -32768, 32767).astype(np.int16)
        return Audio(samples, times * self.rate_hz)

    def save(self, path: str | Path) -> Path:
        """Write a 16-bit WAV, replacing what is there."""
        path = Path(path)
        path.write_bytes(wav_bytes(self.samples, self.rate_hz))
        return path

    def __repr__(self) -> str:
        channels = "" if self.channels == 1 else f", {self.channels} channels"
        cut = f", cut short by {self.cut_short_s:.2f} s" if self.cut_short_s else ""
        return (
            f"Audio({self.duration_s:.2f} s, {self.rate_hz} Hz{channels}, "
            f"peak {self.peak_dbfs:.1f} dBFS{cut})"
        )

    def _repr_html_(self) -> str:
        if self.duration_s > MAX_EMBEDDED_S:
            return f"<p>{self!r}: too long to play here; save() it and open the file.</p>"
        played = self.playable
        data = base64.b64encode(wav_bytes(played.samples, played.rate_hz)).decode()
        return (
            f'<audio controls src="data:audio/wav;base64,{data}"></audio> <small>{self!r}</small>'
        )
