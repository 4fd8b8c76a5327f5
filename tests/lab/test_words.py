import pytest

from voicelab.analysis.turns import CallTurn
from voicelab.lab.words import (
    clock_words,
    jitter_words,
    loss_words,
    run_words,
    stall_words,
    turn_words,
    wait_words,
)

OLD = {"frames": 5, "lost": 0, "duplicates": 0, "late": 0, "jitter_ms": 0.5}


def test_callbacks_that_come_several_times_on_end_are_counted():
    came = ["StartApp", "PlayedStream", "PlayedStream", "ClearedAudio", "PlayedStream"]
    assert run_words(came) == "StartApp, 2 × PlayedStream, ClearedAudio, PlayedStream"
    assert run_words([]) == ""


def test_a_journal_of_before_says_what_it_has():
    assert jitter_words(OLD) == "0.50 ms (RFC 3550)"
    assert "unknown" in clock_words(OLD)
    assert wait_words(OLD, None) == "not measured"
    assert loss_words(OLD) == ["5 frames", "none lost", "jitter 0.5 ms"]


@pytest.mark.parametrize(
    ("ppm", "words"),
    [
        (35.4, "35 ppm faster than ours"),
        (-12.0, "12 ppm slower than ours"),
        (1_000_000.0, "2.00 times the speed"),
        (None, "unknown before 20 s"),
    ],
)
def test_the_clock_in_words(ppm, words):
    assert words in clock_words({"skew_ppm": ppm})


def test_a_stall_in_words():
    health = OLD | {"stalls": 2, "stalled_ms": 2100.4, "stalled_frames": 105}
    assert "2 stalls of 2.1 s" in loss_words(health)
    assert stall_words(health).startswith("stood still 2 times, 2.10 s in all: 105 frames")


def test_the_jitter_and_the_wait_in_words():
    spread = {"p50": 0.47, "p95": 1.2, "p99": 3.9, "histogram": {}}
    health = OLD | {"deviation_ms": spread, "longest_wait_ms": 41.3}
    assert jitter_words(health).endswith("within 0.47 ms, 95 % within 1.2, 99 % within 3.9")
    assert wait_words(health, 30.0) == "longest wait for a frame 41 ms; 30 s would end the call"


def turn(who="agent", **more):
    return CallTurn(who, None, 0.0, 1.0, **more)


@pytest.mark.parametrize(
    ("turns", "words"),
    [
        ([turn()], "1, 1 of them the agent's"),
        ([turn("caller"), turn(latency_ms=521)], "2, 1 of them the agent's; answered after 521 ms"),
        (
            [turn(latency_ms=756), turn(latency_ms=521, interrupted=True)],
            "2, 2 of them the agent's, 1 interrupted; answered after 521 to 756 ms",
        ),
    ],
)
def test_turns_in_words(turns, words):
    assert turn_words(turns) == words
