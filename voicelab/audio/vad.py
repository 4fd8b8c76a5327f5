"""Is somebody speaking? Asked of every 20 ms, and answered with how strongly.

The detector is WebRTC's (Gaussian mixtures over six bands, with a model of the noise that adapts).
It asks only whether a sound is like speech, not whether it is loud, and where a noise begins it
takes up to four frames for speech, or seconds of them where it has learned a quieter noise before.
So what is around it knows level: sound that is too quiet to be speech reaches the detector as
silence, from which it learns nothing; its answer counts in steps of level; and a sound that stays
the same for half a second is no speech, whatever the detector says.
"""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from typing import Final

import numpy as np
import webrtcvad

from voicelab.audio.resample import Resampler
from voicelab.audio.samples import Int16Array
from voicelab.errors import FormatError, SettingError

FRAME_MS: Final = 20
_NATIVE_HZ: Final = (8000, 16000, 48000)
_RESAMPLED_HZ: Final = 24000
_WORKING_HZ: Final = 8000  # the detector's own rate, whatever it is given

# Measured on white, pink and mains noise that begins after silence: modes 0 and 1 of the detector
# take it for speech for up to 10 frames, mode 2 for 4, at every level below -40 dBFS.
_MODE: Final = 2
_STRICT_MODE: Final = 3
_STRICT_FROM: Final = 0.75

_FLOOR_DBFS: Final = -50.0
_FLOOR_SPAN_DB: Final = 30.0
_FAINT_DB: Final = -10.0
_CLEAR_DB: Final = 15.0

_STEADY_FRAMES: Final = 25
_STEADY_DB: Final = 1.5  # spread of frame levels: noise and tones have 0.1 to 1, speech 5 and more


class Strength(IntEnum):
    """How sure it is that somebody speaks."""

    NONE = 0
    FAINT = 1
    """Speech below the floor: enough to go on, not to begin."""
    SPEECH = 2
    CLEAR = 3
    """Well above the floor."""


class SpeechDetector:
    """Judges a mono stream, 20 ms at a time.

    Parameters
    ----------
    rate_hz : int
        8000, 16000, 24000 or 48000.
    threshold : float
        0 to 1: how much it takes. 0.5 wants speech of -50 dBFS, each tenth 3 dB more; from 0.75
        on the detector is in its strictest mode too.

    Raises
    ------
    FormatError
        If the rate is another one.
    SettingError
        If the threshold is out of its range.

    Examples
    --------
    >>> SpeechDetector(8000).process(np.zeros(320, np.int16))
    [<Strength.NONE: 0>, <Strength.NONE: 0>]
    """

    def __init__(self, rate_hz: int, threshold: float = 0.5) -> None:
        if rate_hz not in (*_NATIVE_HZ, _RESAMPLED_HZ):
            raise FormatError(f"Speech is not detected at {rate_hz} Hz; 8000 to 48000 will do.")
        if not 0 <= threshold <= 1:
            raise SettingError(f"A threshold is a number from 0 to 1, not {threshold}.")
        self._resampler = Resampler(rate_hz, _WORKING_HZ) if rate_hz == _RESAMPLED_HZ else None
        self._rate_hz = _WORKING_HZ if self._resampler else rate_hz
        self._frame_samples = self._rate_hz * FRAME_MS // 1000
        self._vad = webrtcvad.Vad(_STRICT_MODE if threshold >= _STRICT_FROM else _MODE)
        self._floor_dbfs = _FLOOR_DBFS + (threshold - 0.5) * _FLOOR_SPAN_DB
        self._rest = np.zeros(0, np.int16)
        self._silence = bytes(2 * self._frame_samples)
        self._levels_db: deque[float] = deque(maxlen=_STEADY_FRAMES)

    def process(self, samples: Int16Array) -> list[Strength]:
        """Judge the next samples.

        Parameters
        ----------
        samples : ndarray of int16, shape (n,)
            Any number; what is short of a frame waits for the next.

        Returns
        -------
        list of Strength
            One for each whole frame.
        """
        if self._resampler:
            samples = self._resampler.process(samples)
        if self._rest.size:
            samples = np.concatenate([self._rest, samples])
        length = self._frame_samples
        frames = len(samples) // length
        self._rest = samples[frames * length :].copy()
        return [self._judge(samples[n * length : (n + 1) * length]) for n in range(frames)]

    def _judge(self, frame: Int16Array) -> Strength:
        over_db = level_dbfs(frame) - self._floor_dbfs
        if over_db < _FAINT_DB:
            self._levels_db.clear()
            self._vad.is_speech(self._silence, self._rate_hz)
            return Strength.NONE
        self._levels_db.append(over_db)
        if not self._vad.is_speech(frame.tobytes(), self._rate_hz) or self._is_steady():
            return Strength.NONE
        if over_db < 0:
            return Strength.FAINT
        return Strength.CLEAR if over_db >= _CLEAR_DB else Strength.SPEECH

    def _is_steady(self) -> bool:
        levels_db = self._levels_db
        if len(levels_db) < _STEADY_FRAMES:
            return False
        mean_db = sum(levels_db) / _STEADY_FRAMES
        spread = sum((level_db - mean_db) ** 2 for level_db in levels_db) / _STEADY_FRAMES
        return spread < _STEADY_DB**2


def level_dbfs(samples: Int16Array) -> float:
    """Root mean square level against full scale, in dB; -inf for digital silence.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
    """
    wide = samples.astype(np.float64)
    power = float(wide.dot(wide)) / max(len(wide), 1)
    return 10 * float(np.log10(power / 32768.0**2)) if power else float("-inf")
