"""Models that die, stall, refuse, expire and talk nonsense, while a caller is on the line."""

from __future__ import annotations

import asyncio
import socket as sockets

import numpy as np
import pytest

from voicelab.sim.realtime.server import LocalRealtime

from .conftest import until
from .rough_model import (
    RoughModel,
    agree,
    close_at_once,
    cut,
    expire,
    garbage,
    listen,
    stall,
)
from .speech import caller, find, prompt

FALLBACK = {8000: prompt("sorry").astype("<i2").tobytes()}


async def good(socket):
    await agree(socket)
    await listen(socket)


def heard_fallback(ear: np.ndarray) -> bool:
    from voicelab.audio.g711 import ulaw_decode, ulaw_encode

    sorry = ulaw_decode(ulaw_encode(prompt("sorry")))
    return find(ear, sorry) >= 0


@pytest.mark.parametrize(
    ("scripts", "opened"),
    [
        pytest.param((close_at_once,), 2, id="closes at once"),
        pytest.param((cut,), 2, id="killed"),
        pytest.param((expire(0.1), close_at_once), 2, id="expired, then refused"),
    ],
)
async def test_a_lost_model_is_tried_once_more_then_the_caller_is_told(
    bridge, facts, scripts, opened
):
    async with RoughModel(*scripts) as model:
        made = await bridge(model.url, fallback=FALLBACK)
        call, session = await made.dial(caller("order"), max_s=60, hold_s=60)
        result = await call.ended(30)
        journal = await made.journal(session)
        assert model.opened == opened
        assert model.open == 0
    assert heard_fallback(call.heard_pcm())
    assert result.ended_by == "agent"
    assert session.stream.end.why == "stop"
    (lost,) = facts(journal, "agent_lost")
    assert lost["reason"]
    assert len(facts(journal, "model_closed")) == 2


@pytest.mark.parametrize("first", [cut, expire(0.2)], ids=["killed", "expired"])
async def test_a_second_session_takes_the_call_on(bridge, facts, first):
    told: list[str] = []

    async def second(socket):
        await agree(socket)
        async for raw in socket:
            told.append(raw)

    async with RoughModel(first, second) as model:
        made = await bridge(model.url)
        call, session = await made.dial(caller("order"), hold_s=0.2)
        result = await call.ended(30)
        journal = await made.journal(session)
    assert result.ended_by == "caller"
    assert facts(journal, "agent_lost") == []
    assert len(facts(journal, "model_ready")) == 2
    assert sum("input_audio_buffer.append" in raw for raw in told) > 100


async def test_nobody_listens_where_the_model_should_be(bridge, facts):
    with sockets.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = await bridge(f"ws://127.0.0.1:{port}/v1/realtime", fallback=FALLBACK)
    call, session = await made.dial(caller("yes"), max_s=60, hold_s=60)
    await call.ended(30)
    journal = await made.journal(session)
    assert heard_fallback(call.heard_pcm())
    assert "Nobody listens" in facts(journal, "agent_lost")[0]["reason"]


async def test_garbage_is_kept_and_the_call_goes_on(bridge):
    async with RoughModel(garbage) as model:
        made = await bridge(model.url)
        call, session = await made.dial(caller("yes"), hold_s=0.3)
        result = await call.ended(30)
        journal = await made.journal(session)
        assert model.open == 0
    assert result.ended_by == "caller"
    said = [each.data for each in journal.moments if (each.leg, each.way) == ("model", "in")]
    assert "this is no JSON" in said
    assert '{"type": "made.up", "x": [1, 2]}' in said
    assert session.stream.end.why == "closed"


async def test_a_model_that_never_agrees_is_given_up(bridge, facts):
    async with RoughModel(listen) as model:
        made = await bridge(model.url, fallback=FALLBACK, agree_s=0.3)
        call, session = await made.dial(caller("yes"), max_s=60, hold_s=60)
        await call.ended(30)
        journal = await made.journal(session)
        assert model.open == 0
    assert heard_fallback(call.heard_pcm())
    assert "session" in facts(journal, "agent_lost")[0]["reason"]


async def test_a_model_that_reads_and_says_nothing_any_more_is_left(bridge, facts):
    """Not even a pong: what is on its way fits into the sockets' own buffers for minutes."""
    async with RoughModel(stall) as model:
        made = await bridge(model.url, fallback=FALLBACK, upstream={"ping_s": 0.3, "close_s": 0.2})
        call, session = await made.dial(caller("yes"), max_s=60, hold_s=60)
        await call.ended(60)
        journal = await made.journal(session)
    assert heard_fallback(call.heard_pcm())
    assert [fact["why"] for fact in facts(journal, "model_closed")] == ["slow", "slow"]


async def test_when_the_caller_hangs_up_the_model_is_left_at_once(bridge):
    async with LocalRealtime() as model:
        made = await bridge(model.url)
        call, session = await made.dial(caller("order"))
        await until(lambda: model.sessions == 1)
        await call.hangup()
        async with asyncio.timeout(1):
            await until(lambda: model.sessions == 0)
        await session.ended.wait()


@pytest.mark.parametrize("fault", ["reset=0.3", "inbound-stop"])
async def test_a_caller_who_vanishes_leaves_no_session(bridge, fault):
    async with LocalRealtime() as model:
        made = await bridge(model.url)
        call, session = await made.dial(caller("yes"), faults=[fault], hold_s=0.1)
        await call.ended(30)
        await session.ended.wait()
        await until(lambda: model.sessions == 0)
    assert model.opened == 1
