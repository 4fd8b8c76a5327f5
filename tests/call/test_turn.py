"""What an agent is given and what it gives."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from voicelab.call.turn import HangUp, Said, ToolCall, Turn, keys_in, keys_text


@pytest.mark.parametrize("keys", ["1", "12#", "*0ABCD#"])
def test_keys_survive_the_way_through_words(keys):
    assert keys_in(keys_text(keys)) == keys


@pytest.mark.parametrize("text", ["", "hello", "12#", keys_text(""), keys_text("12 and more")])
def test_other_words_hold_no_keys(text):
    assert keys_in(text) is None


def test_a_turn_is_a_value():
    turn = Turn(np.zeros(0, np.int16), 8000)
    assert (turn.text, turn.keys, turn.history, turn.call, turn.interrupted) == (
        None, "", (), None, False,
    )  # fmt: skip
    with pytest.raises(dataclasses.FrozenInstanceError):
        turn.text = "hi"


def test_what_an_agent_gives_has_defaults():
    assert ToolCall("f").arguments == {}
    assert HangUp().reason == ""
    assert Said("user", "hi") == Said("user", "hi", 0, cut=False)
