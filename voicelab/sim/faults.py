"""Which faults a simulated call has: a value, made of what a person writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from random import Random
from typing import Any, Self, TypeAlias

from voicelab.errors import SettingError
from voicelab.sim.switches import SWITCHES, Key


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong in a call; each field is the switch of that name, None where it is off.

    Examples
    --------
    >>> Faults.of({"loss": 0.05, "flat-start": True})
    <Faults flat-start loss=0.05>
    >>> Faults.of(["loss=0.1", "reset"])
    <Faults loss=0.1 reset>
    """

    flat_start: bool | None = None
    connected_first: bool | None = None
    media_before_start: int | None = None
    duplicate_start: float | None = None
    inbound_stop: bool | None = None
    dtmf: tuple[Key, ...] | None = None
    played_delay: float | None = None
    played_lost: float | None = None
    played_stream_id: bool | None = None
    cleared_delay: float | None = None
    cleared_lost: float | None = None
    jitter: float | None = None
    burst: float | None = None
    loss: float | None = None
    duplicate: float | None = None
    swap: float | None = None
    odd: float | None = None
    split: float | None = None
    short: float | None = None
    both_tracks: str | None = None
    reset: float | None = None
    reconnect: float | None = None
    unsigned: bool | None = None
    wrong_signature: bool | None = None
    duplicate_callbacks: bool | None = None
    reordered_callbacks: bool | None = None
    get_callbacks: bool | None = None
    degraded: float | None = None
    plus_numbers: bool | None = None

    @classmethod
    def of(cls, given: FaultsGiven) -> Self:
        """Make it of names with values.

        Parameters
        ----------
        given : None, Faults, str, mapping or iterable of str
            ``{"loss": 0.05, "flat-start": True}``, or ``"NAME"`` and ``"NAME=VALUE"``. True stands
            for the switch's own value; False and None leave it off.

        Raises
        ------
        SettingError
            A name that is none, or a value that makes no sense.
        """
        if isinstance(given, cls):
            return given
        if isinstance(given, str):
            given = (given,)
        pairs = given.items() if isinstance(given, Mapping) else map(_pair, given or ())  # type: ignore[arg-type]
        settings: dict[str, Any] = {}
        for name, value in pairs:
            switch = SWITCHES.get(str(name).replace("_", "-"))
            if switch is None:
                raise SettingError(_unknown(str(name)))
            settings[switch.field] = switch.set_to(value)
        return cls(**settings)

    def as_dict(self) -> dict[str, Any]:
        """Return the switches that are on, by name, for JSON."""
        values = {s.name: (s, getattr(self, s.field)) for s in SWITCHES.values()}
        return {
            name: True if switch.bare == value and not _finite(value) else value
            for name, (switch, value) in values.items()
            if value is not None
        }

    def __bool__(self) -> bool:
        """Whether any is on."""
        return any(getattr(self, field.name) is not None for field in fields(self))

    def __repr__(self) -> str:
        words = (
            name if value is True else f"{name}={value}" for name, value in self.as_dict().items()
        )
        return f"<{' '.join(['Faults', *words])}>"


FaultsGiven: TypeAlias = Faults | Mapping[str, Any] | Iterable[str] | str | None
"""How a person writes faults; see `Faults.of`."""


def dice(seed: int, fault: str) -> Random:
    """Return the random numbers of one fault; those of others do not change them."""
    return Random(f"{seed} {fault}")


def fault_lines() -> list[str]:
    """Say what each fault does, one line each."""
    width = max(len(switch.usage) for switch in SWITCHES.values())
    return [f"{switch.usage:<{width}}  {switch.help}" for switch in SWITCHES.values()]


def _pair(text: str) -> tuple[str, object]:
    if not isinstance(text, str):
        raise SettingError(f"A fault is written NAME or NAME=VALUE, not {text!r}.")
    name, equals, value = text.partition("=")
    return name.strip(), value.strip() if equals else True


def _unknown(name: str) -> str:
    near = get_close_matches(name.replace("_", "-"), SWITCHES, 1)
    meant = f"Did you mean {near[0]}? " if near else ""
    return f"There is no fault {name!r}. {meant}There are {', '.join(SWITCHES)}."


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and value is not True and value != float("inf")
