"""Numbers in words, as a report says them."""

from __future__ import annotations

LAWS = {"mulaw": "mu-law", "alaw": "A-law"}
"""Names of the G.711 laws in a sentence."""

_FAULTS = {
    "gap": ("gap", "gaps"),
    "repeat": ("repeat", "repeats"),
    "other": ("stretch of other sound", "stretches of other sound"),
    "swap": ("place where frames are out of order", "places where frames are out of order"),
    "insertion": ("insertion", "insertions"),
    "skip": ("place where audio is missing", "places where audio is missing"),
}
_LEAST_LATE_MS = 0.005
_LONG_MS = 10_000


def count(number: int, noun: str) -> str:
    """``1 sample``, ``1,234 samples``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def fault_count(kind: str, number: int) -> str:
    """``1 gap``, ``3 stretches of other sound``."""
    return f"{number:,} {_FAULTS[kind][number != 1]}"


def times(number: int) -> str:
    """``once``, ``twice``, ``12 times``."""
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def length(seconds: float) -> str:
    """``40 ms``, ``1.25 s``, ``12.4 min``: in the unit in which it is small."""
    if seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def lateness(delay_ms: float) -> str:
    """``41.63 ms later``, ``12.345 s earlier``, and nothing where it is on time."""
    if abs(delay_ms) < _LEAST_LATE_MS:
        return ""
    by = abs(delay_ms)
    said = f"{by:,.2f} ms" if by < _LONG_MS else f"{by / 1000:,.3f} s"
    return f"{said} {'later' if delay_ms > 0 else 'earlier'}"
