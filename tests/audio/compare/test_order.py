"""Frames that are out of order are told from loss, repeats and other sound."""

import numpy as np
import pytest

from voicelab.audio.clip import Audio
from voicelab.audio.compare import check
from voicelab.audio.g711 import ulaw_decode, ulaw_encode

ORDERS = {"two": (1, 0), "late": (1, 2, 0), "early": (2, 0, 1), "around": (2, 1, 0)}


def report(heard, said):
    return check(Audio(heard, 8000), Audio(said, 8000), scores=False)


def in_order(samples, order, at, frame):
    heard = samples.copy()
    group = samples[at : at + len(order) * frame].reshape(-1, frame)
    heard[at : at + len(order) * frame] = group[list(order)].ravel()
    return heard


def found(report):
    return [(f.kind, round(f.begin_s, 3), round(f.length_s, 3)) for f in report.faults]


@pytest.fixture(scope="module")
def loud(loud_frames):
    """The first sample of 120 ms in which somebody speaks up all the time."""
    runs = np.convolve(np.diff(loud_frames) == 1, np.ones(5, int), "valid")
    return int(loud_frames[int(np.flatnonzero(runs == 5)[5])]) * 160


@pytest.mark.parametrize("frame", [160, 240])
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("late", [0, 37])
def test_one_group_is_one_fault_at_its_place(speech, loud, order, frame, late):
    at = loud + 77
    heard = np.concatenate((np.zeros(late, np.int16), in_order(speech, order, at, frame)))
    got = report(heard, speech)
    assert found(got) == [
        ("swap", round((at + late) / 8000, 3), round(len(order) * frame / 8000, 3))
    ]
    assert got.verdict.startswith("1 place where frames are out of order, ")
    assert "order of their numbers" in got.verdict
    assert "try `voicelab diagnose REC --against REF`" in got.verdict


@pytest.mark.parametrize("line", [lambda x: x, lambda x: ulaw_decode(ulaw_encode(x))])
def test_many_groups_under_noise_are_nothing_else(speech, loud_frames, noisy, line):
    heard = noisy(speech, 20)
    places = sorted({int(frame) // 4 * 4 for frame in loud_frames[::9]})
    for frame in places:
        heard = in_order(heard, (1, 0), frame * 160, 160)
    got = report(line(heard), speech)
    assert {fault.kind for fault in got.faults} == {"swap"}
    assert len(got.faults) > 0.7 * len(places)  # a steady vowel is the same in another order


def test_what_is_no_order_stays_what_it_is(speech, loud, noisy):
    """Loss, repeats, audio put in and left out, and another sound."""
    at = loud
    other = speech[40000:40320][::-1]
    heards = {
        "gap": np.concatenate((speech[:at], np.zeros(320, np.int16), speech[at + 320 :])),
        "repeat": np.concatenate((speech[:at], speech[at - 160 : at], speech[at + 160 :])),
        "other": np.concatenate((speech[:at], other, speech[at + 320 :])),
        "skip": np.concatenate((speech[:at], speech[at + 320 :])),
        "insertion": np.concatenate((speech[:at], other, speech[at:])),
    }
    for kind, heard in heards.items():
        assert [fault.kind for fault in report(heard, speech).faults] == [kind]
        assert "swap" not in {fault.kind for fault in report(noisy(heard, 20), speech).faults}


def test_a_loss_beside_frames_out_of_order_is_told_too(speech, loud, loud_frames):
    at, lost = loud, int(loud_frames[100]) * 160
    heard = in_order(speech, (1, 0), at, 160)
    heard[lost : lost + 160] = 0
    assert found(report(heard, speech)) == [("swap", at / 8000, 0.04), ("gap", lost / 8000, 0.02)]
