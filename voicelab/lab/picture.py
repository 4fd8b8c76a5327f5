"""The static picture of a call, and the table of its facts."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from voicelab.analysis.figures import (
    AGENT,
    CALLER,
    FAULT,
    STALL,
    Lane,
    Mark,
    Picture,
    Spread,
    Stretch,
    call_figure,
)
from voicelab.analysis.turns import CallTurn, call_turns
from voicelab.lab.words import (
    call_state,
    clock_words,
    jitter_words,
    run_words,
    stall_words,
    turn_words,
    wait_words,
)

if TYPE_CHECKING:
    from voicelab.lab.call import Call

MOST_LABELS = 12
"""More waits than these are not written out: their lengths would overlap."""


def call_picture(call: Call) -> Picture:
    """Both sides of a call on one time axis, and how evenly its frames came."""
    caller = call.audio()
    if caller.channels > 1:
        lanes = [
            Lane(f"channel {n}", samples, caller.rate_hz, CALLER)
            for n, samples in enumerate(caller.samples.T, 1)
        ]
    else:
        lanes = [Lane("caller", caller.samples, caller.rate_hz, CALLER)]
        if call.files.heard.exists():
            agent = call.audio("heard").samples[:, 1]
            if agent.any():
                lanes.append(Lane("agent", agent, caller.rate_hz, AGENT))
    turns = [] if len(lanes) < 2 or caller.channels > 1 else conversation(call)
    marks = [
        *loss_marks(call, caller.rate_hz),
        *stall_marks(call, caller.rate_hz),
        *(Mark(t.end_s, "interrupted") for t in turns if t.interrupted and t.end_s is not None),
    ]
    facts = call.facts
    return call_figure(lanes, marks, call.files.stem.name, spread(facts.health), stretches(turns))


def conversation(call: Call) -> list[CallTurn]:
    """The turns of a call."""
    return call_turns(call.moments(), call.facts.rate_hz)


def stretches(turns: Sequence[CallTurn]) -> list[Stretch]:
    """Turns as bands in their lanes, and how long the caller waited for each answer."""
    drawn = []
    labelled = sum(turn.latency_ms is not None for turn in turns) <= MOST_LABELS
    for turn in turns:
        if turn.begin_s is None or turn.end_s is None:
            continue
        drawn.append(Stretch(int(turn.who == "agent"), turn.begin_s, turn.end_s))
        if turn.latency_ms is not None and turn.latency_ms > 0 and labelled:
            spoilt = ", stall" if turn.spoilt else ""
            label = f"{turn.latency_ms:.0f} ms{spoilt}"
            drawn.append(Stretch(1, turn.begin_s - turn.latency_ms / 1000, turn.begin_s, label))
    return drawn


def spread(health: dict[str, Any]) -> Spread | None:
    """How evenly the frames came; None where that was not measured."""
    frames = (health.get("deviation_ms") or {}).get("histogram")
    if not frames:
        return None
    return Spread({float(ms): count for ms, count in frames.items()}, health["jitter_ms"])


def loss_marks(call: Call, rate_hz: int) -> list[Mark]:
    """Where frames were lost."""
    return [
        Mark(m.data["at"] / rate_hz, "lost", m.data["samples"] / rate_hz, FAULT)
        for m in call.moments()
        if m.name == "gap"
    ]


def stall_marks(call: Call, rate_hz: int) -> list[Mark]:
    """Where the event loop stood still, by the audio that was due then."""
    return [
        Mark(m.data["at"] / rate_hz, "stall", m.data["ms"] / 1000, STALL)
        for m in call.moments()
        if m.name == "stall"
    ]


def call_html(call: Call) -> dict[str, Any]:
    """The picture over the facts; the facts alone where there is nothing to draw."""
    if call.problem and not call.has_files:
        return {"text/html": facts_table(call)}
    png, size = call_picture(call)._repr_png_()
    image = (
        f'<img alt="{escape(repr(call))}" width="{size["width"]}" '
        f'style="max-width:100%" '
        f'src="data:image/png;base64,{base64.b64encode(png).decode()}">'
    )
    return {"text/html": f'<div class="voicelab-call">{image}{facts_table(call)}</div>'}


def facts_table(call: Call) -> str:
    """The facts of a call as an HTML table; what is missing is said."""
    facts = call.facts
    rows: list[tuple[str, str]] = [("state", call_state(call))]
    if facts.ended_detail:
        rows[0] = ("state", f"ended: {facts.ended_detail}")
    if call.result is not None and call.result.ended_by:
        rows[0] = ("state", f"ended by the {call.result.ended_by}")
    if facts.agent_lost:
        rows.append(("agent", f"lost: {facts.agent_lost}"))
    if facts.call_id:
        rows.append(("call id", facts.call_id))
    rows.append(("audio", f"{facts.duration_s:.2f} s, {facts.samples:,} samples"))
    rows.append(("format", facts.line))
    if facts.byte_order_reason:
        rows.append(("byte order", f"{facts.byte_order}: {facts.byte_order_reason}"))
    if call.has_files and (turns := conversation(call)):
        rows.append(("turns", turn_words(turns)))
    if health := facts.health:
        rows.append(("frames", _counts(health)))
        rows += [("jitter", jitter_words(health)), ("clock", clock_words(health))]
        rows.append(("watchdog", wait_words(health, facts.media_timeout_s)))
        if health.get("stalls"):
            rows.append(("event loop", stall_words(health)))
        if odd := health["odd"]:
            rows.append(("also", ", ".join(f"{n} × {name}" for name, n in odd.items())))
    else:
        rows.append(("journal", "none, so neither frames nor events are known"))
    if facts.callbacks:
        rows.append(("callbacks", run_words(facts.callbacks)))
    if call.result is not None and call.result.notes:
        rows.append(("caller's file", "; ".join(call.result.notes)))
    if facts.broken_lines:
        rows.append(("journal", f"{facts.broken_lines} lines cannot be read"))
    if call.problem:
        rows.append(("problem", call.problem))
    if call.has_files:
        rows.append(("files", ", ".join(path.name for path in call.files.existing())))
    return table(rows)


def table(rows: Sequence[tuple[str, str]]) -> str:
    """Two columns of text, escaped."""
    cells = "".join(
        f'<tr><th style="text-align:left;white-space:nowrap">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table>{cells}</table>"


def _counts(health: dict[str, Any]) -> str:
    words = [f"{health['frames']:,} received", f"{health['lost']:,} lost"]
    named = {
        "filled": "put into their place late",
        "duplicates": "doubled",
        "late": "too late",
        "before_start": "before start",
        "other_track": "of another track",
    }
    words += [f"{health[name]:,} {text}" for name, text in named.items() if health[name]]
    return ", ".join(words)
