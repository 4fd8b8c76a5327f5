"""What was said, for a session that starts anew."""

from __future__ import annotations

from voicelab.call.history import History
from voicelab.protocol import realtime


def texts(history: History) -> list[str]:
    return [item["content"][0]["text"] for item in history.items()]


def test_no_item_takes_the_place_of_another_when_one_is_forgotten():
    history = History()
    history.assistant("a", "Hello.")
    history.add(realtime.user_text("one"))
    history.unheard("a")
    history.add(realtime.user_text("two"))
    assert texts(history) == ["one", "two"]


def test_half_of_the_sound_is_half_of_the_words():
    history = History()
    history.assistant("a", "one two three four")
    history.heard("a", 0.5)
    assert texts(history) == ["one two three …"]
