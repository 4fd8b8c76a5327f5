"""The turns of a conversation, read from a call's journal: who spoke when, and who waited for what.

A caller's turn is where the model's voice activity detector put it, on its own audio clock, which
``model_ready`` ties to the call's time axis. An agent's turn is where its audio was heard.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from voicelab.analysis.turn_reading import Item, TurnReading
from voicelab.call.moment import Moment


@dataclass(frozen=True, slots=True)
class CallTurn:
    """One turn of either side. Times are on the call's time axis; None is unknown.

    Attributes
    ----------
    who : {"caller", "agent"}
    text : str or None
        Of an agent that was interrupted, all that it meant to say.
    begin_s, end_s : float or None
        None where nothing of it was heard.
    said_ms : float or None
        An agent's: how much audio the model gave.
    heard_ms : float or None
        An agent's: how much of it the caller heard; of an interrupted one within
        `uncertainty_ms`, and it is what the model was told.
    interrupted : bool
    latency_ms : float or None
        From the caller's last word to the first sample that was heard of the answer. It is the sum
        of the five below.
    vad_ms : float or None
        Until the model said that the turn was over: the line to it, and the silence it waits for.
    model_ms : float or None
        From there to the model's first audio, without `tool_ms`.
    tool_ms : float
        The longest of the functions that were called meanwhile.
    bridge_ms : float or None
        Until the first frame went out.
    line_ms : float or None
        Until that was heard.
    tools : tuple of str
        Calls with their outputs, in words.
    spoilt : bool
        Whether our own loop stood still meanwhile, so that the times are not the agent's fault.
    """

    who: Literal["caller", "agent"]
    text: str | None
    begin_s: float | None
    end_s: float | None
    said_ms: float | None = None
    heard_ms: float | None = None
    interrupted: bool = False
    uncertainty_ms: float | None = None
    latency_ms: float | None = None
    vad_ms: float | None = None
    model_ms: float | None = None
    tool_ms: float = 0.0
    bridge_ms: float | None = None
    line_ms: float | None = None
    tools: tuple[str, ...] = field(default=())
    spoilt: bool = False


def call_turns(moments: Iterable[Moment], rate_hz: int) -> list[CallTurn]:
    """Read the turns so far, in the order in which they began.

    Parameters
    ----------
    moments : iterable of Moment
        In the order of time.
    rate_hz : int
        Samples a second on the call's time axis.
    """
    reading = TurnReading(rate_hz)
    for moment in moments:
        reading.take(moment)
    waiting: Item | None = None
    turns: list[CallTurn] = []
    for item in reading.items:
        if item.who == "caller":
            turns.append(CallTurn("caller", item.text or None, _s(item.begin_ms), _s(item.end_ms)))
            waiting = item if item.stopped_ms is not None else waiting
        else:
            answered = waiting if item.begin_ms is not None else None
            turns.append(_agent_turn(item, answered, reading.stalls))
            waiting = None if item.begin_ms is not None else waiting
    return sorted(turns, key=lambda turn: turn.begin_s is None and turn.end_s is None)


def _agent_turn(item: Item, answered: Item | None, stalls: list[tuple[float, float]]) -> CallTurn:
    heard_ms = item.heard_ms
    if heard_ms is None and item.is_over:
        heard_ms = item.said_ms
    latency_ms = vad_ms = model_ms = bridge_ms = line_ms = None
    tool_ms = max((tool.ms for tool in item.tools), default=0.0)
    if answered is not None and answered.end_ms is not None and item.begin_ms is not None:
        latency_ms = item.begin_ms - answered.end_ms
        times = (answered.stopped_ms, item.given_ms, item.sent_ms, item.heard_at_ms)
        stopped_ms, given_ms, sent_ms, heard_at_ms = times
        if stopped_ms and given_ms and sent_ms and heard_at_ms:
            vad_ms = latency_ms - (heard_at_ms - stopped_ms)
            model_ms = given_ms - stopped_ms - tool_ms
            bridge_ms = sent_ms - given_ms
            line_ms = heard_at_ms - sent_ms
    return CallTurn(
        "agent",
        item.text or None,
        _s(item.begin_ms),
        _s(item.end_ms),
        said_ms=item.said_ms,
        heard_ms=heard_ms,
        interrupted=item.interrupted,
        uncertainty_ms=item.uncertainty_ms,
        latency_ms=latency_ms,
        vad_ms=vad_ms,
        model_ms=model_ms,
        tool_ms=tool_ms,
        bridge_ms=bridge_ms,
        line_ms=line_ms,
        tools=tuple(tool.words for tool in item.tools),
        spoilt=_spoilt(item, latency_ms, stalls),
    )


def _spoilt(item: Item, latency_ms: float | None, stalls: list[tuple[float, float]]) -> bool:
    """Whether a stall fell into the wait for an item, or into what was heard of a cut one."""
    if item.heard_at_ms is None:
        return False
    begin_ms = item.heard_at_ms - (latency_ms or 0.0)
    end_ms = item.heard_at_ms + ((item.heard_ms or 0.0) if item.interrupted else 0.0)
    return any(begin <= end_ms and end >= begin_ms for begin, end in stalls)


def _s(ms: float | None) -> float | None:
    return None if ms is None else ms / 1000
