"""Calls and labs in a line of text."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voicelab.analysis.turns import CallTurn
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
        *(["its agent was lost"] if facts.agent_lost else []),
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


def loss_words(health: dict[str, Any]) -> list[str]:
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
    if stalls := health.get("stalls"):
        words.append(f"{stalls} stall{'s' * (stalls > 1)} of {health['stalled_ms'] / 1000:.1f} s")
    return words


def turn_words(turns: Sequence[CallTurn]) -> str:
    """``7, 3 of them the agent's, 1 interrupted; answered after 521 to 756 ms``."""
    agents = [turn for turn in turns if turn.who == "agent"]
    cut = sum(turn.interrupted for turn in agents)
    words = f"{len(turns)}, {len(agents)} of them the agent's"
    if cut:
        words += f", {cut} interrupted"
    waits = sorted(turn.latency_ms for turn in agents if turn.latency_ms is not None)
    if not waits:
        return words
    least, most = f"{waits[0]:.0f}", f"{waits[-1]:.0f}"
    return f"{words}; answered after {least if least == most else f'{least} to {most}'} ms"


def jitter_words(health: dict[str, Any]) -> str:
    """``0.52 ms (RFC 3550); 50 % of frames within 0.47 ms, 95 % within 1.2, 99 % within 3.9``."""
    words = f"{health['jitter_ms']:.2f} ms (RFC 3550)"
    spread = health.get("deviation_ms") or {}
    if spread.get("p50") is None:
        return words
    return (
        f"{words}; 50 % of frames within {spread['p50']:g} ms, "
        f"95 % within {spread['p95']:g}, 99 % within {spread['p99']:g}"
    )


def clock_words(health: dict[str, Any]) -> str:
    """How the provider's clock goes: ``35 ppm faster than ours``, or that it is unknown."""
    ppm = health.get("skew_ppm")
    if ppm is None:
        return "the provider's, against ours: unknown before 20 s of frames"
    if abs(ppm) >= 100_000:
        return f"frames come at {1 + ppm / 1e6:.2f} times the speed they are stamped with"
    return f"the provider's is {abs(ppm):.0f} ppm {'faster' if ppm >= 0 else 'slower'} than ours"


def wait_words(health: dict[str, Any], limit_s: float | None) -> str:
    """The longest wait for a frame, and how long one may be."""
    longest_ms = health.get("longest_wait_ms")
    words = (
        "not measured" if longest_ms is None else f"longest wait for a frame {longest_ms:.0f} ms"
    )
    return words if limit_s is None else f"{words}; {limit_s:g} s would end the call"


def run_words(names: Sequence[str]) -> str:
    """``StartApp, 3 × PlayedStream, Hangup``: what comes several times on end is counted."""
    runs = [(name, len(list(run))) for name, run in groupby(names)]
    return ", ".join(name if count == 1 else f"{count} × {name}" for name, count in runs)


def stall_words(health: dict[str, Any]) -> str:
    """What a stall of our own did to the figures, and what it did not do."""
    times = "once" if health["stalls"] == 1 else f"{health['stalls']} times"
    return (
        f"stood still {times}, {health['stalled_ms'] / 1000:.2f} s in all: "
        f"{health['stalled_frames']:,} frames were read late; they are recorded "
        "and left out of jitter, clock and waits"
    )
