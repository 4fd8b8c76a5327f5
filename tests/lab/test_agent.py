import functools

import pytest

from voicelab import Agent
from voicelab.errors import SettingError
from voicelab.lab.agent import as_agent

KEY = "sk-very-secret"


async def answer(turn):
    return "Hello."


async def answers(turn):
    yield "Hello."


def plain(turn):
    return "Hello."


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def test_nobody_is_nobody():
    assert as_agent(None) is None


@pytest.mark.parametrize("given", ["local", answer, answers])
def test_what_this_machine_answers_costs_nothing(given):
    agent = as_agent(given)
    assert agent.is_local
    assert not agent.costs_money
    assert agent.url == given


def test_a_server_is_named_by_its_url():
    agent = as_agent("ws://127.0.0.1:9/v1/realtime")
    assert not agent.is_local
    assert not agent.costs_money
    assert agent.upstream(agent.url).secret() is None
    assert repr(agent) == "<Agent ws://127.0.0.1:9/v1/realtime?model=gpt-realtime-2.1>"


def test_openai_costs_money_and_needs_a_key(monkeypatch):
    with pytest.raises(SettingError, match="OPENAI_API_KEY"):
        as_agent("openai")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for agent in (as_agent("openai"), as_agent("wss://api.openai.com/v1/realtime")):
        assert agent.costs_money
        assert agent.upstream(agent.url).secret().reveal() == KEY
        assert KEY not in repr(agent)


def test_a_key_is_never_shown():
    agent = Agent("wss://models.example/v1/realtime", key=KEY)
    options = agent.upstream(agent.url)
    assert options.secret().reveal() == KEY
    assert KEY not in f"{agent!r} {options!r} {options.config()} {agent.key}"


def test_its_settings_reach_the_conversation():
    agent = Agent(
        instructions="Be brief.", voice="marin", greeting=False, silence_ms=300, barge_in=False
    )
    settings = agent.conversation(({"name": "t"},), {8000: b""})
    assert (settings.instructions, settings.voice) == ("Be brief.", "marin")
    assert (settings.greeting, settings.silence_ms, settings.barge_in) == (False, 300, False)
    assert settings.tools == ({"name": "t"},)
    assert settings.fallback == {8000: b""}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"url": "parrot"}, "choose 'local'"),
        ({"url": "http://127.0.0.1/"}, "choose 'local'"),
        ({"url": 7}, "choose 'local'"),
        ({"url": plain}, "async def plain"),
        ({"url": functools.partial(plain)}, "async def"),
        ({"silence_ms": 0}, "silence_ms"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"url": "ws://models.example/", "key": KEY}, "wss://"),
        ({"url": "wss://models.example/", "dialect": "old"}, "dialect"),
    ],
)
def test_what_makes_no_sense_is_told(given, words):
    with pytest.raises(SettingError, match=words) as told:
        Agent(**given)
    assert KEY not in str(told.value)
