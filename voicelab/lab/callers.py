"""The simulated callers of a lab: dialled over real sockets, followed to their end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from voicelab.audio.clip import Audio
from voicelab.call.moment import Moment, fact
from voicelab.errors import CallTimeout, FormatError
from voicelab.lab.call import Call
from voicelab.lab.places import existing
from voicelab.lab.sink import Sink

if TYPE_CHECKING:
    from voicelab.net.session import Session
    from voicelab.sim.caller import CallerSource
    from voicelab.sim.phone import Carrier
    from voicelab.sim.simulated_call import OnProgress, SimulatedCall

CallerGiven: TypeAlias = str | Path | Audio | Sequence[str | Path | Audio | float]
"""A sound, or several with pauses in seconds between them."""

_START_S = 10.0


class Callers:
    """Who calls a sink.

    Parameters
    ----------
    sink : Sink
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._lines: set[SimulatedCall] = set()
        self._following: set[asyncio.Task[None]] = set()

    async def dial(
        self, carrier: Carrier, caller: CallerSource, name: str, on_progress: OnProgress | None
    ) -> Call:
        """Place a call; on the engine's loop. Returns when ``start`` was seen."""
        facts = _SimulatorFacts()
        simulated = await carrier.dial(caller, on_fact=facts.add, on_progress=on_progress)
        self._lines.add(simulated)
        try:
            async with asyncio.timeout(_START_S):
                session = await self._sink.server.registry.wait_for(simulated.call_id)
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
            host=self._sink.host,
            after=task,
            caller=name,
        )
        self._sink.keep(call)
        return call

    async def hang_up(self) -> None:
        """End every call, and wait until what it left is kept."""
        await asyncio.gather(*(line.hangup() for line in self._lines), return_exceptions=True)
        await asyncio.gather(*self._following, return_exceptions=True)

    def left(self) -> list[str]:
        """What still runs, by name."""
        return [f"task {task.get_name()!r}" for task in self._following]

    async def _follow(self, simulated: SimulatedCall, session: Session) -> None:
        """When the call is over, keep what its caller heard beside the recording."""
        try:
            await simulated.ended()
        finally:
            self._lines.discard(simulated)
            await simulated.aclose()
        await session.ended.wait()
        await self._sink.server.save_ear(session, simulated.heard_pcm, simulated.format.rate_hz)


def parts_of(caller: CallerGiven) -> list[str | Path | Audio | float]:
    """What a person gave, as a list; files are looked for where notebooks name them.

    Raises
    ------
    FormatError
        Where it is something else.
    """
    given = [caller] if isinstance(caller, str | Path | Audio) else caller
    if not isinstance(given, list | tuple) or not given:
        raise FormatError(
            f"A caller is the path of an audio file or a list, not {type(caller).__name__}."
        )
    return [existing(part) if isinstance(part, str | Path) else part for part in given]


def name_of(parts: Sequence[str | Path | Audio | float]) -> str:
    """What a call is listed as: ``order, question``."""
    return ", ".join(Path(part).stem for part in parts if isinstance(part, str | Path))


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


def here(on_progress: OnProgress | None) -> OnProgress | None:
    """Call it on the loop that runs now, from whichever thread the progress is made on."""
    if on_progress is None:
        return None
    loop, told = asyncio.get_running_loop(), on_progress

    def tell(sent_s: float, total_s: float) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(told, sent_s, total_s)

    return tell
