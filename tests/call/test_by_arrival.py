from voicelab.call.by_arrival import ByArrival

MS = 1_000_000


def placed(*pieces, rate_hz=1000):
    """Offsets of (arrival in ms, length in ms); a sample is a millisecond here."""
    axis = ByArrival(rate_hz)
    return [axis.place(t_ms * MS, samples)[0] for t_ms, samples in pieces]


def test_a_piece_ends_when_it_arrives():
    assert placed((1000, 20)) == [980]


def test_what_begins_has_no_slack():
    assert placed((150, 20)) == [130]
    axis = ByArrival(1000)
    axis.place(20 * MS, 20)
    assert axis.place(100 * MS, 20, begins=True) == (80, 60)
    assert axis.place(200 * MS, 20) == (100, 0)


def test_speech_is_contiguous_in_spite_of_jitter():
    assert placed((1020, 20), (1055, 20), (1058, 20), (1200, 20)) == [1000, 1020, 1040, 1060]


def test_a_pause_is_silence():
    axis = ByArrival(1000)
    axis.place(20 * MS, 20)
    assert axis.place(1000 * MS, 20) == (980, 960)
    assert axis.end == 1000


def test_sound_faster_than_real_time_is_kept_whole():
    assert placed((1, 500), (2, 500), (3, 500)) == [0, 500, 1000]
    assert placed((10, 500), (700, 20)) == [0, 500]


def test_what_waited_through_a_stall_is_no_pause():
    axis = ByArrival(1000)
    axis.place(20 * MS, 20)
    axis.forgive(2000 * MS)
    offsets = [axis.place(2040 * MS, 20)[0] for _ in range(100)]
    assert offsets == list(range(20, 2020, 20))
    assert axis.place(5000 * MS, 20)[0] == 4980


def test_a_pause_after_a_stall_that_nothing_waited_through():
    axis = ByArrival(1000)
    axis.place(20 * MS, 20)
    axis.forgive(300 * MS)
    assert axis.place(3000 * MS, 20) == (2980, 2960)
