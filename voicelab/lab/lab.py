"""The lab: a sink, a bridge, an agent that answers, and a simulated telephone to call it with."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from voicelab.audio.format import AudioFormat, ByteOrder
from voicelab.call.moment import Moment
from voicelab.errors import StateError
from voicelab.lab.agent import LOCAL, AgentGiven, as_agent
from voicelab.lab.bridge import Bridge
from voicelab.lab.call import Call
from voicelab.lab.callers import CallerGiven, here, name_of, parts_of
from voicelab.lab.closed import Closed
from voicelab.lab.closing import Closes
from voicelab.lab.display import mimebundle, warm_up
from voicelab.lab.exchange import Exchange
from voicelab.lab.host import Host, make_host
from voicelab.lab.sink import Sink
from voicelab.lab.unique import forget, replace
from voicelab.net.options import Limits
from voicelab.protocol.realtime import user_text

if TYPE_CHECKING:
    from voicelab.call.hub import Subscription
    from voicelab.net.session import Session
    from voicelab.sim.faults import FaultsGiven
    from voicelab.sim.simulated_call import OnProgress

_HOLD_S = 2.0
_HOLD_WITHOUT_AGENT_S = 0.5
_LISTEN_S = 8.0
"""So long a simulated caller waits for an agent that speaks first."""
_TELEPHONE = "mulaw/8000"
"""What callers are asked for where an agent answers: it reaches the model byte for byte."""


class View(Protocol):
    """What shows a lab as it lives."""

    def changed(self) -> None:
        """The sink was started or stopped."""

    async def close(self) -> None:
        """The lab closes; leave nothing behind."""


class Lab(Closes):
    """Everything a notebook needs for a call. Open one with :meth:`open`."""

    def __init__(self) -> None:
        super().__init__()
        self._exchange: Exchange | None = None
        self._replaced: str | None = None
        self._views: list[View] = []

    @classmethod
    async def open(
        cls,
        agent: AgentGiven = LOCAL,
        *,
        port: int | None = None,
        voice_port: int | None = None,
        host: str = "kernel",
        address: str = "127.0.0.1",
        format: str | AudioFormat | None = None,
        recordings: str | Path | None = None,
        limits: Limits | None = None,
        origins: Sequence[str] = (),
        name: str = "lab",
        **options: Any,
    ) -> Self:
        """Open a lab: telephone calls on port 3000, browsers on 8080, or on free ones.

        Parameters
        ----------
        agent : str, Agent, function or None
            Who answers: ``"local"``, a stand-in on this machine that says back what it hears;
            ``"openai"``, whose calls cost money; a ``ws://`` or ``wss://`` URL; an
            :class:`~voicelab.Agent`; or an ``async def agent(turn)``. None takes calls and records
            them, and has no voice port.
        port : int, optional
            See :meth:`Sink.open <voicelab.Sink.open>`, which also knows all further options.
        voice_port : int, optional
            See :meth:`Bridge.open <voicelab.Bridge.open>`, also for ``origins``.
        host : {"kernel", "thread"}
            The running event loop, or one on a thread of its own. A person's own functions run on
            the loop that runs now, in either case.
        format : str or AudioFormat, optional
            What callers are asked to send. Default: ``mulaw/8000``; ``l16/8000`` without an agent.
        name : str
            A lab replaces an open one of the same name, so a cell can be run again; labs of
            different names stand side by side.
        **options
            ``public_url webhook_log byte_order auth_token signatures settings``.

        Raises
        ------
        PortBusy
            Where a port that was asked for is taken.
        SettingError, FormatError
            Where an option makes no sense, or OpenAI's API has no key.
        """
        who = as_agent(agent)
        lab = cls()
        await warm_up()
        lab._replaced = await replace(f"lab {name}", lab)
        shared = {"address": address, "recordings": recordings, "limits": limits}
        asked = {"port": port, "format": format or (_TELEPHONE if who else "l16/8000"), **options}
        voice = {"port": voice_port, "origins": origins}
        try:
            lab._exchange = Exchange(make_host(host), who)
            await lab._exchange.open({**shared, **asked}, {**shared, **voice})
            if lab.closing:
                raise StateError("The lab was replaced by another of its name while it was opened.")
        except BaseException:
            await lab.close()
            if lab._exchange is not None:
                with contextlib.suppress(StateError):  # a thread of its own has ended
                    await lab._exchange.close()  # a close that came earlier found less to free
            raise
        return lab

    @property
    def sink(self) -> Sink:
        """The media-stream sink that takes telephone calls."""
        return self._built.sink

    @property
    def bridge(self) -> Bridge | None:
        """What gives browsers a session with the agent; None without an agent."""
        return self._built.bridge

    @property
    def url(self) -> str:
        """Where the sink is reached from this machine."""
        return self.sink.url

    @property
    def voice_url(self) -> str | None:
        """Where a browser's client speaks; None without an agent."""
        return self.bridge.voice_url if self.bridge is not None else None

    @property
    def agent(self) -> str:
        """Who answers, in words."""
        answering = self._built.answering
        return answering.words if answering is not None else "none"

    @property
    def costs_money(self) -> bool:
        """Whether the agent's calls are charged for."""
        answering = self._built.answering
        return answering is not None and answering.agent.costs_money

    @property
    def host(self) -> Host | None:
        """Where it runs; None while it is being opened."""
        return self._exchange.host if self._exchange is not None else None

    @property
    def is_open(self) -> bool:
        """Whether it still takes calls."""
        return not self.closing

    async def dial(
        self,
        caller: CallerGiven,
        *,
        format: str | AudioFormat | None = None,
        byte_order: ByteOrder = "little",
        hold_s: float | None = None,
        max_s: float = 120.0,
        speed: float = 1.0,
        faults: FaultsGiven = None,
        seed: int = 0,
        strict: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Call:
        """Place a simulated call to this lab over real sockets.

        Returns when ``start`` was sent; ``await call.ended()`` waits for the rest.

        Parameters
        ----------
        caller : path
            Any audio file; its sound is what the caller says.
        format : str or AudioFormat, optional
            What the caller's line carries. Default: what the lab asks for.
        byte_order : {"little", "big"}
            In which the simulated provider sends and reads L16.
        hold_s : float, optional
            How long the caller waits after its own last word and the agent's. Default 0.5 s where
            nobody answers.
        max_s : float
            The longest wait after the caller's last word.
        speed : float
            Call time a second of wall time.
        faults : mapping, str or iterable of str, optional
            What goes wrong: ``{"loss": 0.05, "flat-start": True}``, or ``["loss=0.05"]``;
            ``voicelab call --list-faults`` says what there is.
        seed : int
            Of all that faults do by chance: the same seed, the same faults.
        strict : bool
            Check this side as a strict provider would; ``call.result.offences`` says what it found.
        on_progress : callable, optional
            ``on_progress(sent_s, total_s)``.

        Raises
        ------
        SettingError
            Where a fault has no such name or value.
        FormatError
            Where the file is not audio.
        DialError
            Where the call does not come to its ``start``.
        StateError
            Where the lab is stopped or closed.
        """
        from voicelab.sim.phone import Carrier
        from voicelab.sim.prompting import prompted, read_parts

        if self.closing:
            raise StateError("This lab is closed. Open a new one, then dial.")
        if not self.sink.is_open:
            raise StateError("The sink is stopped; nobody would answer. First: await lab.start()")
        answering = self._built.answering
        agent = answering.agent if answering is not None else None
        parts = parts_of(caller)
        greeted = agent is not None and agent.greeting and not isinstance(parts[0], int | float)
        usual_s = _HOLD_WITHOUT_AGENT_S if agent is None else _HOLD_S
        carrier = Carrier(
            f"{self.url}/",
            format=format,
            byte_order=byte_order,
            hold_s=usual_s if hold_s is None else hold_s,
            max_s=max_s,
            listen_s=_LISTEN_S if greeted else 0.0,
            speed=speed,
            faults=faults,
            seed=seed,
            strict=strict,
            auth_token=self.sink.server.options.token(),
        )
        says = prompted(await asyncio.to_thread(read_parts, parts), polite=agent is not None)
        return await self.sink.host.run(
            self._built.callers.dial(carrier, says, name_of(parts), here(on_progress))
        )

    def calls(self) -> list[Call]:
        """The calls it took, oldest first."""
        return self.sink.calls()

    async def inject(
        self, call: Call | str, item: dict[str, Any] | str, respond: bool = True
    ) -> None:
        """Tell the model of a running call something.

        Parameters
        ----------
        call : Call or str
            The call, or its id.
        item : dict or str
            As ``conversation.item.create`` takes it; a text is the user's.
        respond : bool
            Whether the model shall answer it.

        Raises
        ------
        StateError
            Where the call is over, or has no agent.
        """
        session = self._session(call)
        given = user_text(item) if isinstance(item, str) else item

        async def tell() -> bool:
            return session.inject(given, respond=respond)

        if not await self.sink.host.run(tell()):
            raise StateError("This call is over; its model cannot be told anything.")

    async def say(self, call: Call | str, text: str) -> None:
        """Let the agent of a running call say a text as soon as it may speak.

        Raises
        ------
        StateError
            Where the call is over, or has no agent.
        """
        session = self._session(call)

        async def tell() -> bool:
            return session.say(text)

        if not await self.sink.host.run(tell()):
            raise StateError("This call is over; nothing can be said in it.")

    def follow(self, call: Call | str) -> Subscription[Moment]:
        """Every moment of a call from now on, to its end: ``async for moment in lab.follow(call)``.

        Leaving the loop early, close what this gives, or use it in a ``with``.

        Raises
        ------
        StateError
            Where the call is none of this lab.
        """
        return self.sink.server.hub.subscribe(self._session(call).topic)

    async def stop(self) -> None:
        """Take no more calls: hang up those that run and free the ports. They stay listed."""
        if not self.closing:
            await self._built.stop()
            self._changed()

    async def start(self) -> None:
        """Take calls again after :meth:`stop`.

        Raises
        ------
        PortBusy
            Where somebody else took the port that was asked for.
        StateError
            Where the lab is closed.
        """
        if self.closing:
            raise StateError("This lab is closed. Open a new one.")
        await self._built.start()
        self._changed()

    def attach(self, view: View) -> None:
        """Tell a view of changes, and close it with the lab."""
        self._views.append(view)

    async def _close(self) -> Closed:
        forget(self)
        freed = Closed() if self._exchange is None else await self._exchange.close()
        for view in self._views:
            await view.close()
        return freed

    def _abandon(self) -> Closed:
        return Closed() if self._exchange is None else self._exchange.abandon()

    @property
    def _built(self) -> Exchange:
        if self._exchange is None or not self._exchange.is_built:
            raise StateError("This lab is not open. Open one with: lab = await Lab.open()")
        return self._exchange

    def _session(self, call: Call | str) -> Session:
        name = call if isinstance(call, str) else call.id
        session = self.sink.server.registry.named(name or "")
        if session is None:
            raise StateError(f"Call {name} is none of this lab; choose one of lab.calls().")
        return session

    def _changed(self) -> None:
        for view in self._views:
            view.changed()

    def __repr__(self) -> str:
        built = self._exchange is not None and self._exchange.is_built
        state = self._built.state if built else "not open"
        instead = f"; it replaced {self._replaced}" if self._replaced and self.is_open else ""
        return f"<Lab: {state}{instead}>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return mimebundle("lab", self)
