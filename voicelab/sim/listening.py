"""When a caller speaks and when it listens: each of its frames in its turn."""

from __future__ import annotations

from typing import Final

import numpy as np

from voicelab.audio.samples import Int16Array
from voicelab.sim.caller import FRAME_MS, Caller
from voicelab.sim.ear import Ear

POLITE_S: Final = 0.5
"""So long after the other side's last sample the caller takes it to have finished."""

PATIENCE_S: Final = 8.0
"""So long the caller listens where nobody speaks; then it goes on."""


class Listening:
    """Says which of the caller's frames comes next, and silence while it listens.

    Parameters
    ----------
    caller : Caller
    ear : Ear
        What the caller hears.
    listen_s : float
        Above 0 the caller also listens before its first word, and so long where nobody speaks.

    Attributes
    ----------
    said : int
        Frames of the caller's words so far.
    """

    def __init__(self, caller: Caller, ear: Ear, listen_s: float = 0.0) -> None:
        self.said = 0
        self._caller = caller
        self._ear = ear
        self._patience_s = dict.fromkeys(caller.waits, PATIENCE_S)
        if listen_s > 0:
            self._patience_s[0] = listen_s
        self._since_s: float | None = None
        self._silences: list[tuple[int, int]] = []

    @property
    def all_said(self) -> bool:
        """Whether nothing is left to say."""
        return self.said >= self._caller.frames

    def next_frame(self, now_s: float) -> int:
        """Return the number of the next frame to send; one beyond the last is silent."""
        if self._listens(now_s):
            count = 0
            if self._silences and self._silences[-1][0] == self.said:
                _, count = self._silences.pop()
            self._silences.append((self.said, count + 1))
            return self._caller.frames
        self.said += 1
        return self.said - 1

    def pcm(self, frames: int) -> Int16Array:
        """What so many sent frames carried, decoded: int16 of shape (n,)."""
        length = self._caller.format.frame_samples(FRAME_MS)
        silent = sum(count for _, count in self._silences)
        words = self._caller.pcm(frames - silent)
        decode = self._caller.format.to_int16
        pieces, begin = [], 0
        for at, count in self._silences:
            pieces.append(words[begin : at * length])
            pieces.append(decode(self._caller.format.silence(count * length)))
            begin = at * length
        return np.concatenate([*pieces, words[begin:]])

    def _listens(self, now_s: float) -> bool:
        patience_s = self._patience_s.get(self.said)
        if patience_s is None:
            return False
        if self._since_s is None:
            self._since_s = now_s if self.said else 0.0
        heard_s = self._ear.last_audio_s
        answered = heard_s is not None and heard_s > self._since_s
        until_s = (heard_s or 0.0) + POLITE_S if answered else self._since_s + patience_s
        if now_s < until_s:
            return True
        self._since_s = None
        del self._patience_s[self.said]
        return False
