"""What a panel says of a lab, read from what runs: no file is opened for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voicelab.widgets.messages import AgentRow, CallRow, LabState, LoopLag

if TYPE_CHECKING:
    from voicelab.lab.lab import Lab
    from voicelab.net.session import Session

ROWS = 50
"""So many calls are listed; ``lab.calls()`` has them all."""


def lab_state(lab: Lab) -> LabState:
    """Open, stopped, closed, or closed because another took its place."""
    if lab.replaced:
        return "replaced"
    if not lab.is_open:
        return "closed"
    return "open" if lab.sink.is_open else "stopped"


def agent_row(lab: Lab) -> AgentRow | None:
    """Who answers; None where nobody does."""
    if lab.voice_url is None:
        return None
    return AgentRow(name=lab.agent, voice_url=lab.voice_url, costs_money=lab.costs_money)


def call_rows(lab: Lab) -> list[CallRow]:
    """The last calls, newest first."""
    names = caller_names(lab)
    sessions = list(lab.sink.server.registry)[-ROWS:]
    return [call_row(session, names.get(session.key)) for session in reversed(sessions)]


def caller_names(lab: Lab) -> dict[str | None, str]:
    """What the simulated callers speak, by the key of their call."""
    return {call.key: call.caller for call in lab.calls() if call.caller}


def call_row(session: Session, caller: str | None) -> CallRow:
    """One call, as its stream knows it now."""
    stream, health = session.stream, session.stream.health
    order = f" {stream.byte_order}-endian" if stream.byte_order else ""
    ended = session.ended.is_set()
    return CallRow(
        key=session.key,
        id=stream.id[:8],
        caller=caller or "",
        running=not ended,
        ended=session.recording.problem or (stream.end.detail if stream.end and ended else ""),
        length_s=round(stream.samples / stream.format.rate_hz, 2),
        format=f"{stream.format}{order}",
        frames=health.frames,
        lost=health.lost,
        jitter_ms=round(health.arrivals.jitter.ms, 1),
    )


def loop_lag(lab: Lab) -> LoopLag:
    """How late the engine's loop is."""
    meter = lab.sink.server.loop_lag
    return LoopLag(
        now_ms=round(meter.now_ms, 1),
        p99_ms=round(meter.p99_ms, 1),
        max_ms=round(meter.max_ms, 1),
    )
