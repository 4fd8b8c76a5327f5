"""What the provider's core wants done: each output is one act of its shell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from voicelab.protocol.vobiz import HangupCause

EndedBy = Literal["caller", "agent", "server", "timeout", "error"]
"""Whose doing the end was: hung up, sent ``stop``, closed the socket, spent `max_s`, broke."""


@dataclass(frozen=True, slots=True)
class Send:
    """A text for the application's socket."""

    text: str


@dataclass(frozen=True, slots=True)
class Status:
    """A stream status callback over HTTP; `name` is the checkpoint's, for ``PlayedStream``."""

    event: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that only the provider's side knows, for a journal."""

    ev: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HangUp:
    """Let the caller hang up: a fault ends the call here."""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Close the socket and open another for the same call."""


@dataclass(frozen=True, slots=True)
class End:
    """Close the socket, then post the status, then the hang-up. The last output of a call."""

    ended_by: EndedBy
    status: Status
    hangup: HangupCause


Output: TypeAlias = Send | Status | Fact | HangUp | Reconnect | End
