"""The switches of the simulated provider: each fault's name, what it does, what value it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from voicelab.errors import SettingError
from voicelab.protocol.vobiz import DTMF_DIGITS

KEY_S: Final = 0.5
"""When the first key is pressed where no time is given, and how far apart the others are."""

Key = tuple[str, float]
"""One pressed key: the digit, and the call time in seconds."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One fault.

    Attributes
    ----------
    name : str
        As it is given, such as ``flat-start``.
    value : str
        What may follow ``=``: empty for a plain switch, a letter or words otherwise.
    bare : object
        What it is set to without a value; None where it needs one.
    says : str
        What it does, in a line.
    read : callable
        Makes a value of what was given; raises ValueError with what it should be.
    """

    name: str
    value: str
    bare: Any
    says: str
    read: Callable[[Any], Any]

    @property
    def field(self) -> str:
        """Its field in `Faults`."""
        return self.name.replace("-", "_")

    @property
    def usage(self) -> str:
        """How it is written: ``loss[=P]``."""
        if not self.value:
            return self.name
        return f"{self.name}={self.value}" if self.bare is None else f"{self.name}[={self.value}]"

    @property
    def help(self) -> str:
        """What it does, and the value it has where none is given."""
        if not self.value or self.bare in (None, math.inf):
            return self.says
        return f"{self.says} ({self.bare})"

    def set_to(self, given: object) -> Any:
        """Read a value; None means that the fault is off.

        Raises
        ------
        SettingError
            The value makes no sense.
        """
        if given is None or given is False:
            return None
        if given is True and self.bare is not None:
            return self.bare
        try:
            return self.read(given)
        except (ValueError, TypeError) as error:
            raise SettingError(
                f"The fault {self.name} cannot be {given!r}: {error}. Write {self.usage}."
            ) from None


def _flag(given: object) -> bool:
    raise ValueError("it takes no value")


def _share(given: object) -> float:
    return _between(given, 0.0, 1.0, "a share from 0 to 1")


def _seconds(given: object) -> float:
    return _between(given, 0.0, 3600.0, "seconds, from 0 to 3600")


def _milliseconds(given: object) -> float:
    return _between(given, 1.0, 10_000.0, "milliseconds, from 1 to 10,000")


def _frames(given: object) -> int:
    number = _between(given, 1, 500, what := "a whole number from 1 to 500")
    if number != int(number):
        raise ValueError(f"give {what}")
    return int(number)


def _numbering(given: object) -> str:
    if given not in ("track", "stream"):
        raise ValueError("chunks are numbered by track or by stream")
    return str(given)


def _keys(given: object) -> tuple[Key, ...]:
    """Read ``12#``, or keys with their times: ``1@0.5,2@1.5``."""
    what = "give keys of 0-9 * # A-D, such as 12# or 1@0.5,2@1.5"
    if not isinstance(given, str) or not given:
        raise ValueError(what)
    if "@" in given:
        parts = [part.strip().partition("@") for part in given.split(",")]
        keys = tuple((digit, _seconds(at)) for digit, _, at in parts)
    else:
        keys = tuple((digit, KEY_S * n) for n, digit in enumerate(given, 1))
    if any(digit not in DTMF_DIGITS for digit, _ in keys):
        raise ValueError(what)
    return tuple(sorted(keys, key=lambda key: key[1]))


def _between(given: Any, low: float, high: float, what: str) -> float:
    try:
        number = math.nan if isinstance(given, bool) else float(given)
    except (ValueError, TypeError):
        number = math.nan
    if not low <= number <= high:
        raise ValueError(f"give {what}")
    return number


_ALL = (
    Switch("flat-start", "", True, "start has its ids and format at the top level", _flag),
    Switch("connected-first", "", True, "a message nobody knows comes before start", _flag),
    Switch("media-before-start", "N", 5, "N frames come before start", _frames),
    Switch("duplicate-start", "S", 0.5, "start comes again after S seconds", _seconds),
    Switch("inbound-stop", "", True, "stop is sent before the socket closes", _flag),
    Switch("dtmf", "KEYS", None, "keys are pressed: 12#, or at times: 1@0.5,2@1.5", _keys),
    Switch("played-delay", "S", 2.0, "each playedStream comes S seconds late", _seconds),
    Switch("played-lost", "P", 1.0, "a share P of playedStream never comes", _share),
    Switch("played-stream-id", "", True, "playedStream names its stream", _flag),
    Switch("cleared-delay", "S", 1.5, "each clearedAudio comes S seconds late", _seconds),
    Switch("cleared-lost", "P", 1.0, "a share P of clearedAudio never comes", _share),
    Switch("jitter", "MS", 60.0, "each frame is late by up to MS, in order", _milliseconds),
    Switch("burst", "MS", 200.0, "frames are held and come together, each MS", _milliseconds),
    Switch("loss", "P", 0.05, "a share P of the frames is missing", _share),
    Switch("duplicate", "P", 0.05, "a share P of the frames comes twice", _share),
    Switch("swap", "P", 0.05, "a share P of the frames comes after the next one", _share),
    Switch("odd", "P", 0.05, "a share P of the frames lacks its last byte", _share),
    Switch("split", "P", 0.05, "a share P hands its last byte to the next frame", _share),
    Switch("short", "P", 0.05, "a share P of the frames has half its samples", _share),
    Switch(
        "both-tracks",
        "track|stream",
        "track",
        "the other track comes too; chunks are numbered by track, or over the stream",
        _numbering,
    ),
    Switch("reset", "S", math.inf, "the connection is reset, at S or when the call ends", _seconds),
    Switch("reconnect", "S", 1.0, "after S seconds a new socket with a new streamId", _seconds),
    Switch("unsigned", "", True, "callbacks carry no signature", _flag),
    Switch("wrong-signature", "", True, "callbacks are signed with another token", _flag),
    Switch("duplicate-callbacks", "", True, "each callback comes twice", _flag),
    Switch("reordered-callbacks", "", True, "callbacks come after the call, last first", _flag),
    Switch("get-callbacks", "", True, "callbacks are GET requests, whatever was asked", _flag),
    Switch("degraded", "S", 0.5, "a DegradedStream callback after S seconds", _seconds),
    Switch("plus-numbers", "", True, "From and To begin with +", _flag),
)

SWITCHES: Final[Mapping[str, Switch]] = {switch.name: switch for switch in _ALL}
"""Every fault by its name, in the order in which they are listed."""
