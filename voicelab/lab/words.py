"""Calls and labs in a line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voicelab.lab.call import Call


def call_line(call: Call) -> str:
    """``Call 1f0c9a2e: ended, 4.20 s of l16/8000 little-endian, 210 frames, none lost``."""
    try:
        return _line(call)
    except Exception as error:  # a repr that raises hides the object it should show
        return f"<Call: {error}>"


def _line(call: Call) -> str:
    facts = call.facts
    name = f"Call {facts.id[:8]}" if facts.id else f"Call {call.files.stem.name}"
    parts = [
        call_state(call),
        f"{facts.duration_s:.2f} s of {facts.line}",
        *loss_words(facts.health),
    ]
    return f"<{name}: {', '.join(parts)}>"


def call_state(call: Call) -> str:
    """``running``, ``ended``, or what is known of a stored one."""
    if call.running:
        return "running"
    facts = call.facts
    if not facts.health:
        return "no journal"
    if not facts.ended_why:
        return "cut off"
    return f"ended, {call.problem}" if call.problem else "ended"


def loss_words(health: dict[str, int]) -> list[str]:
    """Frames, loss and jitter in words; nothing for a call without a journal."""
    if not health:
        return []
    words = [f"{health['frames']} frames"]
    words.append(f"{health['lost']} lost" if health["lost"] else "none lost")
    if health["duplicates"]:
        words.append(f"{health['duplicates']} doubled")
    if health["late"]:
        words.append(f"{health['late']} late")
    words.append(f"jitter {health['jitter_ms']:.1f} ms")
    return words
