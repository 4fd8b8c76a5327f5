"""A call as a notebook holds it: running or stored, seen through its files."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from voicelab.analysis.facts import CallFacts, bare_facts, call_facts, stream_facts
from voicelab.audio.clip import Audio
from voicelab.call.moment import Moment
from voicelab.call.stream import StreamState
from voicelab.errors import CallNotFound, CallTimeout, StateError
from voicelab.lab.display import mimebundle
from voicelab.lab.host import Host
from voicelab.store.journal import Journal, read_journal
from voicelab.store.names import CallFiles, iso_time
from voicelab.store.sound_file import read_sound

if TYPE_CHECKING:
    from pandas import DataFrame

    from voicelab.analysis.figures import Picture
    from voicelab.audio.format import AudioFormat
    from voicelab.lab.check import Check
    from voicelab.lab.diagnose import Diagnosed
    from voicelab.net.session import Session
    from voicelab.sim.result import CallResult
    from voicelab.sim.simulated_call import SimulatedCall

Side = Literal["caller", "heard", "ear"]


class Call:
    """One call. Make one with ``lab.dial``, ``lab.calls()`` or :func:`voicelab.load`.

    Everything works while the call runs, on what there is so far.

    Attributes
    ----------
    caller : str or None
        The name of the sound a simulated caller speaks, ``order``.
    """

    def __init__(
        self,
        files: CallFiles | None,
        *,
        session: Session | None = None,
        simulated: SimulatedCall | None = None,
        host: Host | None = None,
        after: asyncio.Future[Any] | None = None,
        caller: str | None = None,
    ) -> None:
        self.caller = caller
        self._files = files
        self._session = session
        self._simulated = simulated
        self._host = host
        self._after = after
        self._known: tuple[int, Journal] | None = None
        self._facts: CallFacts | None = None

    @property
    def id(self) -> str | None:
        """Voicelab's own name for the call; None for a bare WAV."""
        return self._session.stream.id if self._session else self.facts.id

    @property
    def key(self) -> str | None:
        """What tells one connection from another in this process; None for a stored call."""
        return self._session.key if self._session else None

    @property
    def running(self) -> bool:
        """Whether its socket is still open, or its files unfinished."""
        return self._session is not None and not self._session.ended.is_set()

    @property
    def files(self) -> CallFiles:
        """Where it is stored.

        Raises
        ------
        CallNotFound
            Where nothing could be stored; the message says why.
        """
        files = self._session.recording.files if self._session else self._files
        if files is None:
            problem = self._session.recording.problem if self._session else None
            raise CallNotFound(
                f"This call has no files: {problem or 'its start has not come yet'}."
            )
        return files

    @property
    def has_files(self) -> bool:
        """Whether anything is stored."""
        return self._session is None or self._session.recording.files is not None

    @property
    def problem(self) -> str | None:
        """Why files are missing or incomplete, or None."""
        return self._session.recording.problem if self._session else None

    @property
    def result(self) -> CallResult | None:
        """What the simulated caller saw; None for a call that was not simulated here."""
        return self._simulated.result if self._simulated else None

    @property
    def journal(self) -> Journal:
        """All that is written of it, up to now, read again only where it has grown.

        A bare WAV has an empty one.
        """
        self._flush()
        path = self.files.journal
        size = path.stat().st_size if path.exists() else 0
        if self._known is None or self._known[0] != size:
            self._known = size, read_journal(path) if size else Journal({})
            self._facts = None
        return self._known[1]

    @property
    def facts(self) -> CallFacts:
        """Format, byte order, loss, jitter and how it ended."""
        if self._session is not None:
            session = self._session
            return stream_facts(
                session.stream,
                iso_time(session.recording.started),
                session.callbacks,
                session.agent_lost,
            )
        journal = self.journal
        if self._facts is None:
            if journal.header:
                self._facts = call_facts(journal)
            else:
                self._facts = bare_facts(*read_sound(self.files.wav))
        return self._facts

    def moments(self) -> list[Moment]:
        """Every moment so far, in the order of time."""
        return sorted(self.journal.moments, key=lambda moment: moment.t_ns)

    def turns(self) -> DataFrame:
        """The conversation, one row a turn: who, text, when, what was heard, and the latencies.

        :class:`~voicelab.analysis.turns.CallTurn` says what each column is. A call without an
        agent has no turns.
        """
        from voicelab.analysis.turn_table import turn_table
        from voicelab.analysis.turns import call_turns

        return turn_table(call_turns(self.moments(), self.facts.rate_hz))

    def audio(self, side: Side = "caller") -> Audio:
        """The recording, sample by sample as it is stored, never normalised.

        Parameters
        ----------
        side : {"caller", "heard", "ear"}
            The caller; both sides (left caller, right agent); what a simulated caller heard.

        Raises
        ------
        CallNotFound
            Where that side was not recorded.
        """
        self._flush()
        files = self.files
        paths = {"caller": files.wav, "heard": files.heard, "ear": files.ear}
        if side not in paths:
            raise CallNotFound(f"A call has no side {side!r}; choose 'caller', 'heard' or 'ear'.")
        if not paths[side].exists():
            raise CallNotFound(f"There is no {paths[side].name}: that side was not recorded.")
        return read_sound(paths[side])[0]

    def sent_pcm(self) -> NDArray[np.int16]:
        """What the simulated caller's frames carried so far, decoded: int16 of shape (n,).

        Raises
        ------
        StateError
            For a call that was not simulated here.
        """
        if self._simulated is None:
            raise StateError("Only a simulated call knows what its caller sent.")
        sent: NDArray[np.int16] = self._simulated.sent_pcm()
        return sent

    def diagnose(
        self, reference: object | None = None, *, side: Side = "caller", hint: str | None = None
    ) -> Diagnosed:
        """Find out what went wrong with its sound, so far; see :func:`voicelab.diagnose`.

        Parameters
        ----------
        reference : Audio, Call, str or Path, optional
            How it ought to sound.
        side : {"caller", "heard", "ear"}
            Of a recording of both sides the louder one is looked at.
        hint : str, optional
            A fault that is suspected.
        """
        from voicelab.lab.diagnose import diagnose

        return diagnose(self, reference, hint, side=side)

    def plot(self) -> Picture:
        """Draw both sides on one time axis, with what was lost; a silent agent is left out.

        Beside them stands the distribution of the jitter: how much closer or further apart than
        they were sent two frames came, and RFC 3550's estimate of it.
        """
        from voicelab.lab.picture import call_picture

        return call_picture(self)

    def check(
        self, reference: object, format: str | AudioFormat | None = None, *, full: bool = False
    ) -> Check:
        """Compare what the caller's side recorded with what it should be.

        Parameters
        ----------
        reference : Audio, Call, str, Path or ndarray of int16
            What was played.
        format : str or AudioFormat, optional
            Default: what the call carried.
        full : bool
            Whether to score all windows of ten seconds, instead of twelve.
        """
        from voicelab.lab.check import check

        return check(self, reference, format or self.facts.format, full=full)

    async def ended(self, timeout: float | None = None) -> Call:
        """Wait until the call has ended and its files are finished.

        Raises
        ------
        CallTimeout
            Where that takes longer than ``timeout`` seconds; the call goes on.
        """
        if self._over:
            return self
        try:
            async with asyncio.timeout(timeout):
                await self._run(self._ended())
        except TimeoutError:
            raise CallTimeout(
                f"The call has not ended within {timeout:g} s. "
                "It goes on: wait again, or end it with `await call.hangup()`."
            ) from None
        return self

    async def hangup(self) -> None:
        """End it now: as the simulated caller would, else with ``stop`` from this side.

        One that has ended is left as it is.

        Raises
        ------
        StateError
            For a stored call.
        """
        if self._session is None:
            raise StateError("This call is a stored one; there is nothing to hang up.")
        if self.running:
            await self._run(self._hangup())

    @property
    def _over(self) -> bool:
        return not self.running and (self._after is None or self._after.done())

    async def _ended(self) -> None:
        if self._session is not None:
            await self._session.ended.wait()
        if self._simulated is not None:
            await self._simulated.ended()
        if self._after is not None:
            await asyncio.shield(self._after)

    async def _hangup(self) -> None:
        if self._simulated is not None:
            await self._simulated.hangup()
        elif self._session is not None:
            stream = self._session.stream
            if stream.state is StreamState.WAITING:
                stream.close(1000, "stop", "hung up before its start")
            else:
                stream.stop()

    async def _run(self, work: Any) -> None:
        if self._host is None:
            work.close()
        else:
            await self._host.run(work)

    def _flush(self) -> None:
        if self._session is not None and not self._session.recording.closed:
            self._session.recording.flush()

    def __repr__(self) -> str:
        from voicelab.lab.words import call_line

        return call_line(self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return mimebundle("call", self)
