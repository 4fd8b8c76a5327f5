"""A piece of a recording, and of the reference where it lies under it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voicelab.audio.compare.report import CodecReport
from voicelab.audio.compare.sound import at_rate
from voicelab.audio.samples import Int16Array

LONGEST_S = 60.0
"""A longer piece is not drawn at once: its faults would be thinner than a line."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Both sides from ``begin_s`` of the recording on: int16 of shape (n,) at one rate."""

    said: Int16Array
    heard: Int16Array
    begin_s: float
    rate_hz: int

    @property
    def end_s(self) -> float:
        """Where in the recording it ends."""
        return self.begin_s + len(self.heard) / self.rate_hz

    @property
    def difference(self) -> Int16Array:
        """What was heard less what was said."""
        apart = self.heard.astype(np.int32) - self.said
        return np.asarray(np.clip(apart, -32768, 32767), np.int16)


def both_at_one_rate(report: CodecReport) -> tuple[Int16Array, Int16Array, int]:
    """Recording and reference at the rate at which they were compared."""
    alignment = report.alignment
    rate_hz = alignment.rate_hz if alignment else report.recording.rate_hz
    rec = at_rate(report.recording.samples, report.recording.rate_hz, rate_hz)
    ref = at_rate(report.reference.samples, report.reference.rate_hz, rate_hz)
    return rec, ref, rate_hz


def piece(report: CodecReport, begin_s: float, length_s: float) -> Piece:
    """A piece of at most :data:`LONGEST_S`; where nothing is aligned both begin together."""
    rec, ref, rate_hz = both_at_one_rate(report)
    begin = min(max(int(begin_s * rate_hz), 0), max(len(rec) - 1, 0))
    end = min(begin + int(min(length_s, LONGEST_S) * rate_hz), len(rec))
    said = np.zeros(end - begin, np.int16)
    if report.alignment is None:
        there = ref[begin:end]
        said[: len(there)] = there
    else:
        for segment in report.alignment.segments:
            first, last = max(begin, segment.begin), min(end, segment.end)
            if last > first:
                moved = report.alignment.reference(ref, segment, first, last)
                said[first - begin : last - begin] = np.clip(np.rint(moved), -32768, 32767)
    return Piece(said, rec[begin:end], begin / rate_hz, rate_hz)
