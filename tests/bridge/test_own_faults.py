"""Faults of our own and of a person's tools: nobody is left in silence, no session stays open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from voicelab.call.conversation import Conversation
from voicelab.net.phone_agent import PhoneAgent
from voicelab.protocol.realtime import MAX_APPEND_BYTES
from voicelab.sim.realtime.server import LocalRealtime

from .conftest import until
from .rough_model import RoughModel, agree, cut, say
from .speech import caller, prompt

FALLBACK = {8000: prompt("sorry").astype("<i2").tobytes()}


def calling(told: list[dict]) -> Callable:
    """A model that calls a tool, then keeps what it is told."""

    async def script(socket):
        await agree(socket)
        call = {"type": "function_call", "id": "i", "call_id": "c", "name": "look", "arguments": ""}
        await say(socket, "response.created", response={"id": "r"})
        await say(socket, "response.output_item.done", response_id="r", output_index=0, item=call)
        await say(socket, "response.done", response={"id": "r", "output": []})
        async for raw in socket:
            told.append(json.loads(raw))

    return script


async def raises(request, call_id):
    raise ValueError("no such file: \udcff")


async def is_cancelled(request, call_id):
    raise asyncio.CancelledError


async def gives_too_much(request, call_id):
    return "x" * (MAX_APPEND_BYTES + 1)


async def gives_half_a_pair(request, call_id):
    return "half a pair: \ud800"


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        (raises, "failed: ValueError: no such file"),
        (is_cancelled, "cancelled"),
        (gives_too_much, "cannot be sent"),
        (gives_half_a_pair, "cannot be sent"),
    ],
)
async def test_whatever_a_tool_does_the_model_gets_an_output(bridge, facts, tool, said):
    told: list[dict] = []
    async with RoughModel(calling(told)) as model:
        made = await bridge(model.url, agent={"run_tool": tool})
        call, session = await made.dial(caller("yes"), max_s=20, hold_s=20)
        await until(lambda: any(each["type"] == "response.create" for each in told), 5)
        await call.hangup()
        await call.ended(10)
        journal = await made.journal(session)
    (output,) = [each["item"] for each in told if each["type"] == "conversation.item.create"]
    assert output["call_id"] == "c"
    assert said in output["output"]
    assert len(facts(journal, "tool")) == 1
    assert facts(journal, "ended")


def failing(*args: object) -> None:
    raise RuntimeError("planted")


@pytest.mark.parametrize("where", ["on_frame", "on_played"])
async def test_a_fault_in_the_conversation_ends_the_call_with_the_fallback(
    bridge, facts, where, monkeypatch
):
    monkeypatch.setattr(Conversation, where, failing)
    async with LocalRealtime() as model:
        made = await bridge(model.url, fallback=FALLBACK)
        call, session = await made.dial(caller("yes"), max_s=30, hold_s=30)
        result = await call.ended(30)
        await until(lambda: model.sessions == 0)
        journal = await made.journal(session)
    assert result.ended_by == "agent"
    assert "fault" in facts(journal, "agent_lost")[0]["reason"]


@pytest.mark.parametrize(
    ("whose", "where"),
    [(PhoneAgent, "on_named"), (Conversation, "on_start"), (Conversation, "tick")],
)
async def test_a_fault_where_both_sides_meet_ends_both(bridge, whose, where, monkeypatch):
    monkeypatch.setattr(whose, where, failing)
    async with LocalRealtime() as model:
        made = await bridge(model.url)
        call, session = await made.dial(caller("yes"), max_s=30, hold_s=30)
        await call.ended(30)
        await session.ended.wait()
        await until(lambda: model.sessions == 0)
    assert session.stream.end.why == "error"


async def test_a_fault_in_going_on_with_a_new_session_ends_the_call(bridge, monkeypatch):
    monkeypatch.setattr(Conversation, "resume", failing)
    async with RoughModel(cut) as model:
        made = await bridge(model.url)
        call, session = await made.dial(caller("yes"), max_s=30, hold_s=30)
        await call.ended(30)
        await session.ended.wait()
        await until(lambda: model.open == 0)
    assert session.stream.end.why == "error"


async def test_a_new_session_is_told_of_a_long_call_before_it_is_open(bridge, facts):
    told: list[str] = []

    async def second(socket):
        await agree(socket)
        async for raw in socket:
            told.append(raw)

    ready = asyncio.Event()

    async def first(socket):
        await agree(socket)
        await ready.wait()
        socket.transport.abort()

    picture = "data:image/png;base64," + "A" * 700_000
    image = {"type": "input_image", "image_url": picture}
    item = {"type": "message", "role": "user", "content": [image]}
    async with RoughModel(first, second) as model:
        made = await bridge(model.url)
        call, session = await made.dial(caller("yes"), max_s=30, hold_s=30)
        await until(lambda: session.model.conversation is not None)
        assert session.inject(item)
        assert session.inject(item)
        ready.set()
        await until(lambda: sum(picture in each for each in told) == 2, 10)
        await call.hangup()
        await call.ended(10)
        journal = await made.journal(session)
    assert facts(journal, "agent_lost") == []
