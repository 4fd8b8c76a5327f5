"""A voice bridge that starts alone: browsers talk with a model, and each session is a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import TYPE_CHECKING, Self

from voicelab.errors import SettingError
from voicelab.lab.agent import LOCAL, AgentGiven, as_agent
from voicelab.lab.answering import Answering
from voicelab.lab.host import Host, make_host
from voicelab.lab.listens import Listens
from voicelab.lab.places import default_place
from voicelab.lab.unique import replace
from voicelab.net.options import Limits
from voicelab.net.voice_options import DEFAULT_RATE, SPOKEN, VoiceOptions
from voicelab.secret import Secret

if TYPE_CHECKING:
    from voicelab.net.agent_options import AgentOptions
    from voicelab.net.voice import VoiceServer


class Bridge(Listens):
    """Gives each browser a session with the agent. Open one with :meth:`open`.

    Attributes
    ----------
    server : VoiceServer
        What listens; it belongs to the event loop of ``host``.
    answering : Answering
        Who answers.
    """

    def __init__(self, server: VoiceServer, host: Host, answering: Answering) -> None:
        super().__init__(server, host)
        self.server = server
        self.answering = answering

    @classmethod
    async def open(
        cls,
        agent: AgentGiven = LOCAL,
        *,
        port: int | None = None,
        address: str = "127.0.0.1",
        host: str = "kernel",
        public_url: str | None = None,
        origins: Sequence[str] = (),
        rate: str | None = DEFAULT_RATE,
        token: str | None = None,
        recordings: str | Path | None = None,
        limits: Limits | None = None,
        name: str | None = "bridge",
    ) -> Self:
        """Listen for browsers.

        Parameters
        ----------
        agent : str, Agent or function
            See :meth:`Lab.open <voicelab.Lab.open>`. Its tools are the client's to run here, so
            the model is told of none.
        port : int, optional
            Default: ``VOICE_PORT`` of the environment, else 8080 or, where that is busy, any free
            port.
        address : str
            Where to listen; the default is reached from this machine only.
        host : {"kernel", "thread"}
            The running event loop, or one on a thread of its own.
        public_url : str, optional
            The bridge's own address in the world, ``https://…``; its pages may open sessions.
        origins : sequence of str
            Further pages that may, each as ``https://name``.
        rate : str or None
            Sessions for each client address; None for any number.
        token : str, optional
            Lets other machines list, follow and tell calls. Default: ``VOICE_TOKEN`` of the
            environment.
        recordings : path, optional
            Default: ``recordings/`` of the project.
        limits : Limits, optional
        name : str or None
            A bridge replaces an open one of the same name; None leaves others alone.

        Raises
        ------
        PortBusy
            Where the port that was asked for is taken.
        SettingError
            Where an option makes no sense.
        """
        from voicelab.net.voice import VoiceServer

        if (who := as_agent(agent)) is None:
            raise SettingError("A bridge needs an agent; without one, open a Sink.")
        answering = Answering(who)
        engine = make_host(host)
        try:
            agent_options = await engine.run(answering.start())
            options = voice_options(
                agent_options,
                port=port,
                address=address,
                public_url=public_url,
                origins=origins,
                rate=rate,
                token=token,
                recordings=recordings,
                limits=limits,
            )
            bridge = cls(VoiceServer(options), engine, answering)
        except BaseException:
            await engine.run(answering.aclose())
            await engine.aclose()
            raise
        try:
            if name is not None:
                await replace(name, bridge)
            await engine.run(bridge.server.start())
        except BaseException:
            await bridge.close()
            raise
        return bridge

    @property
    def voice_url(self) -> str:
        """Where a client speaks, ``ws://127.0.0.1:8080/voice``."""
        return f"ws{self.url.removeprefix('http')}/voice"

    @property
    def traffic(self) -> str:
        """Who answers, and the calls."""
        return f"agent {self.answering.words}, {super().traffic}"

    async def _shut(self) -> None:
        await self.server.aclose()
        await self.answering.aclose()


def voice_options(
    agent: AgentOptions,
    *,
    port: int | None = None,
    address: str = "127.0.0.1",
    public_url: str | None = None,
    origins: Sequence[str] = (),
    rate: str | None = DEFAULT_RATE,
    token: str | None = None,
    recordings: str | Path | None = None,
    limits: Limits | None = None,
) -> VoiceOptions:
    """What a voice server is told, of what :meth:`Bridge.open` takes."""
    spoken = agent.conversation
    return VoiceOptions(
        host=address,
        port=port,
        public_url=public_url,
        origins=tuple(origins),
        recordings=Path(recordings) if recordings else default_place("recordings"),
        upstream=agent.upstream,
        conversation=replace_fields(
            spoken,
            instructions=spoken.instructions or SPOKEN.instructions,
            voice=spoken.voice or SPOKEN.voice,
            tools=(),
        ),
        rate=rate,
        token=Secret(token) if token else None,
        limits=limits or Limits(),
    )
