"""Echo: the agent's own voice, come back on the caller's line.

A model that hears itself takes that for the caller and falls silent, again and again. So when the
caller seems to interrupt, what the line brought is compared with what was played: where it is the
same sound, later and softer, it was nobody's interruption. From then on a frame that is no more
than the echo to be expected is silence for the model; whoever is louder than it is still heard.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MAX_DELAY_S = 0.5
"""A longer way back is no telephone's."""

WINDOW_S = 0.4
ALIKE = 0.7
"""Correlation from which two sounds are one: other people's words stay below a half."""

LOUDER = 2.0
"""A caller is somebody else's voice where it is so many times as loud as the echo."""

_KEPT_S = 16.0
_QUIET = 30.0  # root mean square: nothing is compared with line noise

_Float = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Echo:
    """What was found.

    Attributes
    ----------
    delay_ms : float
        From its playing to its coming back.
    share : float
        Its amplitude, 1 for as loud as it was played.
    alike : float
        The correlation, 1 for the same sound.
    """

    delay_ms: float
    share: float
    alike: float


class EchoGuard:
    """Compares the two sides of a line, on the caller's time axis.

    Parameters
    ----------
    rate_hz : int

    Attributes
    ----------
    echo : Echo or None
        Once one was found.
    silenced : int
        Frames that were kept from the model.
    """

    def __init__(self, rate_hz: int) -> None:
        self.echo: Echo | None = None
        self.silenced = 0
        self._rate_hz = rate_hz
        size = round(_KEPT_S * rate_hz)
        self._agent = np.zeros(size)
        self._caller = np.zeros(size)
        self._end = 0

    def played(self, offset: int, pcm: bytes) -> None:
        """The agent's sound will be heard from `offset` on; int16 little-endian."""
        self._put(self._agent, offset, np.frombuffer(pcm, np.int16))

    def flushed(self, offset: int) -> None:
        """What was to be heard from `offset` on is not."""
        ahead = len(self._agent) // 2
        self._put(self._agent, offset, np.zeros(ahead, np.int16))

    def heard(self, offset: int, pcm: bytes) -> bool:
        """Take a frame of the caller; whether it is nothing but echo."""
        samples = np.frombuffer(pcm, np.int16)
        self._put(self._caller, offset, samples)
        self._end = offset + len(samples)
        if self.echo is None or not len(samples):
            return False
        delay = round(self.echo.delay_ms * self._rate_hz / 1000)
        expected = self.echo.share * _level(self._get(self._agent, offset - delay, len(samples)))
        only_echo = expected > _QUIET and _level(samples.astype(float)) < LOUDER * expected
        self.silenced += only_echo
        return only_echo

    def look(self) -> Echo | None:
        """Compare what came last with what was played; returns an echo that was not known."""
        window, reach = round(WINDOW_S * self._rate_hz), round(MAX_DELAY_S * self._rate_hz)
        if self.echo is not None or self._end < window:
            return None
        caller = self._get(self._caller, self._end - window, window)
        agent = self._get(self._agent, self._end - window - reach, window + reach)
        if _level(caller) < _QUIET or _level(agent) < _QUIET:
            return None
        size = len(agent) + window
        product = np.fft.irfft(np.fft.rfft(agent, size) * np.conj(np.fft.rfft(caller, size)), size)
        products = product[: reach + 1]
        summed = np.concatenate([[0.0], np.cumsum(agent**2)])
        energies = summed[window:][: reach + 1] - summed[: reach + 1]
        energies = np.maximum(energies, window * _QUIET**2)
        alike = products / np.sqrt(energies * (caller**2).sum())
        best = int(np.argmax(np.abs(alike)))
        if abs(alike[best]) < ALIKE:
            return None
        self.echo = Echo(
            delay_ms=1000 * (reach - best) / self._rate_hz,
            share=float(abs(products[best]) / energies[best]),
            alike=float(abs(alike[best])),
        )
        return self.echo

    def _put(self, ring: _Float, offset: int, samples: npt.NDArray[np.int16]) -> None:
        begin = offset % len(ring)
        fits = len(ring) - begin
        ring[begin : begin + len(samples)] = samples[:fits]
        ring[: max(0, len(samples) - fits)] = samples[fits:]

    def _get(self, ring: _Float, offset: int, length: int) -> _Float:
        begin = offset % len(ring)
        over = max(0, begin + length - len(ring))
        return np.concatenate([ring[begin : begin + length], ring[:over]])


def _level(samples: _Float) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0
