"""What a panel and its views in the browser say to each other: every message, in one place.

A view is heard only from the moment it says ``ready``; it is answered with a snapshot. Messages of
the kernel reach every view, and each can be taken twice without harm.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

import msgspec

from voicelab.errors import ProtocolError

LabState = Literal["open", "stopped", "closed", "replaced"]


class CallerChoice(TypedDict):
    """A sound that a caller can speak: a path as ``lab.dial`` takes it, and words for the menu."""

    path: str
    name: str
    words: str
    group: str


class CallRow(TypedDict):
    """A line of the call list; ``key`` tells connections apart, ``loss`` is in frames."""

    key: str
    id: str
    caller: str
    running: bool
    ended: str
    length_s: float
    format: str
    frames: int
    lost: int
    jitter_ms: float


class LoopLag(TypedDict):
    """How late the engine's event loop is."""

    now_ms: float
    p99_ms: float
    max_ms: float


class LaneColumns(TypedDict):
    """Where columns of a waveform belong; the message's one buffer holds them lane after lane.

    A column is its least and its largest sample, int16 little-endian. ``skipped`` counts pieces of
    sound that came faster than they could be drawn.
    """

    key: str
    first: int
    count: int
    skipped: int


class AgentRow(TypedDict):
    """Who answers, in words; where browsers speak with it; whether each call is charged for."""

    name: str
    voice_url: str
    costs_money: bool


class Snapshot(TypedDict):
    """All there is to show. ``lanes`` is the complete list, each with all its columns."""

    type: Literal["snapshot"]
    state: LabState
    url: str
    host: str
    agent: AgentRow | None
    callers: list[CallerChoice]
    calls: list[CallRow]
    calls_in_all: int
    lag: LoopLag | None
    columns_a_second: int
    columns: int
    lanes: list[LaneColumns]


class Live(TypedDict):
    """What is new in a running call, at most 20 times a second; rows and lag less often."""

    type: Literal["live"]
    lanes: list[LaneColumns]
    calls: NotRequired[list[CallRow]]
    lag: NotRequired[LoopLag | None]


class Done(TypedDict):
    """A command was carried out, or ``error`` says in words why not."""

    type: Literal["done"]
    id: str
    error: str | None


KernelMessage: TypeAlias = Snapshot | Live | Done


class Ready(msgspec.Struct, frozen=True, tag_field="do", tag="ready"):
    """A view is drawn and listens."""


class Dial(msgspec.Struct, frozen=True, tag_field="do", tag="dial"):
    """Place a call; ``caller`` is the ``path`` of a :class:`CallerChoice`."""

    id: str
    caller: str


class HangUp(msgspec.Struct, frozen=True, tag_field="do", tag="hang_up"):
    """End the call with that key."""

    id: str
    call: str


class Say(msgspec.Struct, frozen=True, tag_field="do", tag="say"):
    """Let the agent of the call with that key say a text."""

    id: str
    call: str
    text: str


class Start(msgspec.Struct, frozen=True, tag_field="do", tag="start"):
    """Start the sink."""

    id: str


class Stop(msgspec.Struct, frozen=True, tag_field="do", tag="stop"):
    """Stop the sink."""

    id: str


Command: TypeAlias = Dial | HangUp | Say | Start | Stop


def parse(content: Any) -> Ready | Command:
    """Read a message of a view.

    Raises
    ------
    ProtocolError
        Where it is none of the above.
    """
    try:
        return msgspec.convert(content, Ready | Dial | HangUp | Say | Start | Stop)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"The panel does not understand its view: {error}.") from None
