"""The moment: one thing that happened on one leg of a call, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Leg = Literal["carrier", "model", "browser", "webhook", "lab", "sim"]
Way = Literal["in", "out"]
Kind = Literal["m", "text", "bin", "ev"]


class Moment(msgspec.Struct, frozen=True, gc=False):
    """One line of a journal.

    Attributes
    ----------
    t_ns : int
        Nanoseconds since the call's socket opened, monotonic, negative before it.
    leg : str
        Who was at the other end: ``carrier model browser webhook lab sim``.
    way : str
        ``"in"`` toward voicelab, ``"out"`` away from it.
    kind : str
        What ``data`` is: ``"m"`` a message that is valid single-line JSON, ``"text"`` any other
        text, ``"bin"`` bytes, ``"ev"`` a fact noted by voicelab itself.
    data : str or bytes or dict
        The JSON text as it came, the text, the bytes, or the fact. A fact has a ``name``.
    """

    t_ns: int
    leg: Leg
    way: Way
    kind: Kind
    data: Any

    @property
    def t_s(self) -> float:
        """Seconds since the call's socket opened."""
        return self.t_ns / 1e9

    @property
    def name(self) -> str | None:
        """The name of a fact, or None for anything else."""
        return self.data.get("name") if self.kind == "ev" else None


def fact(t_ns: int, name: str, details: Mapping[str, object], leg: Leg = "lab") -> Moment:
    """A moment that notes a fact: ``fact(t, "gap", {"frames": 3})``."""
    return Moment(t_ns, leg, "in", "ev", {"name": name, **details})
