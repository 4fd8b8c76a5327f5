"""Faults of the HTTP callbacks: another method, written otherwise, doubled, in another order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

from voicelab.sim.faults import Faults
from voicelab.sim.webhooks import Method, Signing

Callback: TypeAlias = tuple[Method, str, Mapping[str, str]]
"""Method, address and fields."""


class CallbackFaults:
    """Turns each callback of a call into those that go out for it.

    Parameters
    ----------
    faults : Faults
    done : Counter
        How often each fault was done.
    """

    def __init__(self, faults: Faults, done: Counter[str]) -> None:
        self._faults = faults
        self._done = done
        self._held: list[Callback] = []

    @property
    def signing(self) -> Signing:
        """How callbacks are signed."""
        if self._faults.unsigned:
            return "none"
        return "wrong" if self._faults.wrong_signature else "right"

    def fields(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Return a request's fields as they are sent."""
        if not self._faults.plus_numbers:
            return dict(fields)
        self._done["plus-numbers"] += 1
        numbers = {name: f"+{fields[name].lstrip('+')}" for name in ("From", "To")}
        return {**fields, **numbers}

    def take(self, method: Method, url: str, fields: Mapping[str, str]) -> list[Callback]:
        """Return what goes out now."""
        faults = self._faults
        for name in ("unsigned", "wrong-signature"):
            if getattr(faults, name.replace("-", "_")):
                self._done[name] += 1
        if faults.get_callbacks:
            self._done["get-callbacks"] += 1
            method = "GET"
        callbacks: list[Callback] = [(method, url, self.fields(fields))]
        if faults.duplicate_callbacks:
            self._done["duplicate-callbacks"] += 1
            callbacks *= 2
        if faults.reordered_callbacks:
            self._held += callbacks
            return []
        return callbacks

    def flush(self) -> list[Callback]:
        """Return what was held back until the call was over, the last first."""
        held, self._held = self._held[::-1], []
        if held:
            self._done["reordered-callbacks"] += len(held)
        return held
