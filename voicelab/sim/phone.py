"""The simulated telephone: it dials an answer URL as the provider does, and carries the call."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from voicelab.audio.format import AudioFormat, ByteOrder
from voicelab.errors import DialError, FormatError, SettingError
from voicelab.protocol import vobiz
from voicelab.secret import Secret
from voicelab.sim.callback_faults import CallbackFaults
from voicelab.sim.caller import Caller, CallerSource
from voicelab.sim.carrier import DROPPED, CarrierCore
from voicelab.sim.clock import CallClock
from voicelab.sim.dialling import ask_for_answer, excerpt, open_socket
from voicelab.sim.faults import Faults, FaultsGiven
from voicelab.sim.impairment import Impairment
from voicelab.sim.notices import Notices
from voicelab.sim.simulated_call import OnFact, OnProgress, SimulatedCall
from voicelab.sim.speech import Speech
from voicelab.sim.webhooks import Method, Reply, Webhooks, without_query

Word = TypeVar("Word", bound=str)

ACCOUNT_ID: Final = "100001"
_EARLY_END: Final = (
    'nothing held the call: the answer\'s <Stream> needs bidirectional="true" and '
    'keepCallAlive="true"'
)


class Carrier:
    """A telephone provider that calls your application, on this machine and for nothing.

    Parameters
    ----------
    to : str
        The application's answer URL.
    format : str or AudioFormat, optional
        What the caller's line carries, whatever the answer asks for: a test device's line. By
        default the ``contentType`` in the answer, and without one ``audio/x-l16;rate=8000``.
    byte_order : {"little", "big"}
        Of L16, both ways.
    from_number, to_number : str
    auth_token : Secret or str, optional
        Signs every HTTP request. It is in no repr, log line or error.
    method : {"POST", "GET"}
        How the answer URL and the hang-up URL are called.
    speed : float
        Seconds of call time in a second of wall time. What the application paces by its own clock
        comes `speed` times slower to the ear.
    hold_s : float
        The caller hangs up this long after the later of its own last word and the last agent
        sample in its ear, in call time.
    max_s : float
        The caller waits at most this long after its own last word, in call time.
    listen_s : float
        Above 0 the caller lets the agent speak first, and begins when that is over, or when it has
        heard nothing for so long, in call time.
    hangup_url : str, optional
        By default the answer URL, as at the provider.
    faults : mapping, str or iterable of str, optional
        What goes wrong: ``{"loss": 0.05, "flat-start": True}``; see `Faults.of`.
    seed : int
        Of all that faults do by chance.
    strict : bool
        Note every offence of the application, not only those any provider trips over.
    clock : callable
        Monotonic nanoseconds.

    Raises
    ------
    SettingError
        A value that an option cannot have.
    FormatError
        `format` is not one of the known formats.

    Examples
    --------
    >>> Carrier("http://localhost:3000/", format="mulaw/8000")
    <Carrier to http://localhost:3000/, mulaw/8000>
    """

    def __init__(
        self,
        to: str,
        *,
        format: str | AudioFormat | None = None,
        byte_order: ByteOrder = "little",
        from_number: str = "+15550100001",
        to_number: str = "+15550100002",
        auth_token: Secret | str | None = None,
        method: Method = "POST",
        speed: float = 1.0,
        hold_s: float = 2.0,
        max_s: float = 120.0,
        listen_s: float = 0.0,
        hangup_url: str | None = None,
        faults: FaultsGiven = None,
        seed: int = 0,
        strict: bool = False,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.to = to
        self.format = None if format is None else AudioFormat.parse(format)
        self.byte_order = _one_of("byte_order", byte_order, ("little", "big"))
        self.from_number = from_number
        self.to_number = to_number
        self.method = _one_of("method", method, ("POST", "GET"))
        self.speed = _above("speed", speed, 0.0)
        self.hold_s = _above("hold_s", hold_s, -1e-9)
        self.max_s = _above("max_s", max_s, -1e-9)
        self.listen_s = _above("listen_s", listen_s, -1e-9)
        self.hangup_url = hangup_url or to
        self.faults = Faults.of(faults)
        self.seed = seed
        self.strict = strict
        self._auth_token = Secret(auth_token) if isinstance(auth_token, str) else auth_token
        self._clock = clock

    async def dial(
        self,
        caller: CallerSource,
        *,
        on_fact: OnFact | None = None,
        on_progress: OnProgress | None = None,
    ) -> SimulatedCall:
        """Call the application; return once ``start`` was sent. The call then runs by itself.

        Parameters
        ----------
        caller : str, Path or callable
            An audio file, or a function that makes a `Caller` for the line's format; it is called
            on a worker thread, since reading and resampling take their time.
        on_fact : callable, optional
            ``on_fact(ev, data, t_monotonic_ns)``, called for each fact of the simulator.
        on_progress : callable, optional
            ``on_progress(sent_s, total_s)``, called at most five times a second.

        Raises
        ------
        DialError
            The call did not come to its ``start``; ``stage`` says how far it came.
        FormatError
            The file cannot be a caller.
        """
        speaks = await _prepared(caller)
        details = vobiz.CallDetails(
            call_id=str(uuid.uuid4()),
            from_number=self.from_number,
            to_number=self.to_number,
            account_id=ACCOUNT_ID,
            session_start=datetime.now(UTC),
        )
        done: Counter[str] = Counter()
        spoiler = CallbackFaults(self.faults, done)
        webhooks = Webhooks(self._auth_token, signing=spoiler.signing)
        try:
            reply = await ask_for_answer(
                webhooks, self.method, self.to, spoiler.fields(vobiz.answer_fields(details))
            )
            notices = Notices(webhooks, details, self.hangup_url, self.method, spoiler)
            return await self._answered(reply, details, notices, speaks, done, on_fact, on_progress)
        except BaseException:
            await webhooks.aclose()
            raise

    async def _answered(
        self,
        reply: Reply,
        details: vobiz.CallDetails,
        notices: Notices,
        speaks: Callable[[AudioFormat], Caller],
        done: Counter[str],
        on_fact: OnFact | None,
        on_progress: OnProgress | None,
    ) -> SimulatedCall:
        """Do what the answer says, up to ``start``."""
        answer = vobiz.parse_answer(reply.body, reply.content_type)
        if answer.stream is None:
            cause = answer.hangup or vobiz.END_OF_XML
            await notices.hangup(cause)
            raise DialError(self._no_stream(reply, cause, answer.problem), stage="xml")
        stream, stream_id = answer.stream, str(uuid.uuid4())
        line = await self._line(stream, notices)
        speech = await asyncio.to_thread(speaks, line)
        notices.answered(stream, stream_id)
        try:
            socket = await open_socket(stream)
        except DialError:
            notices.status(DROPPED)
            await notices.hangup(_after_stream(answer))
            raise
        core = CarrierCore(
            speech,
            call_id=details.call_id,
            stream_id=stream_id,
            account_id=details.account_id,
            byte_order=self.byte_order,
            hold_s=self.hold_s,
            max_s=self.max_s,
            listen_s=self.listen_s,
            bidirectional=stream.bidirectional,
            stream_timeout_s=stream.stream_timeout_s or 86_400,
            epoch_ms=time.time_ns() // 1_000_000,
            after_stream=_after_stream(answer),
            strict=self.strict,
        )
        impairment = None
        if self.faults:
            impairment = Impairment(self.faults, self.seed, line.sample_bytes, done)
        call = SimulatedCall(
            core,
            socket,
            CallClock(self._clock, self.speed),
            notices,
            impairment=impairment,
            reopen=lambda: open_socket(stream),
            on_fact=on_fact,
            on_progress=on_progress,
        )
        await _start(call, socket, stream.url, cut_off=_EARLY_END if answer.hangup else None)
        return call

    async def _line(self, stream: vobiz.StreamElement, notices: Notices) -> AudioFormat:
        if self.format:
            return self.format
        asked = stream.content_type or vobiz.STREAM_CONTENT_TYPES[0]
        try:
            return AudioFormat.parse(asked)
        except FormatError:
            await notices.hangup(vobiz.INVALID_ANSWER_XML)
            raise DialError(
                f"{without_query(self.to)} asks for contentType {asked!r}. The provider sends "
                f"{', '.join(vobiz.STREAM_CONTENT_TYPES)}.",
                stage="xml",
            ) from None

    def _no_stream(self, reply: Reply, cause: vobiz.HangupCause, problem: str) -> str:
        kind = reply.content_type or "no content type"
        return (
            f"{without_query(self.to)} was answered with status {reply.status}, {kind}"
            f'{excerpt(reply)}. The provider ends the call with {cause.code} "{cause.name}": '
            f"{problem}. Answer with application/xml and "
            '<Response><Stream bidirectional="true" keepCallAlive="true">wss://…</Stream></Response>.'
        )

    def __repr__(self) -> str:
        format = self.format or "format as answered"
        return f"<Carrier to {without_query(self.to)}, {format}>"


async def _prepared(caller: CallerSource) -> Callable[[AudioFormat], Caller]:
    """Read a file before anybody is called, so that a wrong path disturbs nobody."""
    if callable(caller):
        return caller
    speech = await asyncio.to_thread(Speech.read, caller)
    return lambda line: Caller.from_speech(speech, line)


async def _start(
    call: SimulatedCall, socket: ClientConnection, url: str, *, cut_off: str | None
) -> None:
    try:
        await call.start(cut_off=cut_off)
    except (ConnectionClosed, TimeoutError) as error:
        socket.transport.abort()
        await socket.wait_closed()
        raise DialError(
            f"The media socket {without_query(url)} opened and closed again before start was "
            f"taken ({error}). Look into the application's log.",
            stage="socket",
        ) from None
    except BaseException:
        socket.transport.abort()
        raise


def _after_stream(answer: vobiz.Answer) -> vobiz.HangupCause:
    if answer.hangup:
        return answer.hangup
    return vobiz.HANGUP_VERB if answer.following[:1] == ("Hangup",) else vobiz.END_OF_XML


def _one_of(option: str, value: Word, allowed: tuple[str, ...]) -> Word:
    if value not in allowed:
        raise SettingError(f"{option} is {value!r}; it can be {' or '.join(allowed)}.")
    return value


def _above(option: str, value: float, floor: float) -> float:
    if not value > floor:
        raise SettingError(f"{option} is {value!r}; give a number above {max(0, floor):g}.")
    return value
