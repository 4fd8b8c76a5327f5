"""One call through every fault alone, over real sockets: what is promised is what is recorded."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from voicelab import Lab
from voicelab.sim.prompts import prompt_path
from voicelab.sim.switches import SWITCHES

from . import callback_cases, frame_cases, stream_cases  # noqa: F401 - they fill CASES
from .cases import CASES, Run

pytestmark = pytest.mark.net

SPEED = 10
PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


@pytest.mark.parametrize("case", CASES, ids=[case.fault for case in CASES])
async def test_a_fault(tmp_path, case, table):
    log = tmp_path / "webhooks.log"
    options = {"recordings": tmp_path / "r", "webhook_log": log, **case.options}
    async with await Lab.open(agent=None, port=0, **options) as lab:
        call = await lab.dial(
            prompt_path("order"), faults=[case.fault], seed=7, speed=SPEED, strict=True
        )
        if case.agent:
            await case.agent(lab, call)
        await call.ended(timeout=40)
        for session in lab.sink.server.registry:
            await session.ended.wait()
        assert call.result.faults[case.name] > 0
        assert call.result.faults.keys() == {case.name}
        assert call.result.ended_by == "caller"
        assert call.result.offences == () or case.agent
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        run = Run(lab, call, call.journal.moments, entries)
        settings = [m.data for m in run.moments if m.leg == "sim" and m.name == "faults"]
        assert settings[0]["seed"] == 7
        table(case.fault, case.promised, case.check(run))


def test_every_fault_has_its_case_and_its_row():
    cases = {case.fault for case in CASES}
    assert {case.partition("=")[0] for case in cases} == set(SWITCHES)
    rows = re.findall(r"^\| `([^`]+)` \| .+ \| .+ \|$", PAGE.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(cases)
