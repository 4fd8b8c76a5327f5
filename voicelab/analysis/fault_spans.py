"""How faults are drawn: one colour for each kind, and where each is."""

from __future__ import annotations

from collections.abc import Iterable

from voicelab.analysis.figures import AGENT, CALLER, FAULT, INK, MARK, STALL
from voicelab.audio.compare.faults import Fault

FAULT_COLOURS = {
    "gap": FAULT,
    "repeat": STALL,
    "other": INK,
    "swap": CALLER,
    "insertion": AGENT,
    "skip": MARK,
}
MOST_SPANS = 400
"""More faults than these are not drawn one by one: they would cover everything."""

_COLUMNS = 1500


def spans(faults: Iterable[Fault], length_s: float) -> list[tuple[float, float]]:
    """Begins and lengths in seconds; faults too close to be told apart are drawn as one."""
    close_s = length_s / _COLUMNS
    found: list[tuple[float, float]] = []
    for fault in faults:
        begin_s = fault.begin_s
        if found and begin_s - sum(found[-1]) < close_s:
            begin_s = found.pop()[0]
        found.append((begin_s, fault.end_s - begin_s))
    return found
