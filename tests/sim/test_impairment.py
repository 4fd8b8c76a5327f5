from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voicelab.audio.format import AudioFormat
from voicelab.protocol import vobiz
from voicelab.sim import Caller, CarrierCore, Faults
from voicelab.sim.impairment import Impairment
from voicelab.sim.output import End, Fact, HangUp, Reconnect, Send

L16 = AudioFormat("l16", 8000)


def spoilt(faults: object, seed: int = 1, seconds: float = 1.0) -> tuple[list, Impairment]:
    """Run a call on a clock of 10 ms steps; return what came out, with its time."""
    samples = np.arange(round(8000 * seconds)).astype(np.int16)
    caller = Caller.from_samples(samples, 8000, L16)
    core = CarrierCore(caller, call_id="c", stream_id="s", hold_s=0.2)
    impairment = Impairment(Faults.of(faults), seed, 2)
    out = [(0.0, output) for output in impairment.take(0.0, core.start())]
    for step in range(1, 1000):
        now_s = step / 100
        out += [(now_s, output) for output in impairment.take(now_s, core.tick(now_s))]
        if isinstance(out[-1][1], End):
            break
    return out, impairment


def media(out: list) -> list[vobiz.Media]:
    messages = [vobiz.parse(each.text) for _, each in out if isinstance(each, Send)]
    return [message for message in messages if isinstance(message, vobiz.Media)]


def texts(out: list) -> list[tuple[float, dict]]:
    return [(at, json.loads(each.text)) for at, each in out if isinstance(each, Send)]


CHANCES = st.fixed_dictionaries(
    {},
    optional={name: st.floats(0, 1) for name in ("loss", "duplicate", "swap", "odd", "split")}
    | {"jitter": st.floats(1, 300), "burst": st.floats(1, 300), "reset": st.floats(0, 1)},
)


@given(CHANCES, st.integers())
def test_the_same_seed_does_the_same(faults, seed):
    assert spoilt(faults, seed)[0] == spoilt(faults, seed)[0]


@given(st.integers())
def test_frames_keep_their_order_whatever_the_jitter(seed):
    out, impairment = spoilt({"jitter": 200, "burst": 100}, seed)
    assert [frame.chunk for frame in media(out)] == list(range(1, 61))
    assert impairment.done["jitter"] == 60


@given(st.integers(), st.floats(0, 1))
def test_no_frame_is_lost_by_doubling_swapping_and_splitting(seed, share):
    out, _ = spoilt({"duplicate": share, "swap": share, "split": share}, seed)
    kept = {frame.chunk: frame.payload for frame in media(out)}
    wire = b"".join(kept[chunk] for chunk in sorted(kept))
    assert np.array_equal(L16.to_int16(wire[:16000]), np.arange(8000).astype(np.int16))


def test_another_seed_does_something_else():
    chunks = {tuple(f.chunk for f in media(spoilt("loss=0.5", seed)[0])) for seed in range(5)}
    assert len(chunks) == 5


def test_bursts_come_together():
    out, _ = spoilt("burst=200")
    times = {at for at, text in texts(out) if text["event"] == "media"}
    assert times == {0.2, 0.4, 0.6, 0.8, 1.0, 1.2}


def test_faults_can_be_done_together():
    out, impairment = spoilt(["flat-start", "connected-first", "media-before-start=2", "dtmf=5"])
    events = [text["event"] for _, text in texts(out)]
    assert events[:5] == ["media", "media", "connected", "start", "media"]
    assert events.count("dtmf") == 1
    assert impairment.done == {
        "flat-start": 1, "connected-first": 1, "media-before-start": 2, "dtmf": 1
    }  # fmt: skip


def test_frames_held_back_come_before_a_reconnect_and_before_the_end():
    out, _ = spoilt({"burst": 1000, "reconnect": 0.5, "inbound-stop": True})
    kinds = [each for _, each in out if not isinstance(each, Fact)]
    at = next(n for n, each in enumerate(kinds) if isinstance(each, Reconnect))
    before = [vobiz.parse(each.text) for each in kinds[:at] if isinstance(each, Send)]
    assert sum(isinstance(message, vobiz.Media) for message in before) == 25
    assert isinstance(vobiz.parse(kinds[-2].text), vobiz.Stop)
    assert len(media(out)) == 60


def test_a_reset_in_mid_call_hangs_up():
    out, _ = spoilt("reset=0.3")
    assert [at for at, each in out if isinstance(each, HangUp)] == [0.3]
