"""Interruptions in virtual time: what the model is told was heard, beside an ear that knows."""

from __future__ import annotations

import random

import numpy as np
import pytest

from voicelab.audio.g711 import ulaw_decode
from voicelab.sim.realtime.outputs import Ask, Sound

from .speech import caller, heard_of
from .virtual_call import Delays, VirtualCall

SEEDS = range(50)


class Noisy:
    """Answers with five seconds in which no stretch is silent or occurs twice."""

    def __init__(self, seed: int) -> None:
        self._dice = np.random.default_rng(seed)

    async def answer(self, ask: Ask):
        assert ask.format is not None
        yield Sound(self._dice.integers(0, 100, 40_000, np.uint8).tobytes(), ask.format)


def interrupted_call(seed: int, **faults) -> VirtualCall:
    """A caller who speaks, waits for the answer, and cuts it short at a time of the seed's."""
    dice = random.Random(seed)
    pause_s = 0.6 + dice.uniform(0.4, 3.9)
    way_s = dice.uniform(0, 0.06)
    return VirtualCall(
        caller("order", pause_s, "question"),
        agent=Noisy(seed),
        delays=Delays(way_s, way_s, dice.uniform(0.001, 0.1), dice.uniform(0.001, 0.1)),
        faults={"played-delay": dice.uniform(0.001, 0.15), **faults},
        seed=seed,
    ).run()


def item_of(call: VirtualCall, name: str) -> np.ndarray:
    return ulaw_decode(bytes(call.said[name].audio))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_model_is_told_what_the_ear_heard(seed):
    call = interrupted_call(seed)
    ((item, told_ms),) = call.truncated.items()
    _, samples = heard_of(call.ear(), item_of(call, item))
    assert told_ms == pytest.approx(samples / 8, abs=40)
    assert call.errors == []
    assert list(call.carrier.offences) == []
    (fact,) = call.facts("interrupted")
    assert fact["source"] == "ack"


@pytest.mark.parametrize("seed", SEEDS[:10])
def test_without_acknowledgements_it_is_still_near_and_says_that_it_is_a_guess(seed):
    call = interrupted_call(seed, **{"played-lost": 1.0})
    ((item, told_ms),) = call.truncated.items()
    _, samples = heard_of(call.ear(), item_of(call, item))
    (fact,) = call.facts("interrupted")
    assert fact["source"] == "estimate"
    assert abs(told_ms - samples / 8) <= fact["uncertainty_ms"]


@pytest.mark.parametrize("seed", SEEDS[:10])
def test_a_flush_that_nobody_confirms_is_taken_for_done_after_a_second(seed):
    call = interrupted_call(seed, **{"cleared-lost": 1.0})
    ((item, told_ms),) = call.truncated.items()
    _, samples = heard_of(call.ear(), item_of(call, item))
    assert told_ms == pytest.approx(samples / 8, abs=40)
    assert call.facts("clear_unanswered")


@pytest.mark.parametrize("seed", SEEDS[:10])
def test_after_an_interruption_the_caller_is_answered(seed):
    call = interrupted_call(seed)
    answer = list(call.said)[-1]
    begin, samples = heard_of(call.ear(), item_of(call, answer))
    assert begin > 0
    assert samples == 40_000
