"""The lab: a sink, and a simulated telephone to call it with."""

from __future__ import annotations

import asyncio
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from voicelab.audio.format import AudioFormat, ByteOrder
from voicelab.call.moment import Moment, fact
from voicelab.errors import CallTimeout, FormatError, SettingError, StateError
from voicelab.lab.call import Call
from voicelab.lab.closed import Closed
from voicelab.lab.closing import Closes
from voicelab.lab.display import mimebundle, warm_up
from voicelab.lab.places import existing
from voicelab.lab.sink import Sink
from voicelab.lab.unique import forget, replace

if TYPE_CHECKING:
    from voicelab.lab.host import Host
    from voicelab.net.session import Session
    from voicelab.sim.faults import FaultsGiven
    from voicelab.sim.phone import Carrier
    from voicelab.sim.simulated_call import OnProgress, SimulatedCall

_START_S = 10.0
_HOLD_WITHOUT_AGENT_S = 0.5


class View(Protocol):
    """What shows a lab as it lives."""

    def changed(self) -> None:
        """The sink was started or stopped."""

    async def close(self) -> None:
        """The lab closes; leave nothing behind."""


class Lab(Closes):
    """Everything a notebook needs for a call. Open one with :meth:`open`.

    Attributes
    ----------
    sink : Sink
        The media-stream sink that takes the calls.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sink: Sink
        self._replaced: str | None = None
        self._views: list[View] = []
        self._lines: set[SimulatedCall] = set()
        self._following: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(
        cls, agent: None = None, *, port: int | None = None, name: str = "lab", **options: Any
    ) -> Self:
        """Open a lab: a sink on port 3000 or, where that is busy, on a free one.

        Parameters
        ----------
        agent : None
            Who answers. None takes calls and records them.
        port : int, optional
            See :meth:`Sink.open <voicelab.Sink.open>`, which also knows all further options.
        name : str
            A lab replaces an open one of the same name, so a cell can be run again; labs of
            different names stand side by side.
        **options
            ``host address public_url recordings webhook_log format byte_order auth_token
            signatures limits``.

        Raises
        ------
        PortBusy
            Where the port that was asked for is taken.
        SettingError, FormatError
            Where an option makes no sense.
        """
        if agent is not None:
            raise SettingError(
                f"agent is {agent!r}; this version takes calls and records them, agent=None."
            )
        lab = cls()
        await warm_up()
        lab._replaced = await replace(f"lab {name}", lab)
        try:
            lab.sink = await Sink.open(port=port, name=None, **options)
        except BaseException:
            forget(lab)
            raise
        if lab.closing:
            await lab.sink.close()
            raise StateError("The lab was replaced by another of its name while it was opened.")
        return lab

    @property
    def url(self) -> str:
        """Where the sink is reached from this machine."""
        return self.sink.url

    @property
    def host(self) -> Host | None:
        """Where it runs; None while it is being opened."""
        return self.sink.host if hasattr(self, "sink") else None

    @property
    def is_open(self) -> bool:
        """Whether it still takes calls."""
        return not self.closing

    async def dial(
        self,
        caller: str | Path,
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

        if self.closing:
            raise StateError("This lab is closed. Open a new one, then dial.")
        if not self.sink.is_open:
            raise StateError("The sink is stopped; nobody would answer. First: await lab.start()")
        carrier = Carrier(
            f"{self.url}/",
            format=format,
            byte_order=byte_order,
            hold_s=_HOLD_WITHOUT_AGENT_S if hold_s is None else hold_s,
            max_s=max_s,
            speed=speed,
            faults=faults,
            seed=seed,
            strict=strict,
            auth_token=self.sink.server.options.token(),
        )
        if not isinstance(caller, str | Path):
            raise FormatError(
                f"A caller is the path of an audio file, not {type(caller).__name__}."
            )
        return await self.sink.host.run(self._dial(carrier, existing(caller), _here(on_progress)))

    def calls(self) -> list[Call]:
        """The calls it took, oldest first."""
        return self.sink.calls()

    async def stop(self) -> None:
        """Take no more calls: hang up those that run and free the port. They stay listed."""
        if not self.closing:
            await self.sink.host.run(self._hang_up_all())
            await self.sink.stop()
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
        await self.sink.start()
        self._changed()

    def attach(self, view: View) -> None:
        """Tell a view of changes, and close it with the lab."""
        self._views.append(view)

    async def _close(self) -> Closed:
        forget(self)
        freed = Closed()
        if hasattr(self, "sink"):
            running, files = len(self.sink.server.registry.running), self.sink.server.open_files
            try:
                await self.sink.host.run(self._hang_up_all())
            finally:
                freed = await self.sink.close()
            left = (*freed.left, *(f"task {task.get_name()!r}" for task in self._following))
            freed = replace_fields(freed, calls=running, files=files, left=left)
        for view in self._views:
            await view.close()
        return freed

    def _abandon(self) -> Closed:
        return self.sink._abandon()

    async def _dial(self, carrier: Carrier, path: Path, on_progress: OnProgress | None) -> Call:
        facts = _SimulatorFacts()
        simulated = await carrier.dial(path, on_fact=facts.add, on_progress=on_progress)
        self._lines.add(simulated)
        try:
            async with asyncio.timeout(_START_S):
                session = await self.sink.server.registry.wait_for(simulated.call_id)
        except BaseException as error:
            self._lines.discard(simulated)
            await simulated.aclose()
            if isinstance(error, TimeoutError):
                raise CallTimeout("The sink has not seen the call's start; see the log.") from None
            raise
        facts.belong_to(session)
        task = asyncio.create_task(self._follow(simulated, session), name="voicelab dial")
        self._following.add(task)
        task.add_done_callback(self._following.discard)
        call = Call(
            None,
            session=session,
            simulated=simulated,
            host=self.sink.host,
            after=task,
            caller=path.stem,
        )
        self.sink.keep(call)
        return call

    async def _follow(self, simulated: SimulatedCall, session: Session) -> None:
        """When the call is over, keep what its caller heard beside the recording."""
        try:
            await simulated.ended()
        finally:
            self._lines.discard(simulated)
            await simulated.aclose()
        await session.ended.wait()
        await self.sink.server.save_ear(session, simulated.heard_pcm, simulated.format.rate_hz)

    def _changed(self) -> None:
        for view in self._views:
            view.changed()

    async def _hang_up_all(self) -> None:
        await asyncio.gather(*(line.hangup() for line in self._lines), return_exceptions=True)
        await asyncio.gather(*self._following, return_exceptions=True)

    def __repr__(self) -> str:
        state = self.sink.state if hasattr(self, "sink") else "not open"
        instead = f"; it replaced {self._replaced}" if self._replaced and self.is_open else ""
        return f"<Lab: {state}{instead}>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return mimebundle("lab", self)


class _SimulatorFacts:
    """Takes the simulator's facts to the call's journal, once that is known."""

    def __init__(self) -> None:
        self._early: list[Moment] = []
        self._session: Session | None = None

    def add(self, name: str, details: dict[str, Any], t_ns: int) -> None:
        moment = fact(t_ns, name, details, "sim")
        if self._session is None:
            self._early.append(moment)
        else:
            self._session.add(moment)

    def belong_to(self, session: Session) -> None:
        self._session = session
        for moment in self._early:
            session.add(moment)


def _here(on_progress: OnProgress | None) -> OnProgress | None:
    """Call it on the loop that runs now, from whichever thread the progress is made on."""
    if on_progress is None:
        return None
    loop, told = asyncio.get_running_loop(), on_progress

    def tell(sent_s: float, total_s: float) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(told, sent_s, total_s)

    return tell
