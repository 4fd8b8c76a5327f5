"""A person's function answers: of any kind, on its own loop, in bounded time."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import numpy as np
import pytest

from voicelab.audio.clip import Audio
from voicelab.call.turn import HangUp, ToolCall, Turn
from voicelab.sim.prompts import prompt_path
from voicelab.sim.realtime import callable_agent
from voicelab.sim.realtime.callable_agent import CallableAgent
from voicelab.sim.realtime.outputs import Ask

ASK = Ask("resp_1", Turn(np.zeros(0, np.int16), 8000, text="hello"))
SORRY = prompt_path("sorry")


async def given(respond, **options) -> list:
    agent = CallableAgent(respond, **options)
    return [part async for part in agent.answer(ASK)]


def plain(turn):
    return f"{turn.text} back"


def several(turn):
    return ["one", [Path("two.wav"), ToolCall("f")], HangUp()]


def generator(turn):
    yield "one"
    yield "two"


async def coroutine(turn):
    await asyncio.sleep(0)
    return plain(turn)


async def stream(turn):
    yield "one"
    await asyncio.sleep(0)
    yield ["two", "three"]


def of_a_coroutine(turn):
    return coroutine(turn)


def of_a_stream(turn):
    return stream(turn)


async def nothing(turn):
    return None


@pytest.mark.parametrize(
    ("respond", "parts"),
    [
        (plain, ["hello back"]),
        (several, ["one", Path("two.wav"), ToolCall("f"), HangUp()]),
        (generator, ["one", "two"]),
        (coroutine, ["hello back"]),
        (stream, ["one", "two", "three"]),
        (of_a_coroutine, ["hello back"]),
        (of_a_stream, ["one", "two", "three"]),
        (nothing, []),
    ],
)
async def test_functions_of_every_kind(respond, parts):
    assert await given(respond) == parts


async def test_sound_is_a_part():
    sound = Audio(np.zeros(80, np.int16), 8000)
    assert await given(lambda turn: sound) == [sound]


async def test_an_object_that_can_be_called():
    class Counter:
        async def __call__(self, turn):
            return turn.text

    assert await given(Counter()) == ["hello"]


@pytest.mark.parametrize(
    "wrong", [7, object(), ToolCall("f", {"a": {1}}), [b"x", 7], {"a": 1.5}.values()]
)
async def test_what_is_no_part_is_told_and_sorry_said(wrong, caplog):
    parts = await given(lambda turn: wrong)
    assert parts[-1] == SORRY
    assert "the agent failed" in caplog.text


async def test_a_function_that_fails_says_sorry_after_what_it_said(caplog):
    async def respond(turn):
        yield "one"
        raise RuntimeError("broken")

    assert await given(respond) == ["one", SORRY]
    assert "broken" in caplog.text


async def test_a_function_that_is_cancelled_from_elsewhere_leaves_nobody_waiting(caplog):
    async def respond(turn):
        yield "one"
        raise asyncio.CancelledError

    assert await given(respond) == ["one", SORRY]
    assert "cancelled" in caplog.text


async def test_a_function_that_hangs_is_given_up(caplog):
    ended = []

    async def respond(turn):
        yield "one"
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    assert await given(respond, timeout_s=0.05) == ["one", SORRY]
    assert ended == [True]
    assert "0.05 s" in caplog.text


async def test_an_endless_answer_is_cut(monkeypatch, caplog):
    monkeypatch.setattr(callable_agent, "MAX_PARTS", 3)

    def respond(turn):
        while True:
            yield "more"

    assert await given(respond) == ["more", "more", "more", SORRY]


async def test_leaving_early_ends_the_function():
    ended = []

    async def respond(turn):
        try:
            yield "one"
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    answer = CallableAgent(respond).answer(ASK)
    assert await anext(answer) == "one"
    await answer.aclose()
    assert ended == [True]


@pytest.fixture
def other_loop():
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def test_it_runs_where_the_runner_says(other_loop):
    async def respond(turn):
        assert asyncio.get_running_loop() is other_loop
        yield threading.current_thread().name
        await asyncio.sleep(0.01)
        yield "two"

    def runner(work):
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, other_loop))

    name, second = await given(respond, runner=runner)
    assert name != threading.current_thread().name
    assert second == "two"


async def test_it_is_cancelled_where_it_runs(other_loop):
    ended = threading.Event()

    async def respond(turn):
        try:
            yield "one"
            await asyncio.sleep(60)
        finally:
            ended.set()

    def runner(work):
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, other_loop))

    assert await given(respond, runner=runner, timeout_s=0.05) == ["one", SORRY]
    assert await asyncio.to_thread(ended.wait, 5)
