"""What each fault's case is made of: a call that is over, a promise, and a check of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from voicelab import Lab
from voicelab.lab.call import Call

FRAME = 160


@dataclass
class Run:
    """A call that is over, and all there is to know about it."""

    lab: Lab
    call: Call
    moments: list[Any]
    entries: list[dict[str, Any]]
    health: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.health = self.call.facts.health

    @property
    def sent(self) -> np.ndarray:
        return self.call.sent_pcm()

    @property
    def recorded(self) -> np.ndarray:
        return self.call.audio().samples

    def done(self, fault: str) -> list[int]:
        """The chunks a fault befell, from the simulator's own facts."""
        facts = [m.data for m in self.moments if m.leg == "sim" and m.name == "fault"]
        return [fact.get("chunk") for fact in facts if fact["fault"] == fault]

    def wire(self, event: str) -> list[dict[str, Any]]:
        """What the sink got from the carrier, in order."""
        texts = [json.loads(m.data) for m in self.moments if (m.leg, m.way) == ("carrier", "in")]
        return [text for text in texts if text["event"] == event]

    def names(self, *events: str) -> list[str]:
        """The order in which these came from or went to the carrier."""
        texts = [json.loads(m.data) for m in self.moments if m.leg == "carrier"]
        return [text["event"] for text in texts if text["event"] in events]

    def noted(self, name: str) -> int:
        return sum(m.leg == "lab" and m.name == name for m in self.moments)

    def callbacks(self) -> list[str]:
        return [entry["Event"] for entry in self.entries]

    def exact(self) -> str:
        assert len(self.sent) > 3 * 8000
        assert np.array_equal(self.recorded, self.sent)
        assert self.health["lost"] == self.health["late"] == self.health["jumps"] == 0
        return f"exact, {len(self.sent)} samples"

    def silent_at(self, chunks: list[int]) -> str:
        """The recording is what was sent, with silence for these frames and nothing moved."""
        want = self.sent.copy()
        for chunk in chunks:
            want[(chunk - 1) * FRAME : chunk * FRAME] = 0
        assert np.array_equal(self.recorded, want[: len(self.recorded)])
        return f"{len(chunks)} of {len(want) // FRAME} frames"


Check = Callable[[Run], str]
Agent = Callable[[Lab, Call], Awaitable[None]]


@dataclass(frozen=True)
class Case:
    fault: str
    promised: str
    check: Check
    agent: Agent | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.fault.partition("=")[0]


CASES: list[Case] = []


def case(fault: str, promised: str, agent: Agent | None = None, **options: Any) -> Callable:
    def keep(check: Check) -> Check:
        CASES.append(Case(fault, promised, check, agent, options))
        return check

    return keep


async def reach(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - a counter tells nobody
            await asyncio.sleep(0.005)
