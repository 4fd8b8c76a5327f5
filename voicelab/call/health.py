"""What a stream has seen go right and wrong, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from voicelab.call.arrivals import Arrivals


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
    stalls : int
        How often our event loop stood still during the call.
    stalled_ms : float
        For how long in all.
    arrivals : Arrivals
        Jitter and its distribution, the provider's clock, the longest wait for a frame.
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
    other_track: int = 0
    stalls: int = 0
    stalled_ms: float = 0.0
    arrivals: Arrivals = field(default_factory=Arrivals)
    odd: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON values, times to the microsecond."""
        counts = {each.name: getattr(self, each.name) for each in fields(self)}
        arrivals: Arrivals = counts.pop("arrivals")
        odd = dict(counts.pop("odd"))
        counts["stalled_ms"] = round(self.stalled_ms, 3)
        return {**counts, **arrivals.as_dict(), "odd": odd}
