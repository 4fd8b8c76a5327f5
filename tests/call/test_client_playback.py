"""What a client has let its person hear; a sample is a millisecond here."""

import numpy as np
import pytest

from voicelab.call import client_playback
from voicelab.call.client_playback import ClientPlayback

MS = 1_000_000


class Axis:
    def __init__(self):
        self.samples = np.zeros(20_000, np.int16)
        self.playback = ClientPlayback(1000, self.give)

    def give(self, offset, pcm):
        got = np.frombuffer(pcm, "<i2")
        self.samples[offset : offset + len(got)] = got

    def delta(self, t_ms, first, samples, item="a"):
        pcm = np.arange(first, first + samples, dtype="<i2").tobytes()
        self.playback.on_delta(t_ms * MS, item, pcm)

    def heard(self):
        """``[(offset, first value, samples)]`` of each contiguous run."""
        runs = []
        for at in np.flatnonzero(self.samples):
            value = int(self.samples[at])
            last = runs[-1] if runs else None
            if last and last[0] + last[2] == at and last[1] + last[2] == value:
                runs[-1] = (last[0], last[1], last[2] + 1)
            else:
                runs.append((int(at), value, 1))
        return runs


@pytest.fixture
def axis():
    return Axis()


def test_it_plays_from_when_it_arrived(axis):
    axis.delta(100, 1, 500)
    axis.playback.advance(300 * MS)
    assert axis.heard() == [(100, 1, 200)]
    axis.playback.advance(9000 * MS)
    assert axis.heard() == [(100, 1, 500)]


def test_deltas_and_items_follow_each_other(axis):
    axis.delta(100, 1, 300)
    axis.delta(110, 301, 300)
    axis.delta(120, 1001, 100, "b")
    axis.playback.advance(9000 * MS)
    assert axis.heard() == [(100, 1, 600), (700, 1001, 100)]


def test_where_it_ran_dry_it_goes_on_when_more_comes(axis):
    axis.delta(100, 1, 100)
    axis.delta(500, 101, 100)
    axis.playback.advance(9000 * MS)
    assert axis.heard() == [(100, 1, 100), (500, 101, 100)]


def test_who_speaks_silences_it(axis):
    axis.delta(100, 1, 5000)
    axis.playback.on_flush(400 * MS)
    axis.delta(410, 5001, 100)
    axis.delta(900, 7001, 50, "b")
    axis.playback.advance(9000 * MS)
    assert axis.heard() == [(100, 1, 300), (900, 7001, 50)]


def test_a_truncation_takes_back_what_was_not_heard(axis):
    axis.delta(100, 1, 5000)
    axis.playback.on_flush(400 * MS)
    axis.playback.on_truncate("a", 250)
    assert axis.heard() == [(100, 1, 250)]


def test_a_truncation_may_know_of_more(axis):
    axis.delta(100, 1, 5000)
    axis.playback.on_flush(400 * MS)
    axis.playback.on_truncate("a", 350)
    axis.playback.advance(9000 * MS)
    assert axis.heard() == [(100, 1, 350)]


def test_what_the_client_says_counts(axis):
    axis.delta(100, 1, 1000)
    axis.playback.advance(150 * MS)
    assert axis.playback.on_played(500 * MS, "a", 200)
    assert axis.playback.source == "played"
    assert axis.heard() == [(300, 1, 200)]
    axis.playback.on_played(710 * MS, "a", 400)
    axis.playback.advance(9000 * MS)
    assert axis.heard() == [(300, 1, 400)]


def test_a_client_that_paused_says_so(axis):
    axis.delta(100, 1, 1000)
    axis.playback.on_played(300 * MS, "a", 200)
    axis.playback.on_played(1500 * MS, "a", 400)
    assert axis.heard() == [(100, 1, 200), (1300, 201, 200)]
    axis.playback.on_truncate("a", 300)
    assert axis.heard() == [(100, 1, 200), (1300, 201, 100)]


def test_saying_it_twice_or_too_much_changes_nothing(axis):
    axis.delta(100, 1, 100)
    axis.playback.on_played(200 * MS, "a", 100)
    axis.playback.on_played(900 * MS, "a", 100)
    axis.playback.on_played(950 * MS, "a", 1e9)
    axis.playback.on_played(960 * MS, "a", 50)
    assert axis.heard() == [(100, 1, 100)]
    assert not axis.playback.on_played(1000 * MS, "nobody", 5)


def test_reports_begin_in_a_later_item(axis):
    axis.delta(100, 1, 100)
    axis.delta(1000, 501, 100, "b")
    axis.playback.on_played(1150 * MS, "b", 100)
    assert axis.heard() == [(100, 1, 100), (1050, 501, 100)]


def test_old_items_are_forgotten(axis):
    for n in range(50):
        axis.delta(100 * n, 1 + 100 * n, 100, f"item {n}")
    axis.playback.advance(9000 * MS)
    assert len(axis.playback._items) < 8
    assert axis.heard() == [(0, 1, 5000)]


def test_sound_without_end_is_bounded(axis, monkeypatch):
    monkeypatch.setattr(client_playback, "HELD_BYTES", 3000)
    for n in range(10):
        axis.delta(100, 1 + 500 * n, 500, str(n))
    assert axis.playback.given_up == 7
    axis.playback.advance(15_000 * MS)
    assert axis.heard() == [(100, 1, 1500)]
