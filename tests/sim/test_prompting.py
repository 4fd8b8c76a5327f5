import numpy as np
import pytest

from voicelab import Audio, AudioFormat
from voicelab.errors import FormatError
from voicelab.sim.caller import Caller
from voicelab.sim.ear import Ear
from voicelab.sim.listening import PATIENCE_S, POLITE_S, Listening
from voicelab.sim.prompting import prompted, read_parts
from voicelab.sim.prompts import prompt_path

LINE = AudioFormat.parse("l16/8000")
FRAME = 160
ONES, TWOS = (Audio(np.full(2 * FRAME, n, np.int16), 8000) for n in (1, 2))


def made(*parts, polite=True) -> Caller:
    return prompted(read_parts(parts), polite=polite)(LINE)


def words(caller: Caller) -> list[int]:
    return [int(caller.samples[n]) for n in range(0, len(caller.samples), FRAME)]


def test_sounds_and_pauses_follow_each_other():
    caller = made(0.02, ONES, 0.04, TWOS)
    assert words(caller) == [0, 1, 1, 0, 0, 2, 2]
    assert caller.duration_s == pytest.approx(0.14)
    assert caller.waits == ()


def test_a_sound_after_a_sound_waits_for_an_answer():
    assert made(ONES, TWOS, 0.02, ONES).waits == (2,)
    assert made(ONES, TWOS, polite=False).waits == ()


def test_stereo_and_files_are_callers_too():
    stereo = Audio(np.array([[2, 4]] * FRAME, np.int16), 8000)
    caller = made(prompt_path("yes"), stereo)
    assert caller.samples[-1] == 3
    assert caller.notes == ("16,000 Hz resampled to 8,000 Hz",)


@pytest.mark.parametrize("part", [-1, float("nan"), None, b"x", "no such file.wav"])
def test_what_nobody_can_say_is_told(part):
    with pytest.raises(FormatError):
        read_parts([part])


def test_a_caller_listens_until_the_other_side_has_said_something():
    ear = Ear(8000)
    listening = Listening(made(ONES, TWOS), ear)
    assert [listening.next_frame(now_s) for now_s in (0.02, 0.04, 0.06)] == [0, 1, 4]
    ear.play(0.2, np.ones(800, np.int16), 8000)  # heard until 0.3 s
    assert listening.next_frame(0.3 + POLITE_S - 0.02) == 4
    assert listening.next_frame(0.3 + POLITE_S) == 2
    assert listening.next_frame(0.3 + POLITE_S + 0.02) == 3
    assert listening.all_said
    sent = listening.pcm(7)
    assert [int(sent[n]) for n in range(0, len(sent), FRAME)] == [1, 1, 0, 0, 2, 2, 0]


def test_a_caller_does_not_listen_for_ever():
    listening = Listening(made(ONES, TWOS), Ear(8000))
    assert [listening.next_frame(0.02 * n) for n in (1, 2, 3)] == [0, 1, 4]
    assert listening.next_frame(0.06 + PATIENCE_S - 0.02) == 4
    assert listening.next_frame(0.06 + PATIENCE_S) == 2


def test_what_was_heard_before_is_no_answer():
    ear = Ear(8000)
    ear.play(0.0, np.ones(160, np.int16), 8000)
    listening = Listening(made(ONES, TWOS), ear)
    assert [listening.next_frame(1.0 + 0.02 * n) for n in range(3)] == [0, 1, 4]
