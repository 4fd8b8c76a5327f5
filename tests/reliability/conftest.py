"""Collects what each fault promised and showed; writes ``docs/reliability.md`` when asked to."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from voicelab.sim.switches import SWITCHES

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
WRITE = "VOICELAB_WRITE_RELIABILITY"
HEAD = """\
# Reliability

The same call through every fault of the simulated carrier: what is promised, and what one run of
the tests saw. The call is the prompt `order`, 16-bit at 8 kHz, over real sockets into a sink on the
same machine, at ten times real time, seed 7. Every row is asserted by `tests/reliability`, which
also write this page:

    VOICELAB_WRITE_RELIABILITY=1 python -m pytest tests/reliability

"Exact" means that the recording equals, sample by sample, what the caller sent. The faults are
those of `lab.dial(..., faults=...)` and `voicelab call --fault`; `voicelab call --list-faults`
says what each does.

| fault | promised | seen |
|---|---|---|
"""

ROWS: dict[str, str] = {}


@pytest.fixture(scope="session")
def table() -> Callable[[str, str, str], None]:
    def row(fault: str, promised: str, seen: str) -> None:
        ROWS[fault] = f"| `{fault.replace('|', '/')}` | {promised} | {seen} |"

    return row


def pytest_sessionfinish(session, exitstatus):
    names = [row.partition("=")[0] for row in ROWS]
    if os.environ.get(WRITE) and exitstatus == 0 and set(names) == set(SWITCHES):
        order = list(SWITCHES)
        rows = sorted(ROWS, key=lambda row: order.index(row.partition("=")[0]))
        PAGE.write_text(HEAD + "\n".join(ROWS[row] for row in rows) + "\n")
