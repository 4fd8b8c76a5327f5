"""What the caller heard, beside an ear that knows it to the sample."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicelab.call.playback import Playback, RoundTrip
from voicelab.sim.ear import Ear

RATE_HZ, FRAME = 8000, 160
MS = 1_000_000


def ms(value: float) -> int:
    return round(value * MS)


class Line:
    """A playback and a true ear behind a line with its own delays."""

    def __init__(self, *, out_ms: float = 0.0, ack_ms: float = 0.0, known: bool = True) -> None:
        self.out_ms, self.ack_ms = out_ms, ack_ms
        trip = RoundTrip()
        if known:
            trip.ack_ns, trip.network_ns = ms(out_ms + ack_ms), ms(2 * out_ms)
        self.playback = Playback(RATE_HZ, FRAME, trip)
        self.ear = Ear(RATE_HZ)
        self.acks: list[tuple[float, str]] = []
        self.sent: dict[str, int] = {}

    def send(self, at_ms: float, item: str, samples: int = FRAME) -> None:
        first = item not in self.sent
        self.sent[item] = self.sent.get(item, 0) + samples
        self.playback.sent(ms(at_ms), item, samples)
        arrives_s = (at_ms + self.out_ms) / 1000
        self.ear.play(arrives_s, np.ones(samples, np.int16), RATE_HZ)
        if first:
            self.ear.checkpoint(arrives_s, item)
            self.acks.append((self.ear.last_audio_s * 1000 + self.ack_ms, item))

    def hear_acks(self, until_ms: float) -> None:
        while self.acks and self.acks[0][0] <= until_ms:
            at_ms, item = self.acks.pop(0)
            self.playback.began(ms(at_ms), item)

    def truth_ms(self, at_ms: float) -> float:
        heard = self.ear.render(at_ms / 1000)
        return 1000 * float(heard.sum()) / RATE_HZ


def test_nothing_sent_is_nothing_heard():
    assert Playback(RATE_HZ, FRAME, RoundTrip()).heard("a", 0).ms == 0


def test_without_a_word_of_the_provider_it_is_an_estimate_bounded_by_time_and_by_what_was_sent():
    line = Line(known=False)
    for index in range(5):
        line.send(1000 + index * 2, "a")
    heard = line.playback.heard("a", ms(1050))
    assert (heard.ms, heard.source) == (50, "estimate")
    assert heard.uncertainty_ms > 0
    assert line.playback.heard("a", ms(5000)).ms == 100


@pytest.mark.parametrize("ack_ms", [0, 40, 150])
@pytest.mark.parametrize("out_ms", [0, 30])
def test_an_acknowledgement_however_late_places_the_beginning(ack_ms, out_ms):
    line = Line(out_ms=out_ms, ack_ms=ack_ms)
    for index in range(50):
        line.send(index * 5, "a")
    line.hear_acks(600)
    heard = line.playback.heard("a", ms(600))
    assert heard.source == "ack"
    assert heard.ms == pytest.approx(line.truth_ms(600), abs=1)


def test_half_of_the_round_trip_is_taken_where_the_network_is_not_measured():
    playback = Playback(RATE_HZ, FRAME, RoundTrip(ack_ns=ms(80)))
    for index in range(50):
        playback.sent(ms(index), "a", FRAME)
    playback.began(ms(200), "a")
    assert playback.heard("a", ms(400)).ms == pytest.approx(400 - (200 - 20 - 40))


def test_an_acknowledgement_cannot_prove_more_than_could_have_played():
    playback = Playback(RATE_HZ, FRAME, RoundTrip(ack_ns=ms(5000)))
    playback.sent(ms(100), "a", 1600)
    playback.began(ms(130), "a")
    assert playback.heard("a", ms(150)).ms <= 50


def test_it_stands_still_where_the_queue_ran_dry():
    line = Line()
    line.send(0, "a")
    line.send(500, "a")
    line.hear_acks(100)
    assert line.playback.heard("a", ms(300)).ms == 20
    assert line.playback.heard("a", ms(510)).ms == 30
    assert line.truth_ms(510) == 30


def test_a_second_item_begins_where_the_first_one_ends():
    line = Line()
    for _ in range(5):
        line.send(0, "a")
    line.send(1, "b")
    line.send(1, "b")
    line.hear_acks(105)
    assert line.playback.heard("b", ms(105)).ms == 5
    assert line.playback.unheard(ms(50)) == ["a", "b"]
    assert line.playback.unheard(ms(105)) == ["b"]


@pytest.mark.parametrize("late_ms", [0, 2, 12, 45])
def test_a_word_that_came_later_than_usual_leaves_so_much_doubt(late_ms):
    line = Line(out_ms=5, ack_ms=40)
    for index in range(50):
        line.send(1000 + index * 10, "a")
    ((ack_ms, item),) = line.acks
    line.playback.began(ms(ack_ms + late_ms), item)
    heard = line.playback.heard("a", ms(1400))
    truth_ms = line.truth_ms(1400)
    assert heard.source == "ack"
    assert heard.ms == pytest.approx(truth_ms - late_ms)
    assert heard.uncertainty_ms == late_ms + 5


def test_a_round_trip_that_was_slow_at_first_does_not_shift_what_began():
    line = Line(out_ms=1, ack_ms=0)
    line.playback.trip.network_ns = ms(40)
    for index in range(50):
        line.send(1000 + index * 10, "a")
    line.playback.trip.network_ns = ms(2)
    line.hear_acks(1030)
    heard = line.playback.heard("a", ms(1400))
    assert heard.ms == pytest.approx(line.truth_ms(1400))
    assert heard.uncertainty_ms == 1


def test_what_is_over_by_the_providers_word_was_heard_whole():
    playback = Playback(RATE_HZ, FRAME, RoundTrip())
    playback.sent(0, "a", FRAME)
    playback.finished("a")
    assert playback.heard("a", ms(1)).ms == 20
    assert playback.unheard(0) == []


def test_an_acknowledgement_read_after_a_stall_proves_nothing_about_time():
    playback = Playback(RATE_HZ, FRAME, RoundTrip(ack_ns=0, network_ns=0))
    for index in range(100):
        playback.sent(ms(index), "a", FRAME)
    playback.stalled(ms(10), ms(900))
    playback.began(ms(901), "a")
    heard = playback.heard("a", ms(1000))
    assert (heard.ms, heard.source) == (1000, "estimate")
    assert heard.uncertainty_ms == 890


def test_after_a_flush_what_was_to_come_is_never_heard():
    line = Line()
    for _ in range(10):
        line.send(0, "a")
    line.playback.flushed(ms(90))
    assert line.playback.heard("a", ms(5000)).ms == 90
    assert [stretch.samples for stretch in line.playback.played("a", ms(5000))] == [720]


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    out_ms=st.integers(0, 60),
    ack_ms=st.integers(0, 150),
    known=st.booleans(),
)
def test_the_truth_is_within_the_uncertainty(seed, out_ms, ack_ms, known):
    """Items in turns, sent ahead and sometimes too late, asked at any time."""
    dice = random.Random(seed)
    line = Line(out_ms=out_ms, ack_ms=ack_ms, known=known)
    at_ms = 0.0
    for number in range(dice.randint(1, 4)):
        for _ in range(dice.randint(1, 40)):
            at_ms += dice.choice([0, 1, 5, 20, 20, 20, 20, 200])
            line.hear_acks(at_ms)
            line.send(at_ms, f"item {number}")
    ask_ms = at_ms + dice.uniform(0, 800)
    line.hear_acks(ask_ms)
    heard = [line.playback.heard(f"item {number}", ms(ask_ms)) for number in range(number + 1)]
    told_ms = sum(each.ms for each in heard)
    doubt_ms = sum(each.uncertainty_ms for each in heard)
    if known:
        assert told_ms == pytest.approx(line.truth_ms(ask_ms), abs=2 * out_ms + 2)
    else:
        assert abs(told_ms - line.truth_ms(ask_ms)) <= doubt_ms + out_ms + ack_ms + 2
    for number, each in enumerate(heard):
        assert each.ms <= 1000 * line.sent[f"item {number}"] / RATE_HZ


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=2, max_size=60))
def test_heard_never_falls(steps):
    line = Line()
    at_ms, told = 0.0, [0.0]
    for step in steps:
        at_ms += step
        line.send(at_ms, "a")
        told.append(line.playback.heard("a", ms(at_ms)).ms)
    assert all(earlier <= later for earlier, later in pairwise(told))


def test_a_provider_that_acknowledges_nothing_does_not_fill_the_memory():
    playback = Playback(RATE_HZ, FRAME, RoundTrip())
    for index in range(200):
        playback.sent(ms(1000 * index), str(index), FRAME)
    known = [index for index in range(200) if playback.end_ns(str(index)) is not None]
    assert known == list(range(200 - len(known), 200))
    assert len(known) <= 20
