"""Who answers the calls of a lab, with the server on this machine where it takes one."""

from __future__ import annotations

import asyncio
import functools
import logging
from typing import TYPE_CHECKING

from voicelab.lab.agent import LOCAL, Agent
from voicelab.lab.home import Home
from voicelab.lab.places import existing
from voicelab.lab.tools import Toolbox
from voicelab.net.agent_options import AgentOptions

if TYPE_CHECKING:
    from voicelab.sim.realtime.server import LocalRealtime

log = logging.getLogger("voicelab.lab")

FALLBACK = "sorry"
RATES_HZ = (8000, 16_000, 24_000)


class Answering:
    """Runs an agent. Make it on the notebook's loop, where the person's own code will run.

    Parameters
    ----------
    agent : Agent

    Attributes
    ----------
    agent : Agent
    home : Home
    local : LocalRealtime or None
        The server on this machine that stands in for OpenAI's, or asks a person's function.

    Raises
    ------
    SettingError
        Where a tool cannot be described.
    """

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.home = Home()
        self.local: LocalRealtime | None = None
        self._toolbox = Toolbox(agent.tools, self.home)
        if agent.is_local:
            from voicelab.sim.realtime.server import LocalRealtime

            self.local = LocalRealtime(
                "parrot" if agent.url == LOCAL else agent.url,
                runner=self.home.run,
                find=existing,
                answer_timeout_s=agent.timeout_s,
            )

    async def start(self) -> AgentOptions:
        """Be there for calls; on the engine's loop."""
        if self.local is not None:
            await self.local.start()
        url = str(self.agent.url) if self.local is None else self.local.url
        fallback = await asyncio.to_thread(_fallback)
        return AgentOptions(
            upstream=self.agent.upstream(url),
            conversation=self.agent.conversation(self._toolbox.descriptions, fallback),
            run_tool=self._toolbox.run,
            tool_timeout_s=self.agent.timeout_s,
        )

    async def aclose(self) -> None:
        """Answer no more; on the engine's loop, after the last call."""
        if self.local is not None:
            await self.local.aclose()
        await self.home.aclose()

    def abandon(self) -> None:
        """Free what can be freed without the event loop, which is gone."""
        if self.local is not None:
            self.local.abandon()

    def left(self) -> list[str]:
        """What was not freed at the close, by name."""
        there = self.local.left() if self.local is not None else {}
        names = [f"{count} local {name}" for name, count in there.items() if count]
        return names + self.home.left()

    @property
    def words(self) -> str:
        """Who answers, for a repr or a panel."""
        agent = self.agent
        if callable(agent.url):
            words = f"your {agent.url.__name__}"
        elif self.local is not None:
            words = "local"
        else:
            words = agent.upstream(str(agent.url)).shown
        if agent.costs_money:
            words += " (calls cost money)"
        if self.home.dropped:
            words += f", answers too late: {self.home.dropped}"
        return words


@functools.cache
def _fallback() -> dict[int, bytes]:
    """What is heard where the agent is lost."""
    from voicelab.sim.prompts import prompt_path
    from voicelab.sim.rates import to_rate
    from voicelab.sim.speech import Speech

    speech = Speech.read(prompt_path(FALLBACK))
    return {rate: to_rate(speech.samples, speech.rate_hz, rate).tobytes() for rate in RATES_HZ}
