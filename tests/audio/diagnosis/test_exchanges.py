"""Frames that changed places are told from frames that were put in, and from none."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import noisy, prompt
from voicelab.audio.diagnosis.against.exchanges import exchanged
from voicelab.audio.diagnosis.against.laid import lay
from voicelab.audio.diagnosis.against.reference import Reference
from voicelab.audio.diagnosis.heard import Heard

FRAME = 240


def laid(heard, said):
    return lay(Heard(heard, 8000), Reference(said, 8000))


def loud_frames(samples, count):
    """First samples of the loudest frames that have another two between them."""
    frames = samples[: samples.size // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    chosen: list[int] = []
    for at in np.argsort(-(frames**2).mean(axis=1)):
        if 12 < at < len(frames) - 3 and all(abs(at - other) > 3 for other in chosen):
            chosen.append(int(at))
    return [at * FRAME for at in chosen[:count]]


@pytest.mark.parametrize("snr_db", [None, 8])
@pytest.mark.parametrize("begin", [0, 37])
def test_two_groups_are_enough(snr_db, begin):
    said = prompt("greeting")
    heard = noisy(said, snr_db, np.random.default_rng(5)).copy()
    for at in loud_frames(said, 2):
        at += begin
        heard[at : at + 2 * FRAME] = np.roll(heard[at : at + 2 * FRAME], FRAME)
    found = exchanged(laid(heard, said))
    assert found.nats > 30
    assert found.groups == 2
    assert found.frame % FRAME == 0


@pytest.mark.parametrize("snr_db", [None, 20, 8])
def test_none_where_none_moved(snr_db):
    said = prompt("greeting")
    heard = noisy(said, snr_db, np.random.default_rng(6))
    assert exchanged(laid(heard, said)).nats < 5


def test_a_frame_put_in_has_no_counterpart():
    said = prompt("greeting")
    heard = noisy(said, 20, np.random.default_rng(7))
    for at in loud_frames(said, 6):
        heard[at : at + FRAME] = heard[at - FRAME : at]
    assert exchanged(laid(heard, said)).nats < 15
