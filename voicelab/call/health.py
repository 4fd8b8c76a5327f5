"""What a stream has seen go right and wrong, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class StreamHealth:
    """Counters of one stream's caller track.

    Attributes
    ----------
    frames : int
        Media frames that carried readable audio.
    lost : int
        Frames that never came (holes that were filled later do not count).
    filled, duplicates, late : int
        Frames that came out of order into their place; second copies; too late to be used.
    jumps : int
        How often the numbering started anew.
    before_start : int
        Frames that came before ``start``.
    other_track : int
        Frames of a track that is not the caller (journalled, not recorded).
    jitter_ms : float
        Interarrival jitter (RFC 3550).
    odd : Counter
        Everything else that was not as it should be, by name.
    """

    frames: int = 0
    lost: int = 0
    filled: int = 0
    duplicates: int = 0
    late: int = 0
    jumps: int = 0
    before_start: int = 0
    jitter_ms: float = 0.0
    other_track: int = 0
    odd: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """The counters as JSON values, jitter to the microsecond."""
        counts = asdict(self)
        counts["jitter_ms"] = round(self.jitter_ms, 3)
        counts["odd"] = dict(self.odd)
        return counts
