"""A stall in a stored call: in its facts, on its picture, and worked out again."""

import asyncio
import shutil
import time

import numpy as np
import pytest

from voicelab import load
from voicelab.lab.picture import stall_marks
from voicelab.sim.prompts import prompt_path

pytestmark = pytest.mark.net


async def test_a_stall_is_in_every_running_call_and_in_what_is_stored(lab, tmp_path):
    calls = [await lab.dial(prompt_path("yes")) for _ in range(2)]
    await asyncio.sleep(0.3)
    time.sleep(0.5)  # noqa: ASYNC251 - as a cell does
    for call in calls:
        await call.ended(timeout=30)
        health = call.facts.health
        stalls = [m for m in call.moments() if m.name == "stall"]
        longest = max(stalls, key=lambda moment: moment.data["ms"])
        assert longest.data["ms"] > 400
        assert health["stalls"] == len(stalls)
        assert health["stalled_frames"] >= 20
        assert np.array_equal(call.audio().samples, call.sent_pcm())
        mark = stall_marks(call, 8000)[stalls.index(longest)]
        assert mark.label == "stall"
        assert mark.t_s == longest.data["at"] / 8000 < 1.2
        assert mark.length_s > 0.4
        stored = load(call.files.wav)
        assert stored.facts.health == health
        assert f"{len(stalls)} stall" in repr(stored)

    lines = stored.files.journal.read_bytes().splitlines(keepends=True)
    ended = next(i for i, line in enumerate(lines) if b'"ended"' in line)
    (tmp_path / "call-x.journal.jsonl").write_bytes(b"".join(lines[:ended]))
    shutil.copy(stored.files.wav, tmp_path / "call-x.wav")
    assert load(tmp_path / "call-x").facts.health == stored.facts.health


async def test_the_meter_runs_from_the_start_to_the_close(lab):
    meter = lab.sink.server.loop_lag
    assert meter.running
    await lab.close()
    assert not meter.running
