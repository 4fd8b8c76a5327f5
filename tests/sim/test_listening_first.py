"""A caller who lets the agent speak first."""

from __future__ import annotations

import numpy as np
import pytest

from voicelab.sim.output import Output

from .test_carrier import CLEAR, play, run_out, started, texts


def spoken(outputs: list[Output]) -> list[bool]:
    """Whether each frame says anything."""
    frames = [text["media"]["payload"] for text in texts(outputs) if text["event"] == "media"]
    return [set(frame) - {"A", "="} != set() for frame in frames]


def test_a_caller_who_listens_first_begins_when_the_agent_is_done():
    core = started(0.2, listen_s=3.0, hold_s=0.5)
    outputs = core.tick(0.1)
    core.on_text(0.1, play(1000))
    core.on_text(0.1, CLEAR.replace("clearAudio", "unknown"))
    for now_ms in range(120, 2400, 20):
        outputs += core.tick(now_ms / 1000)
    said = spoken(outputs)
    first = (said.index(True) + 1) * 0.02
    assert 1.1 + 0.5 <= first <= 1.1 + 0.5 + 0.04
    assert sum(said) == 10
    sent = core.sent_pcm()
    assert len(sent) == core.frames_sent * 160
    assert not sent[: said.index(True) * 160].any()
    assert np.array_equal(sent[said.index(True) * 160 :][:1600], np.arange(1600))


def test_a_caller_who_listens_first_does_not_wait_for_ever():
    core = started(0.2, listen_s=1.0, hold_s=0.5)
    outputs, ended_s = run_out(core)
    assert spoken(outputs).index(True) == 49
    assert ended_s == pytest.approx(1.0 + 0.2 + 0.5, abs=0.05)
