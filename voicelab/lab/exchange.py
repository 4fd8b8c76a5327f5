"""What a lab runs: one host, who answers, both servers, and the simulated callers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from voicelab.lab.agent import Agent
from voicelab.lab.answering import Answering
from voicelab.lab.bridge import Bridge, voice_options
from voicelab.lab.callers import Callers
from voicelab.lab.closed import Closed
from voicelab.lab.host import Borrowed, Host
from voicelab.lab.sink import Sink, sink_options


class Exchange:
    """Takes telephone calls and browsers' sessions.

    Parameters
    ----------
    host : Host
        Its own; it ends with it.
    agent : Agent or None
        Who answers; None has no bridge.

    Attributes
    ----------
    host : Host
    answering : Answering or None
    sink : Sink
    bridge : Bridge or None
    callers : Callers
        Both servers and the callers are there after :meth:`open`.
    """

    def __init__(self, host: Host, agent: Agent | None) -> None:
        self.host = host
        self.answering = Answering(agent) if agent is not None else None
        self.sink: Sink
        self.bridge: Bridge | None = None
        self.callers: Callers

    @property
    def is_built(self) -> bool:
        """Whether there are servers."""
        return hasattr(self, "callers")

    async def open(self, sink: dict[str, Any], voice: dict[str, Any]) -> None:
        """Listen, with what :func:`sink_options` and :func:`voice_options` take."""
        from voicelab.net.sink import SinkServer
        from voicelab.net.voice import VoiceServer

        options, lent = sink_options(**sink), Borrowed(self.host)
        agent = None
        if self.answering is not None:
            agent = await self.host.run(self.answering.start())
        server = SinkServer(replace(options, agent=agent))
        self.sink = Sink(server, lent)
        if agent is not None and self.answering is not None:
            voices = VoiceServer(voice_options(agent, **voice), board=server.board)
            self.bridge = Bridge(voices, lent, self.answering)
        self.callers = Callers(self.sink)
        await self.start()

    async def start(self) -> None:
        """Listen, where it does not already."""
        for server in self.servers:
            await server.start()

    async def stop(self) -> None:
        """End every call, and free the ports."""
        await self.host.run(self.callers.hang_up())
        for server in reversed(self.servers):
            await server.stop()

    async def close(self) -> Closed:
        """End everything; say what was freed, and what is left."""
        threads, left, freed = self.host.threads, list[str](), Closed()
        try:
            if self.is_built:
                threads += self.sink.server.threads
                freed = self.held()
                await self.stop()
                for server in self.servers:
                    left += (await server.close()).left
                left += self.callers.left()
            if self.answering is not None:
                await self.host.run(self.answering.aclose())
                left += self.answering.left()
        finally:
            left += await self.host.aclose()
        return replace(freed, threads=threads - self.host.threads, left=tuple(left))

    def abandon(self) -> Closed:
        """Free what can be freed without the event loop, which is gone."""
        if self.answering is not None:
            self.answering.abandon()
        if not self.is_built:
            return Closed()
        held = self.held()
        for server in self.servers:
            server._abandon()
        return held

    def held(self) -> Closed:
        """What there is to be freed."""
        board = self.sink.server.board
        ports = [server.port if server.is_open else None for server in self.servers]
        return Closed(
            calls=len(board.registry.running),
            port=ports[0],
            files=board.recorder.open_files,
            voice_port=ports[1] if len(ports) > 1 else None,
        )

    @property
    def servers(self) -> list[Sink | Bridge]:
        """The sink, and the bridge where there is one."""
        return [self.sink] if self.bridge is None else [self.sink, self.bridge]

    @property
    def state(self) -> str:
        """``open on http://…:3000, voice on …, agent local, calls: 0 running, 0 in all``."""
        if self.bridge is None or not self.sink.is_open:
            return self.sink.state
        return f"open on {self.sink.where}, voice on {self.bridge.where}, {self.bridge.traffic}"
