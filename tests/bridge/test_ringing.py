"""A connection that was begun while it rang, and no call that comes for it."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from voicelab.call.conversation_settings import ConversationSettings
from voicelab.errors import ProtocolError
from voicelab.net.agent_options import AgentOptions
from voicelab.sim.realtime.server import LocalRealtime

from .conftest import until


@pytest.mark.parametrize("path", ["/", "/webhook"])
async def test_a_caller_who_gives_up_while_it_rings_costs_nothing_more(bridge, path):
    async with LocalRealtime() as model, aiohttp.ClientSession() as http:
        made = await bridge(model.url)
        answer = {"CallUUID": "call-1", "Event": "StartApp"}
        async with http.post(f"{made.server.url}/", data=answer):
            await until(lambda: model.sessions == 1)
        hangup = {"CallUUID": "call-1", "Event": "Hangup"}
        async with http.post(f"{made.server.url}{path}", data=hangup) as told:
            assert told.status == 200
        async with asyncio.timeout(3):
            await until(lambda: model.sessions == 0)


def test_a_session_that_cannot_be_told_is_refused_before_any_call():
    with pytest.raises(ProtocolError, match="surrogate"):
        AgentOptions(conversation=ConversationSettings(instructions="half \ud800"))
