"""Bridged calls over real sockets: a sink with an agent, a local model, a strict provider."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from voicelab.audio.format import AudioFormat
from voicelab.call.conversation_settings import ConversationSettings
from voicelab.call.settings import StreamSettings
from voicelab.net.agent_options import AgentOptions
from voicelab.net.options import SinkOptions
from voicelab.net.phone_session import PhoneSession
from voicelab.net.sink import SinkServer
from voicelab.net.upstream_options import UpstreamOptions
from voicelab.sim.caller import Caller
from voicelab.sim.phone import Carrier
from voicelab.sim.simulated_call import SimulatedCall
from voicelab.store.journal import Journal, read_journal


@dataclass
class Bridge:
    """A sink whose calls are answered by a model at a URL."""

    server: SinkServer

    async def dial(
        self, samples: np.ndarray, rate_hz: int = 8000, **options: Any
    ) -> tuple[SimulatedCall, PhoneSession]:
        """Call, and return once the sink has seen the start."""
        carrier = Carrier(f"{self.server.url}/", **{"strict": True, "hold_s": 1.5, **options})
        call = await carrier.dial(lambda line: Caller.from_samples(samples, rate_hz, line))
        session = await self.server.registry.wait_for(call.call_id)
        assert isinstance(session, PhoneSession)
        return call, session

    async def journal(self, session: PhoneSession) -> Journal:
        """All that was written of a call that is over."""
        await session.ended.wait()
        session.release()
        await session.closed.wait()
        assert session.recording.files is not None
        return read_journal(session.recording.files.journal)


async def until(true: Callable[[], object], timeout_s: float = 20.0) -> None:
    """Wait for what tells nobody that it has come about."""
    async with asyncio.timeout(timeout_s):
        while not true():  # noqa: ASYNC110 - what is counted elsewhere is no event
            await asyncio.sleep(0.01)


MakeBridge = Callable[..., Awaitable[Bridge]]


@pytest_asyncio.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[MakeBridge]:
    """``await bridge(url, format, upstream={…}, agent={…}, **conversation settings)``.

    The lead is so long that a busy machine is not heard; tests of interruption set their own.
    """
    servers: list[SinkServer] = []

    async def make(
        url: str,
        format: str = "mulaw/8000",
        *,
        upstream: dict[str, Any] | None = None,
        agent: dict[str, Any] | None = None,
        **conversation: Any,
    ) -> Bridge:
        conversation = {"greeting": False, "lead_ms": 3000, **conversation}
        server = SinkServer(
            SinkOptions(
                port=0,
                recordings=tmp_path,
                webhook_log=tmp_path / "webhooks.log",
                stream=StreamSettings(format=AudioFormat.parse(format)),
                agent=AgentOptions(
                    upstream=UpstreamOptions(url=url, **(upstream or {})),
                    conversation=ConversationSettings(**conversation),
                    **(agent or {}),
                ),
            )
        )
        await server.start()
        servers.append(server)
        return Bridge(server)

    yield make
    for server in servers:
        await server.aclose()
        assert server.left() == []


@pytest.fixture
def facts() -> Callable[[Journal, str], list[dict[str, Any]]]:
    """The facts of a name in a journal."""
    return lambda journal, name: [each.data for each in journal.moments if each.name == name]
