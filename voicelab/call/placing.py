"""Where a media frame belongs on the call's time axis, and what loss does to it.

Frames are placed by their ``chunk`` number, else by arrival. A hole is kept open as silence; a
frame that comes late still goes into its hole for a while. When the numbers stop making sense the
placer does as RFC 3550 appendix A.1 does with RTP: one stray number is a stray, a run of new
numbers is a source that has started to count anew.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

RESTART_RUN = 5
"""So many frames in a row with numbers from long ago mean that the source counts anew."""

_REMEMBERED = 10
"""How many times ``late_s`` a hole is remembered, to tell a late frame from a second copy."""


class Verdict(StrEnum):
    """What became of one frame."""

    PLACED = "placed"
    FILLED = "filled"
    DUPLICATE = "duplicate"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one frame goes.

    Attributes
    ----------
    verdict : Verdict
    offset : int or None
        First sample's index on the time axis; None where the frame is not used.
    lost : int
        Frames found missing just before this one.
    gap_samples : int
        Silence that stands for them.
    jumped : int or None
        The distance of a jump that made the numbering start anew (frames), else None.
    """

    verdict: Verdict
    offset: int | None
    lost: int = 0
    gap_samples: int = 0
    jumped: int | None = None


@dataclass(slots=True)
class _Numbering:
    """One run of chunk numbers: where it began, what comes next, and its holes: place, length."""

    first: int
    following: int
    holes: dict[int, tuple[int, int]] = field(default_factory=dict)


class Placer:
    """Places the frames of one track.

    Parameters
    ----------
    rate_hz : int
        Samples a second on the time axis.
    frame_samples : int
        Length of an ordinary frame, assumed for frames that never came until two frames of one
        other length follow each other.
    max_gap_s : float
        The longest gap that is filled with silence. A longer one starts the numbering anew and
        adds no silence.
    late_s : float
        How late a frame may come and still be put into its hole.
    """

    def __init__(
        self, rate_hz: int, frame_samples: int, *, max_gap_s: float = 5.0, late_s: float = 1.0
    ) -> None:
        self._frame_samples = frame_samples
        self._latest_samples = frame_samples
        self._max_gap_samples = max_gap_s * rate_hz
        self._late_samples = late_s * rate_hz
        self._end = 0
        self._now: _Numbering | None = None
        self._before: _Numbering | None = None
        self._old_run: deque[int] = deque(maxlen=RESTART_RUN)

    @property
    def end(self) -> int:
        """Samples placed so far, silence for lost frames included."""
        return self._end

    @property
    def _late_frames(self) -> int:
        return int(self._late_samples // self._frame_samples)

    def restart(self) -> None:
        """Forget the numbering: the source announced a new one."""
        self._now = self._before = None
        self._old_run.clear()

    def place(self, chunk: int | None, samples: int, *, lead: int = 0) -> Placement:
        """Place one frame.

        Parameters
        ----------
        chunk : int or None
            The frame's number; None places it by arrival.
        samples : int
            Its length.
        lead : int
            How many frames are known to be missing before the first one of all; taken for a source
            that was joined in mid-count where they would last longer than ``late_s``.
        """
        if chunk is None:
            if self._now is not None:
                self._now.following += 1
            return self._append(samples)
        if self._now is None:
            lead = lead if lead <= self._late_frames else 0
            self._now = _Numbering(chunk - lead, chunk - lead)
        ahead = chunk - self._now.following
        if ahead * self._frame_samples > self._max_gap_samples:
            return self._jump(chunk, samples, ahead)
        if ahead >= 0:
            return self._forward(chunk, samples, ahead)
        return self._backward(chunk, samples, ahead)

    def _append(self, samples: int, **loss: int) -> Placement:
        if samples and samples == self._latest_samples:
            self._frame_samples = samples
        self._latest_samples = samples
        offset = self._end
        self._end += samples
        return Placement(Verdict.PLACED, offset, **loss)

    def _forward(self, chunk: int, samples: int, missing: int) -> Placement:
        assert self._now is not None
        self._old_run.clear()
        now = self._now
        for lost in range(now.following, chunk):
            now.holes[lost] = self._end, self._frame_samples
            self._end += self._frame_samples
        now.following = chunk + 1
        oldest = now.following - 1 - _REMEMBERED * self._late_frames
        while now.holes and (hole := next(iter(now.holes))) < oldest:
            del now.holes[hole]
        if missing == 0 and chunk > now.first:
            self._before = None
        return self._append(samples, lost=missing, gap_samples=missing * self._frame_samples)

    def _backward(self, chunk: int, samples: int, ahead: int) -> Placement:
        assert self._now is not None
        hole = self._now.holes.pop(chunk, None)
        in_time = -ahead <= self._late_frames + 1
        if hole is not None and in_time and samples <= hole[1]:
            self._old_run.clear()
            return Placement(Verdict.FILLED, hole[0])
        if hole is not None:
            return Placement(Verdict.LATE, None)
        if self._before is not None and 0 <= chunk - self._before.following <= self._late_frames:
            return self._return(chunk, samples)
        if in_time:
            return Placement(Verdict.DUPLICATE if chunk >= self._now.first else Verdict.LATE, None)
        return self._long_ago(chunk, samples, ahead)

    def _long_ago(self, chunk: int, samples: int, ahead: int) -> Placement:
        assert self._now is not None
        if self._old_run and chunk != self._old_run[-1] + 1:
            self._old_run.clear()
        self._old_run.append(chunk)
        if len(self._old_run) == RESTART_RUN:
            return self._jump(chunk, samples, ahead)
        seen = self._now.first <= chunk
        return Placement(Verdict.DUPLICATE if seen else Verdict.LATE, None)

    def _jump(self, chunk: int, samples: int, ahead: int) -> Placement:
        self._old_run.clear()
        self._before, self._now = self._now, _Numbering(chunk, chunk + 1)
        offset = self._end
        self._end += samples
        return Placement(Verdict.PLACED, offset, jumped=ahead)

    def _return(self, chunk: int, samples: int) -> Placement:
        """One frame had a stray number and stood for the frame expected then."""
        assert self._before is not None
        self._now, self._before = self._before, None
        self._now.following = min(chunk, self._now.following + 1)
        return self._forward(chunk, samples, chunk - self._now.following)
