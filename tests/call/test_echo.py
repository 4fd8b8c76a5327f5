"""The agent's voice come back on the line, wherever in its memory it lies."""

import numpy as np
import pytest

from voicelab.call.echo import EchoGuard

RATE_HZ, FRAME = 8000, 160
DELAY, SHARE = 1200, 0.25


def talk(guard, begin, frames, *, caller):
    """Play noise from `begin` on; the caller's line carries what `caller` makes of it."""
    agent = np.random.default_rng(7).normal(0, 4000, frames * FRAME).astype(np.int16)
    line = caller(np.concatenate([np.zeros(DELAY, np.int16), agent])[: agent.size])
    silenced = []
    for at in range(0, agent.size, FRAME):
        guard.played(begin + at, agent[at : at + FRAME].tobytes())
        silenced.append(guard.heard(begin + at, line[at : at + FRAME].tobytes()))
    return silenced


@pytest.mark.parametrize("begin", [0, 16 * RATE_HZ - 4000, 16 * RATE_HZ - 4100, 40 * RATE_HZ + 77])
def test_an_echo_is_found_wherever_it_came(begin):
    guard = EchoGuard(RATE_HZ)
    assert not any(talk(guard, begin, 40, caller=lambda sound: (sound * SHARE).astype(np.int16)))
    found = guard.look()
    assert found is not None
    assert found.delay_ms == pytest.approx(1000 * DELAY / RATE_HZ)
    assert found.share == pytest.approx(SHARE, abs=0.02)
    assert guard.look() is None


def test_after_it_was_found_it_is_kept_back_and_a_louder_caller_is_not():
    guard = EchoGuard(RATE_HZ)
    talk(guard, 0, 40, caller=lambda sound: (sound * SHARE).astype(np.int16))
    guard.look()
    begin = 40 * FRAME
    only_echo = talk(guard, begin, 40, caller=lambda sound: (sound * SHARE).astype(np.int16))
    assert all(only_echo[DELAY // FRAME + 1 :])
    shouting = np.random.default_rng(9).normal(0, 6000, 40 * FRAME).astype(np.int16)
    assert not any(talk(guard, 2 * begin, 40, caller=lambda _: shouting))


@pytest.mark.parametrize("flush", [16 * RATE_HZ - 100, 5 * RATE_HZ, 20 * RATE_HZ])
def test_what_was_flushed_is_not_expected_back(flush):
    guard = EchoGuard(RATE_HZ)
    loud = np.full(FRAME, 9000, np.int16).tobytes()
    for at in range(flush - 10 * FRAME, flush + 40 * FRAME, FRAME):
        guard.played(at, loud)
    guard.flushed(flush)
    assert not guard._get(guard._agent, flush, 40 * FRAME).any()
    assert guard._get(guard._agent, flush - 10 * FRAME, 10 * FRAME).all()


def test_another_voice_is_no_echo():
    guard = EchoGuard(RATE_HZ)
    other = np.random.default_rng(11).normal(0, 3000, 40 * FRAME).astype(np.int16)
    talk(guard, 0, 40, caller=lambda _: other)
    assert guard.look() is None
