from __future__ import annotations

from collections import Counter

import pytest

from voicelab.sim import Faults
from voicelab.sim.callback_faults import CallbackFaults

FIELDS = {"From": "15550100001", "To": "+1555", "Event": "Hangup"}


def spoiler(*faults: str) -> tuple[CallbackFaults, Counter[str]]:
    done: Counter[str] = Counter()
    return CallbackFaults(Faults.of(faults), done), done


def test_without_faults_a_callback_goes_out_as_it_is():
    faults, done = spoiler()
    assert faults.take("POST", "u", FIELDS) == [("POST", "u", FIELDS)]
    assert (faults.flush(), faults.signing, done) == ([], "right", {})


def test_each_fault_is_done_and_counted():
    faults, done = spoiler("duplicate-callbacks", "get-callbacks", "plus-numbers")
    fields = {"From": "+15550100001", "To": "+1555", "Event": "Hangup"}
    assert faults.take("POST", "u", FIELDS) == [("GET", "u", fields)] * 2
    assert done == {"duplicate-callbacks": 1, "get-callbacks": 1, "plus-numbers": 1}


def test_held_callbacks_come_last_first_and_once():
    faults, done = spoiler("reordered-callbacks")
    assert [faults.take("POST", url, {}) for url in "abc"] == [[], [], []]
    assert [url for _, url, _ in faults.flush()] == ["c", "b", "a"]
    assert faults.flush() == []
    assert done == {"reordered-callbacks": 3}


@pytest.mark.parametrize(("fault", "signing"), [("unsigned", "none"), ("wrong-signature", "wrong")])
def test_how_callbacks_are_signed(fault, signing):
    faults, done = spoiler(fault)
    faults.take("POST", "u", FIELDS)
    assert faults.signing == signing
    assert done == {fault: 1}
