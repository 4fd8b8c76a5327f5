"""The agents that come with the server: what they say, and when they call a tool."""

from __future__ import annotations

import base64
import json

import pytest

from voicelab.call.turn import keys_text
from voicelab.errors import SettingError
from voicelab.sim.realtime.agents import Parrot, Script, agent_maker

PRICE = {
    "type": "function",
    "name": "price",
    "parameters": {"type": "object", "properties": {"size": {"enum": ["small", "large"]}}},
}
HOURS = {"type": "function", "name": "hours"}


def said(talk) -> list[str]:
    return [each["transcript"] for each in talk.of("response.output_audio_transcript.done")]


def write(talk, text: str) -> None:
    content = [{"type": "input_text", "text": text}]
    talk.send(
        "conversation.item.create", item={"type": "message", "role": "user", "content": content}
    )


def test_with_nothing_heard_a_prompt_is_said(session):
    talk = session()
    talk.send("response.create")
    assert said(talk) == ["Good evening, Corner Pizza. What can I bring you?"]


def test_formats_are_converted_where_they_differ(session, prompt):
    talk = session()
    talk.listen({"type": "audio/pcmu"})
    talk.update(audio={"output": {"format": {"type": "audio/pcma"}}})
    talk.say(prompt("yes", talk.format))
    taken = len(talk.core.conversation.items[0].audio)
    back = b"".join(base64.b64decode(e["delta"]) for e in talk.of("response.output_audio.delta"))
    assert len(back) == taken
    assert said(talk) == ["Yes, that is right."]


def test_a_written_turn_is_said(session):
    talk = session()
    write(talk, "Sorry, I did not catch that, please say it once more.")
    talk.send("response.create")
    assert said(talk) == ["Sorry, I did not catch that, please say it once more."]


def test_keys_reach_the_turn(session):
    talk = session()
    asks = talk.hold_answers()
    write(talk, keys_text("12#"))
    write(talk, "now what")
    talk.send("response.create")
    assert (asks[0].turn.keys, asks[0].turn.text) == ("12#", "now what")


def test_the_call_reaches_the_turn(session):
    talk = session(call="c-1")
    asks = talk.hold_answers()
    talk.send("response.create")
    assert asks[0].turn.call == "c-1"


def test_the_first_turn_calls_a_tool_and_the_output_lets_it_speak(session, prompt):
    talk = session()
    talk.listen()
    talk.update(tools=[PRICE, HOURS])
    talk.send("response.create")
    assert len(said(talk)) == 1, "a greeting calls nothing"
    talk.events.clear()
    talk.say(prompt("question", talk.format))
    (call,) = talk.of("response.function_call_arguments.done")
    assert (call["name"], json.loads(call["arguments"])) == ("price", {"size": "small"})
    assert said(talk) == []
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "12"}
    talk.send("conversation.item.create", item=output)
    assert said(talk) == [], "the client asks for the response"
    talk.send("response.create")
    assert said(talk) == ["How long will it take to deliver them?"]
    talk.say(prompt("yes", talk.format))
    assert said(talk)[1:] == ["Yes, that is right."]


@pytest.mark.parametrize(("parallel", "names"), [(True, ["price", "hours"]), (False, ["price"])])
def test_several_tools_are_called_where_that_is_wanted_and_allowed(session, parallel, names):
    talk = session(tool_calls=2)
    talk.update(tools=[PRICE, HOURS], parallel_tool_calls=parallel)
    write(talk, "hello")
    talk.send("response.create")
    calls = talk.of("response.function_call_arguments.done")
    assert [each["name"] for each in calls] == names
    assert len({each["call_id"] for each in calls}) == len(names)


def test_the_choice_of_a_tool_counts(session):
    talk = session()
    talk.update(tools=[PRICE, HOURS], tool_choice="none")
    write(talk, "Yes, that is right.")
    talk.send("response.create")
    assert said(talk) == ["Yes, that is right."]
    talk.send("response.create", response={"tool_choice": {"type": "function", "name": "hours"}})
    talk.send("response.create", response={"tool_choice": "required"})
    calls = [each["name"] for each in talk.of("response.function_call_arguments.done")]
    assert calls == ["hours", "price"]


def test_a_script_is_said_line_by_line(session):
    talk = session(Script(["greeting", "Thanks a lot, goodbye!"]))
    for _ in range(3):
        talk.send("response.create")
    greeting = "Good evening, Corner Pizza. What can I bring you?"
    assert said(talk) == [greeting, "Thanks a lot, goodbye!", greeting]


def test_a_script_calls_tools_too(session):
    talk = session(Script(["greeting"]))
    talk.update(tools=[HOURS])
    write(talk, "hello")
    talk.send("response.create")
    assert talk.of("response.function_call_arguments.done")[0]["name"] == "hours"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '["greeting", "one"]'),
        ("a.txt", "# what is said\ngreeting\n\n  one  \n"),
    ],
)
def test_scripts_are_read(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    make = agent_maker(f"script:{tmp_path / name}")
    first, second = make(), make()
    assert isinstance(first, Script)
    assert first is not second, "each session begins with the first line"
    assert first._lines == ["greeting", "one"]


WRONG_SCRIPTS = ["", "# nothing\n", "[1, 2]", "[", "[]", '[["a"]]']


@pytest.mark.parametrize("text", WRONG_SCRIPTS)
def test_wrong_scripts_are_told(tmp_path, text):
    path = tmp_path / "script"
    path.write_text(text)
    with pytest.raises(SettingError, match=str(path)):
        agent_maker(f"script:{path}")


def test_a_script_that_is_no_text_or_too_long_is_told(tmp_path, monkeypatch):
    path = tmp_path / "script"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingError, match="cannot be read"):
        agent_maker(f"script:{path}")
    monkeypatch.setattr("voicelab.sim.realtime.agents.MAX_SCRIPT_BYTES", 1)
    with pytest.raises(SettingError, match="too long"):
        agent_maker(f"script:{path}")


@pytest.mark.parametrize(
    "given", ["robot", "", "script:", "script:/no/such", "no_module:f", "json:nothing", "json:"]
)
def test_what_is_no_agent_is_told(given):
    with pytest.raises(SettingError):
        agent_maker(given)


def test_what_is_named_must_be_a_function():
    with pytest.raises(SettingError, match="no function"):
        agent_maker("sys:path")


def test_agents_are_chosen():
    assert isinstance(agent_maker("parrot")(), Parrot)
    assert agent_maker("json:dumps")() is json.dumps


def test_an_edited_function_counts(monkeypatch):
    import sys
    import types

    def first(turn): ...

    def second(turn): ...

    module = types.ModuleType("a_notebook")
    for function in (first, second):
        function.__module__, function.__qualname__ = module.__name__, "respond"
        function.__name__ = "respond"
    monkeypatch.setitem(sys.modules, module.__name__, module)
    module.respond = first
    make = agent_maker(first)
    assert make() is first
    module.respond = second
    assert make() is second


def test_a_function_within_a_function_is_itself():
    def respond(turn): ...

    assert agent_maker(respond)() is respond
    nameless = lambda turn: "hi"  # noqa: E731
    assert agent_maker(nameless)() is nameless
