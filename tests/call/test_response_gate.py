import pytest

from voicelab.call.response_gate import ANSWER_NS, OWN_RESPONSE_NS, ResponseGate

SAY, ALSO = {"instructions": "say this"}, {"instructions": "and this"}


def granted(gate: ResponseGate, now_ns: int = 0) -> list[dict]:
    """Ask until nothing is wished any more; each response is made at once."""
    given = []
    while (asked := gate.take(now_ns)) is not None:
        gate.created(f"r{len(given)}")
        gate.done(f"r{len(given)}")
        given.append(asked)
    return given


def test_any_number_of_wishes_is_one_response():
    gate = ResponseGate()
    for _ in range(3):
        gate.want()
    assert granted(gate) == [{}]
    assert gate.idle


def test_what_is_to_be_said_alone_is_said_alone_and_in_order():
    gate = ResponseGate()
    gate.want()
    gate.want_alone(SAY)
    gate.want_alone(ALSO)
    assert not gate.idle
    assert granted(gate) == [SAY, ALSO, {}]
    assert gate.idle


def test_the_models_own_response_stands_for_a_wish_but_not_for_what_is_said_alone():
    gate = ResponseGate()
    gate.speech_started()
    gate.want()
    gate.want_alone(SAY)
    assert gate.take(0) is None
    gate.speech_stopped(0)
    gate.created("own")
    gate.done("own")
    assert granted(gate) == [SAY]


def test_what_was_refused_or_lost_is_asked_for_again():
    gate = ResponseGate()
    gate.want_alone(SAY)
    assert gate.take(0) is SAY
    gate.refused(0)
    assert gate.take(OWN_RESPONSE_NS // 2) is None
    assert gate.take(OWN_RESPONSE_NS + 1) is SAY
    gate.lost()
    assert gate.take(0) is SAY
    assert gate.take(ANSWER_NS + 1) is SAY
    assert granted(gate, 0) == []
    gate.created("r")
    gate.done("r")
    assert gate.idle


@pytest.mark.parametrize("alone", [False, True])
def test_a_response_that_began_while_ours_was_refused_was_not_ours(alone):
    gate = ResponseGate()
    gate.want_alone(SAY) if alone else gate.want(SAY)
    assert gate.take(0) is SAY
    gate.created("own")
    gate.refused(0)
    assert gate.take(0) is None
    gate.done("own")
    assert granted(gate) == [SAY]
    assert gate.idle


def test_an_answer_that_the_model_could_not_give_by_itself_is_asked_for():
    gate = ResponseGate()
    gate.created("long")
    gate.speech_started()
    gate.speech_stopped(0)
    gate.refused(0)
    gate.done("long")
    assert gate.take(OWN_RESPONSE_NS + 1) == {}
