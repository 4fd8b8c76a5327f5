"""The caller's virtual ear: the provider's playback queue, counted in samples of time.

Whatever the application sends is heard after everything it sent before, never earlier than it
came, at one sample a sample period. So the queue needs no timer: each piece of audio has a place
on the call's time axis the moment it arrives, a checkpoint is the place behind the last piece, and
clearing the queue moves its end back to now. A run is audio without a seam; where the queue ran
dry, a new run begins.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voicelab.audio.resample import resample

Int16 = npt.NDArray[np.int16]

MAX_EAR_S = 3 * 3600.0
MAX_CHECKPOINTS = 10_000


@dataclass(frozen=True, slots=True)
class Gap:
    """Silence inside an utterance: the queue ran dry, and then more audio came.

    Attributes
    ----------
    start_s, end_s : float
        Call time in seconds.
    """

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """How long it lasted, in seconds."""
        return self.end_s - self.start_s


@dataclass(slots=True)
class _Run:
    """Audio without a seam: it starts at a sample of the ear and keeps its own rate."""

    start: int
    rate_hz: int
    ear_hz: int
    pcm: bytearray
    continued: bool
    """Whether it carries on an utterance that the queue's running dry cut in two."""

    @property
    def end(self) -> int:
        samples = len(self.pcm) // 2
        return self.start + (samples * self.ear_hz + self.rate_hz // 2) // self.rate_hz

    def cut(self, at: int) -> None:
        """Forget what would be heard from ear sample `at` on."""
        heard = max(0, at - self.start)
        del self.pcm[2 * (heard * self.rate_hz // self.ear_hz) :]

    def heard(self) -> Int16:
        """Its samples at the ear's rate; unchanged when the rates are equal."""
        samples = np.frombuffer(bytes(self.pcm), np.int16)
        if self.rate_hz == self.ear_hz:
            return samples
        return resample(samples, self.rate_hz, self.ear_hz)[: self.end - self.start]


class Ear:
    """What one caller hears, and when.

    Times are call time in seconds, passed in and never falling; inside, everything is a whole
    number of samples at `rate_hz`, so nothing drifts.

    Parameters
    ----------
    rate_hz : int
        Rate at which the ear is rendered.
    max_s : float
        The queue never reaches beyond this call time; audio that would is refused.
    """

    def __init__(self, rate_hz: int, *, max_s: float = MAX_EAR_S) -> None:
        self.rate_hz = rate_hz
        self._max = math.floor(max_s * rate_hz)
        self._runs: list[_Run] = []
        self._head = 0
        self._utterance_open = False
        self._checkpoints: deque[tuple[int, str]] = deque()
        self._received: dict[int, int] = {}

    def play(self, now_s: float, samples: Int16, rate_hz: int) -> bool:
        """Queue audio behind what is queued.

        Parameters
        ----------
        now_s : float
            Call time in seconds.
        samples : ndarray of int16, shape (n,)
        rate_hz : int
            Their rate.

        Returns
        -------
        bool
            False when the queue would reach beyond `max_s`; nothing was queued then.
        """
        now = self._sample(now_s)
        start = max(now, self._head)
        if start + len(samples) * self.rate_hz // rate_hz > self._max:
            return False
        self._received[rate_hz] = self._received.get(rate_hz, 0) + len(samples)
        if not len(samples):
            return True
        run = self._runs[-1] if self._runs else None
        if run is None or start != run.end or run.rate_hz != rate_hz:
            run = _Run(start, rate_hz, self.rate_hz, bytearray(), self._utterance_open)
            self._runs.append(run)
        run.pcm += np.ascontiguousarray(samples, np.int16).tobytes()
        self._head = run.end
        self._utterance_open = True
        return True

    def checkpoint(self, now_s: float, name: str) -> bool:
        """Ask to be told when everything queued so far was heard.

        Returns
        -------
        bool
            False when too many are pending; it was not taken then.
        """
        if len(self._checkpoints) >= MAX_CHECKPOINTS:
            return False
        self._checkpoints.append((max(self._sample(now_s), self._head), name))
        self._utterance_open = False
        return True

    def clear(self, now_s: float) -> None:
        """Drop what was not heard yet, and every pending checkpoint."""
        now = self._sample(now_s)
        while self._runs and self._runs[-1].end > now:
            self._runs[-1].cut(now)
            if self._runs[-1].pcm:
                break
            self._runs.pop()
        self._head = min(self._head, now)
        self._checkpoints.clear()
        self._utterance_open = False

    def due(self, now_s: float) -> list[str]:
        """Names of the checkpoints that were passed, in order, each once."""
        now = self._sample(now_s)
        names = []
        while self._checkpoints and self._checkpoints[0][0] <= now:
            names.append(self._checkpoints.popleft()[1])
        return names

    @property
    def next_due_s(self) -> float | None:
        """When the next checkpoint will be passed, or None."""
        return self._checkpoints[0][0] / self.rate_hz if self._checkpoints else None

    def queued_s(self, now_s: float) -> float:
        """Seconds of audio still to be heard."""
        return max(0, self._head - self._sample(now_s)) / self.rate_hz

    @property
    def received_s(self) -> float:
        """Seconds of audio that came, heard or not."""
        return sum(samples / rate_hz for rate_hz, samples in self._received.items())

    @property
    def first_audio_s(self) -> float | None:
        """When the first sample was heard, or None when there was none."""
        return self._runs[0].start / self.rate_hz if self._runs else None

    @property
    def last_audio_s(self) -> float | None:
        """When the last sample was, or as queued now will be, heard."""
        return self._runs[-1].end / self.rate_hz if self._runs else None

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Where the queue ran dry inside an utterance.

        An utterance ends at a checkpoint or when the queue is cleared; an application that uses
        neither sees each of its pauses here.
        """
        return tuple(
            Gap(before.end / self.rate_hz, after.start / self.rate_hz)
            for before, after in zip(self._runs, self._runs[1:], strict=False)
            if after.continued and after.start > before.end
        )

    def render(self, until_s: float) -> Int16:
        """What was heard from 0 to `until_s`: int16 at `rate_hz`, zeros where nothing played."""
        heard = np.zeros(self._sample(until_s), np.int16)
        for run in self._runs:
            if run.start >= len(heard):
                break
            room = heard[run.start : run.end]
            samples = run.heard()[: len(room)]
            room[: len(samples)] = samples
        return heard

    def _sample(self, at_s: float) -> int:
        return max(0, round(at_s * self.rate_hz))
