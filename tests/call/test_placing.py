import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicelab.call.placing import RESTART_RUN, Placer, Verdict

FRAME = 160


def placer() -> Placer:
    return Placer(8000, FRAME)


def offsets(place: Placer, chunks: list[int | None]) -> list[int | None]:
    return [place.place(chunk, FRAME).offset for chunk in chunks]


def test_frames_in_order_follow_each_other():
    place = placer()
    assert offsets(place, [1, 2, 3]) == [0, 160, 320]
    assert place.end == 480


def test_frames_without_numbers_are_placed_by_arrival():
    assert offsets(placer(), [None, None, None]) == [0, 160, 320]


def test_a_hole_is_kept_open():
    place = placer()
    place.place(1, FRAME)
    placement = place.place(4, FRAME)
    assert (placement.offset, placement.lost, placement.gap_samples) == (480, 2, 320)


def test_swapped_frames_go_into_their_places():
    place = placer()
    assert offsets(place, [1, 3, 2, 4]) == [0, 320, 160, 480]
    assert place.place(2, FRAME).verdict is Verdict.DUPLICATE


def test_the_first_copy_of_a_duplicate_wins():
    place = placer()
    place.place(1, FRAME)
    assert place.place(1, FRAME).verdict is Verdict.DUPLICATE
    assert place.end == FRAME


def test_a_frame_more_than_a_second_late_is_not_used():
    place = placer()
    offsets(place, [1, *range(3, 55)])
    placement = place.place(2, FRAME)
    assert (placement.verdict, placement.offset) == (Verdict.LATE, None)


def test_a_frame_a_second_late_is_used():
    place = placer()
    offsets(place, [1, *range(3, 53)])
    assert place.place(2, FRAME).offset == 160


def test_a_gap_of_five_seconds_is_filled_and_a_longer_one_starts_anew():
    place = placer()
    place.place(1, FRAME)
    assert place.place(252, FRAME).gap_samples == 250 * FRAME
    placement = place.place(504, FRAME)
    assert placement.jumped == 251
    assert placement.offset == 252 * FRAME


def test_a_stray_number_stands_for_the_frame_that_was_due():
    place = placer()
    assert offsets(place, [40, 41, 10**9, 43, 44]) == [0, 160, 320, 480, 640]


def test_an_extra_frame_with_a_stray_number_loses_nothing_after_it():
    place = placer()
    got = offsets(place, [40, 41, 10**9, 42, 43])
    assert got == [0, 160, 320, 480, 640]


def test_a_source_that_counts_anew_is_followed_forward_and_backward():
    place = placer()
    assert offsets(place, [1, 10**9, 10**9 + 1]) == [0, 160, 320]
    back = offsets(place, list(range(1, RESTART_RUN + 3)))
    assert back[: RESTART_RUN - 1] == [None] * (RESTART_RUN - 1)
    assert back[RESTART_RUN - 1 :] == [480, 640, 800]


def test_a_lost_beginning_is_silence_and_joining_in_mid_count_is_not():
    assert placer().place(3, FRAME, lead=2).offset == 320
    assert placer().place(206, FRAME, lead=205).offset == 0


def test_the_length_of_a_hole_follows_the_length_of_the_frames():
    place = placer()
    for chunk in (1, 2, 3):
        place.place(chunk, 320)
    assert place.place(5, 320).offset == 4 * 320


def test_a_hole_takes_only_a_frame_that_fits():
    place = placer()
    place.place(1, FRAME)
    place.place(3, FRAME)
    for chunk in (4, 5, 6):
        place.place(chunk, 320)
    assert place.place(2, 320).verdict is Verdict.LATE


def test_a_short_last_frame_is_placed_as_it_is():
    place = placer()
    place.place(1, FRAME)
    place.place(2, 21)
    assert place.end == 181


@pytest.mark.parametrize("seed", range(20))
def test_any_order_within_a_second_gives_the_same_places(seed: int):
    rng = random.Random(seed)
    chunks = list(range(1, 400))
    for i in range(0, 399 - 40, 40):
        window = chunks[i : i + 40]
        rng.shuffle(window)
        chunks[i : i + 40] = window
    first = chunks.index(1)
    chunks[0], chunks[first] = chunks[first], chunks[0]
    place = placer()
    assert offsets(place, chunks) == [(chunk - 1) * FRAME for chunk in chunks]
    assert place.end == 399 * FRAME


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(0, 2**63 - 1), st.integers(0, 400)),
            st.integers(0, 2000),
        ),
        max_size=200,
    )
)
def test_placed_frames_never_overlap_and_never_leave_the_axis(frames: list[tuple[int | None, int]]):
    place = placer()
    for chunk, samples in frames:
        before = place.end
        placement = place.place(chunk, samples)
        if placement.verdict is Verdict.PLACED:
            assert placement.offset == before + placement.gap_samples
            assert place.end == placement.offset + samples
            assert placement.gap_samples <= 5 * 8000 + 2000
        elif placement.verdict is Verdict.FILLED:
            assert placement.offset is not None
            assert placement.offset + samples <= place.end
        else:
            assert placement.offset is None
            assert place.end == before
