"""One thing that may have gone wrong, why it is thought so, and how it is undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.samples import Int16Array

Repair = Callable[[Heard], tuple[Int16Array, int]]
"""From what was heard to samples and rate as they were meant."""


def keep(heard: Heard) -> tuple[Int16Array, int]:
    """Leave it as it is: nothing is to be undone, or nothing can be."""
    return heard.samples, heard.rate_hz


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault, how sure it is, and the evidence in words.

    Parameters
    ----------
    fault : str
    confidence : float
        0 to 1.
    evidence : str
        One sentence with figures.
    repair : callable
    weight : float
        Nats that speak for it, where another finding may explain the same traces.
    """

    fault: str
    confidence: float
    evidence: str
    repair: Repair = field(default=keep, repr=False, compare=False)
    weight: float = 0.0


def doubted(finding: Finding, settles: str) -> Finding:
    """Turn what is only suspected into not knowing, with what would settle it."""
    return Finding(
        "unknown",
        finding.confidence,
        f"perhaps {finding.fault}: {finding.evidence}; {settles}",
        weight=finding.weight,
    )
