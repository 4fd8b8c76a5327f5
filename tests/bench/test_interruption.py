import base64
import json

import numpy as np
import pytest

from voicelab.audio.format import AudioFormat
from voicelab.call.moment import Moment, fact

LINE = AudioFormat("mulaw", 8000)
MS = 1_000_000
ZERO_S = 0.25
"""The journal begins so much after the ear, in call time."""


def message(at_ms, leg, way, **fields):
    return Moment(int(at_ms * MS), leg, way, "m", json.dumps(fields))


def wire_noise(samples, seed=1):
    """G.711 of noise without a zero in it."""
    draw = np.random.default_rng(seed)
    loud = draw.integers(1000, 6000, samples) * draw.choice((-1, 1), samples)
    return LINE.from_int16(loud.astype(np.int16))


ITEM = wire_noise(16000)


def ear_with(heard_ms, begin_ms=2000, until_ms=6000):
    ear = np.zeros(until_ms * 8, np.int16)
    ear[begin_ms * 8 : (begin_ms + heard_ms) * 8] = LINE.to_int16(ITEM[: heard_ms * 8])
    return ear


def evidence(ear, *, told_ms=990, more=()):
    """An item heard from 2000 ms on in the ear; the caller is loud at 2930, 20 ms early a frame."""
    from interruption import Evidence

    delta = {"response_id": "r", "output_index": 0, "content_index": 0, "event_id": "e"}
    told = {"item_id": "a", "content_index": 0, "audio_end_ms": told_ms}
    cut = {"item": "a", "heard_ms": 990.0, "source": "ack", "uncertainty_ms": 0.5}
    journal = [
        *(
            message(
                1700 + at,
                "model",
                "in",
                type="response.output_audio.delta",
                item_id="a",
                delta=base64.b64encode(ITEM[at * 1600 : (at + 1) * 1600]).decode(),
                **delta,
            )
            for at in range(10)
        ),
        fact(1750 * MS, "item_begins", {"item": "a"}),
        message(2720, "carrier", "in", event="media", media={"payload": ""}),
        message(2722, "model", "out", type="input_audio_buffer.append", audio=""),
        message(2730, "model", "in", type="input_audio_buffer.speech_started", item_id="u"),
        fact(2731 * MS, "interrupted", cut),
        message(2733, "carrier", "out", event="clearAudio", streamId="s"),
        message(2760, "model", "out", type="conversation.item.truncate", **told),
        *more,
    ]
    return Evidence(LINE, 2.93, journal, ZERO_S, ear)


def test_the_parts_of_a_reaction_and_what_was_heard():
    from interruption import measure

    found = measure(evidence(ear_with(990)))
    assert found.reaction_ms == pytest.approx(60)  # 2990 in the ear, after 2930
    assert found.vad_ms == pytest.approx(2730 + 250 - 2930 - 2)
    assert found.voicelab_ms == pytest.approx(2 + 3)
    assert found.flush_ms == pytest.approx(2990 - 250 - 2733)
    assert found.vad_ms + found.voicelab_ms + found.flush_ms == pytest.approx(found.reaction_ms)
    assert (found.heard_ms, found.told_ms, found.error_ms) == (990, 990, 0)
    assert (found.acked, found.stalled) == (True, False)


@pytest.mark.parametrize("error_ms", [-60, 60])
def test_a_planted_error_is_found_whoever_made_it(error_ms):
    from interruption import measure

    assert measure(evidence(ear_with(990), told_ms=990 + error_ms)).error_ms == error_ms
    assert measure(evidence(ear_with(990 - error_ms))).error_ms == error_ms


def test_where_the_queue_ran_dry_is_not_heard_twice():
    from interruption import measure

    ear = ear_with(0)
    ear[16000:20000] = LINE.to_int16(ITEM[:4000])
    ear[20800:24720] = LINE.to_int16(ITEM[4000:7920])
    found = measure(evidence(ear))
    assert found.heard_ms == 990
    assert found.reaction_ms == pytest.approx(3090 - 2930)


def test_the_next_answer_is_not_the_item():
    from interruption import measure

    ear = ear_with(990)
    ear[32000:34400] = LINE.to_int16(wire_noise(2400, seed=2))
    assert measure(evidence(ear)).heard_ms == 990


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda ear: ear.__setitem__(slice(17000, 17001), ear[17000] ^ 256), "after 1000 samples"),
        (lambda ear: ear.__setitem__(slice(16000, 16160), 0), "item's beginning"),
        (lambda ear: ear.fill(0), "item's beginning"),
    ],
)
def test_an_ear_that_holds_something_else_is_named(spoil, said):
    from interruption import Spoilt, measure

    ear = ear_with(990)
    spoil(ear)
    with pytest.raises(Spoilt, match=said):
        measure(evidence(ear))


@pytest.mark.parametrize(
    ("begin_ms", "ms", "stalled"),
    [(1600, 100, False), (1600, 200, True), (2000, 60, True), (2755, 60, True), (2800, 60, False)],
)
def test_a_stall_counts_where_it_touches_the_item(begin_ms, ms, stalled):
    from interruption import measure

    stall = fact(begin_ms * MS, "stall", {"ms": float(ms), "at": 0})
    assert measure(evidence(ear_with(990), more=[stall])).stalled is stalled


def test_two_interruptions_are_not_measured():
    from interruption import Spoilt, measure

    again = fact(2900 * MS, "interrupted", {"item": "b"})
    with pytest.raises(Spoilt, match="2 items were interrupted"):
        measure(evidence(ear_with(990), more=[again]))


def test_on_linear_audio_the_item_is_what_the_resampler_makes_of_it():
    from interruption import heard_of, said

    line = AudioFormat("l16", 8000)
    draw = np.random.default_rng(3)
    given = draw.integers(-6000, 6000, 24000).astype("<i2").tobytes()
    deltas = [given[at : at + 9600] for at in range(0, len(given), 9600)]
    fields = {"response_id": "r", "output_index": 0, "content_index": 0, "event_id": "e"}
    journal = [
        message(
            at,
            "model",
            "in",
            type="response.output_audio.delta",
            item_id="a",
            delta=base64.b64encode(delta).decode(),
            **fields,
        )
        for at, delta in enumerate(deltas)
    ]
    item = said(journal, "a", line)
    assert item.size == 8000
    ear = np.concatenate([np.zeros(700, np.int16), item[:5000], np.zeros(900, np.int16)])
    assert heard_of(item, ear) == (5000, 5700)


def test_the_same_seed_plans_the_same_calls():
    from barge_in import INTO_S, Plan

    plans = [Plan.drawn(number, 4) for number in range(50)]
    assert plans == [Plan.drawn(number, 4) for number in range(50)]
    assert plans != [Plan.drawn(number, 5) for number in range(50)]
    assert max(each.ack_s for each in plans) > 0.1
    assert {each.prompt for each in plans} > {"no", "order"}
    caller, loud_s = plans[0].caller(LINE)
    assert loud_s > INTO_S[0]
    assert abs(int(caller.samples[round(loud_s * 8000)])) >= 4000
    assert not caller.samples[round(loud_s * 8000) - 4000 : round(loud_s * 8000)].any()


def test_stalled_ones_stand_apart_and_nothing_is_left_out():
    from barge_in import report, table
    from interruption import Interruption

    fine = Interruption(60.0, 58.0, 1.0, 1.0, 500, 499.0, 0.5, True, False)
    late = Interruption(90.0, 58.0, 31.0, 1.0, 500, 440.0, 0.5, True, True)
    told = report([fine, late, fine])
    assert (told["whole"]["count"], told["whole"]["near"], told["whole"]["as_said"]) == (2, 2, 2)
    assert (told["stalled"]["count"], told["stalled"]["near"]) == (1, 0)
    assert told["stalled"]["error_ms"]["max"] == 60
    assert "a stall in the item: 1" in table(told)
    assert "call 1 (stalled): told 500 ms as acknowledged, ±0.5; heard 440.0" in table(told)
    assert "a stall in the item: none" in table(report([fine]))
