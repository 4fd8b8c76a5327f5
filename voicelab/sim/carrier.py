"""The telephone provider's side of one call, as a state machine without sockets or clocks.

Call time is passed in as `now_s`: seconds since ``start`` was sent, never falling. Every verb
returns what is to be done, in order; nothing is done here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from voicelab.audio.format import ByteOrder
from voicelab.audio.samples import Int16Array
from voicelab.errors import StateError
from voicelab.protocol import vobiz
from voicelab.sim.caller import Caller
from voicelab.sim.commands import Commands
from voicelab.sim.ear import Ear
from voicelab.sim.line import FRAME_MS, FRAME_S, media_texts
from voicelab.sim.listening import Listening
from voicelab.sim.offence import OffenceBook
from voicelab.sim.output import End, EndedBy, Fact, Output, Send, Status

BURST_FRAMES: Final = 250
"""Frames at once after a stall; the rest follow when the socket took these."""

STALL_S: Final = 0.5
"""A tick this late means that the loop stood still, and that the agent could not be heard."""

DROPPED: Final = Status("DroppedStream")
STOPPED: Final = Status("StopStream")


class CarrierState(StrEnum):
    """Where a call is in its life."""

    RINGING = "ringing"
    SPEAKING = "speaking"
    LISTENING = "listening"
    ENDED = "ended"


_NEXT: Final[dict[CarrierState, frozenset[CarrierState]]] = {
    CarrierState.RINGING: frozenset({CarrierState.SPEAKING, CarrierState.ENDED}),
    CarrierState.SPEAKING: frozenset({CarrierState.LISTENING, CarrierState.ENDED}),
    CarrierState.LISTENING: frozenset({CarrierState.ENDED}),
    CarrierState.ENDED: frozenset(),
}


class CarrierCore:
    """One call as the provider sees it.

    Parameters
    ----------
    caller : Caller
        Who speaks, in the line's format.
    call_id, stream_id, account_id : str
    byte_order : {"little", "big"}
        Of L16, both ways.
    hold_s : float
        The caller hangs up this long after the later of its own last word and the last agent
        sample in its ear.
    max_s : float
        The caller waits at most this long after its own last word.
    listen_s : float
        The caller lets the agent speak first, and begins when that is over, or when it has heard
        nothing for so long.
    bidirectional : bool
        What the answer asked for; commands are ignored without it.
    stream_timeout_s : float
        The provider ends a stream of this age.
    epoch_ms : int
        The provider's clock at call time 0.
    after_stream : HangupCause
        What ends the call once the stream is over and the caller still there.
    strict : bool
        Note every offence of the application, not only those any provider trips over.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        call_id: str,
        stream_id: str,
        account_id: str = "100001",
        byte_order: ByteOrder = "little",
        hold_s: float = 2.0,
        max_s: float = 120.0,
        listen_s: float = 0.0,
        bidirectional: bool = True,
        stream_timeout_s: float = 86_400,
        epoch_ms: int = 0,
        after_stream: vobiz.HangupCause = vobiz.END_OF_XML,
        strict: bool = False,
    ) -> None:
        self.caller = caller
        self.call_id = call_id
        self.stream_id = stream_id
        self.account_id = account_id
        self.byte_order = byte_order
        self.hold_s = hold_s
        self.max_s = max_s
        self.stream_timeout_s = stream_timeout_s
        self.strict = strict
        self.state = CarrierState.RINGING
        self.ear = Ear(caller.format.rate_hz)
        self.offences = OffenceBook()
        self.frames_sent = 0
        self.end: End | None = None
        self.ended_s: float | None = None
        self.notes: list[str] = list(caller.notes)
        self._after_stream = after_stream
        self._commands = Commands(
            self.ear,
            self.offences,
            stream_id,
            byte_order,
            bidirectional=bidirectional,
            strict=strict,
        )
        self._epoch_ms = epoch_ms
        self._numbered_from = 0
        self._media_text: Callable[[int, bytes], str] = media_texts(stream_id, epoch_ms)
        self._first_frame_s = FRAME_S
        self._listening = Listening(caller, self.ear, listen_s)
        self._spoken_s: float | None = None
        self._last_tick_s = self._awake_s = 0.0

    # What is asked of it

    def start(self) -> list[Output]:
        """Begin at call time 0: ``start`` is the first text of the socket."""
        self._go(CarrierState.SPEAKING, "start")
        self._note_spoken(0.0)
        return self._started()

    def reconnect(self, now_s: float, stream_id: str) -> list[Output]:
        """Begin another stream of the same call; what was queued for the caller is gone."""
        if self.state is CarrierState.ENDED:
            return []
        self.ear.clear(now_s)
        self.stream_id = self._commands.stream_id = stream_id
        self._numbered_from = self.frames_sent
        epoch_ms = self._epoch_ms + FRAME_MS * self.frames_sent
        self._media_text = media_texts(stream_id, epoch_ms)
        return self._started()

    def tick(self, now_s: float) -> list[Output]:
        """Do all that is due: frames, checkpoints that were passed, the hang-up."""
        if self.state is CarrierState.ENDED:
            return []
        if now_s - self._last_tick_s > STALL_S:
            self._awake_s = now_s
        self._last_tick_s = now_s
        out = self._frames(now_s)
        out += self._commands.acknowledge(now_s)
        if now_s >= self.stream_timeout_s:
            self.notes.append(f"the answer's streamTimeout of {self.stream_timeout_s:g} s passed")
            return out + self._end(now_s, "timeout", STOPPED, self._after_stream)
        if (over := self._over()) and now_s >= over[0] and not self.due_frames(now_s):
            return out + self._end(now_s, over[1], DROPPED, vobiz.NORMAL_HANGUP)
        return out

    def on_text(self, now_s: float, raw: str | bytes) -> list[Output]:
        """Take one message of the application; whatever it is, nothing is raised."""
        if self.end:
            if self.end.ended_by == "agent":
                self.offences.note("after-stop", "The stream was stopped; send nothing then.", raw)
            return []
        out, stopped = self._commands.take(now_s, raw)
        if stopped:
            out += self._end(now_s, "agent", STOPPED, self._after_stream)
        return out

    def on_close(self, now_s: float, note: str = "") -> list[Output]:
        """Take it that the application closed the socket."""
        return self._break_off(now_s, "server", note)

    def hang_up(self, now_s: float) -> list[Output]:
        """Let the caller put the telephone down."""
        if self.state is CarrierState.ENDED:
            return []
        self.ear.clear(now_s)
        return self._end(now_s, "caller", DROPPED, vobiz.NORMAL_HANGUP)

    def fail(self, now_s: float, note: str) -> list[Output]:
        """End the call because something broke."""
        return self._break_off(now_s, "error", note)

    # What can be asked about it

    def due_frames(self, now_s: float) -> int:
        """Return how many frames are due and not sent; frame n is due at n × 20 ms."""
        return max(0, math.floor(now_s / FRAME_S + 1e-6) - self.frames_sent)

    @property
    def next_wake_s(self) -> float:
        """When something is due next, in call time; infinite after the end."""
        if self.state is CarrierState.ENDED:
            return math.inf
        wake_s = min((self.frames_sent + 1) * FRAME_S, self.stream_timeout_s)
        if (due_s := self._commands.next_due_s) is not None:
            wake_s = min(wake_s, due_s)
        if over := self._over():
            wake_s = min(wake_s, over[0])
        return wake_s

    @property
    def spoken_s(self) -> float:
        """How much of what the caller says was sent."""
        return min(self._listening.said * FRAME_S, self.caller.duration_s)

    def sent_pcm(self) -> Int16Array:
        """What the frames carried so far, decoded: int16 of shape (n,)."""
        return self._listening.pcm(self.frames_sent)

    @property
    def checkpoints(self) -> int:
        """How many checkpoints were acknowledged."""
        return self._commands.acked

    @property
    def first_audio_ms(self) -> float | None:
        """From the first media frame to the first agent sample in the ear, at least 0."""
        heard_s = self.ear.first_audio_s
        return None if heard_s is None else max(0.0, heard_s - self._first_frame_s) * 1000

    # How it does it

    def _started(self) -> list[Output]:
        line = self.caller.format
        start = vobiz.Start(
            call_id=self.call_id,
            stream_id=self.stream_id,
            account_id=self.account_id,
            tracks=("inbound",),
            encoding=line.mime,
            rate_hz=line.rate_hz,
            sequence=0,
            extra_headers="{}",
        )
        return [Status("StartStream"), Send(vobiz.build(start)), Fact("start", self._ids())]

    def _frames(self, now_s: float) -> list[Output]:
        out: list[Output] = []
        for _ in range(min(self.due_frames(now_s), BURST_FRAMES)):
            if not self.frames_sent:
                self._first_frame_s = now_s
            payload = self.caller.frame(self._listening.next_frame(now_s), self.byte_order)
            self.frames_sent += 1
            out.append(Send(self._media_text(self.frames_sent - self._numbered_from, payload)))
        self._note_spoken(now_s)
        return out

    def _note_spoken(self, now_s: float) -> None:
        if self._spoken_s is None and self._listening.all_said:
            self._go(CarrierState.LISTENING, "end of the caller's words")
            self._spoken_s = now_s

    def _over(self) -> tuple[float, EndedBy] | None:
        """When the caller hangs up as things are, and why."""
        if self._spoken_s is None:
            return None
        quiet_s = max(self._spoken_s, self.ear.last_audio_s or 0.0, self._awake_s) + self.hold_s
        patience_s = self._spoken_s + self.max_s
        return (quiet_s, "caller") if quiet_s <= patience_s else (patience_s, "timeout")

    def _break_off(self, now_s: float, ended_by: EndedBy, note: str) -> list[Output]:
        if self.state is CarrierState.ENDED:
            return []
        if note:
            self.notes.append(note)
        self.ear.clear(now_s)
        return self._end(now_s, ended_by, DROPPED, self._after_stream)

    def _end(
        self, now_s: float, ended_by: EndedBy, status: Status, hangup: vobiz.HangupCause
    ) -> list[Output]:
        self._go(CarrierState.ENDED, "end")
        self.ended_s = now_s
        self.end = End(ended_by, status, hangup)
        return [Fact("hangup", {"ended_by": ended_by, "code": hangup.code}), self.end]

    def _go(self, state: CarrierState, event: str) -> None:
        if state not in _NEXT[self.state]:
            raise StateError(
                f"A call that is {self.state} cannot become {state}.",
                state=self.state,
                event=event,
            )
        self.state = state

    def _ids(self) -> dict[str, str]:
        return {"call_id": self.call_id, "stream_id": self.stream_id}
