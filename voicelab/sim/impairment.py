"""What stands between the provider and the application and spoils things: outputs in, outputs out.

No socket and no clock: call time is passed in, what is held back comes out when it is due.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, TypeAlias

from voicelab.protocol import vobiz
from voicelab.sim.ack_faults import AckFaults
from voicelab.sim.faults import Faults, dice
from voicelab.sim.frame_faults import FrameFaults
from voicelab.sim.output import End, Fact, HangUp, Output, Reconnect, Send, Status
from voicelab.sim.start_faults import start_texts, stop_text

_AT_END: Final = math.inf

_Act: TypeAlias = Callable[[], list[Output]]


class Impairment:
    """The faults of one call's socket, the same for the same seed.

    Parameters
    ----------
    faults : Faults
    seed : int
    sample_bytes : int
        Of one sample on the line.
    done : Counter, optional
        Where to count.

    Attributes
    ----------
    done : Counter
        How often each fault was done.
    """

    def __init__(
        self, faults: Faults, seed: int, sample_bytes: int, done: Counter[str] | None = None
    ) -> None:
        self.done: Counter[str] = Counter() if done is None else done
        self._faults = faults
        self._seed = seed
        self._frames = FrameFaults(faults, seed, sample_bytes, self._note)
        self._acks = AckFaults(faults, seed, self._note)
        self._jitter = dice(seed, "jitter")
        self._held: list[tuple[float, int, _Act, bool]] = []
        self._count = 0
        self._now_s = self._line_s = 0.0
        self._start: list[str] | None = None
        self._frames_to_start = 0
        self._stream_id = ""
        self._last = vobiz.Media(b"", sequence=0, timestamp_ms=0)

    @property
    def next_wake_s(self) -> float:
        """When something held back is due, in call time; infinite where nothing is."""
        return self._held[0][0] if self._held else math.inf

    @property
    def resets(self) -> bool:
        """Whether the last connection ends with a TCP reset."""
        return self._faults.reset is not None

    def take(self, now_s: float, outputs: Iterable[Output]) -> list[Output]:
        """Take what the provider wants done; return what is to be done now, in order."""
        self._now_s = now_s
        end = None
        for output in outputs:
            if isinstance(output, Send):
                self._send(output)
            elif isinstance(output, End):
                end = output
            else:
                self._hold(now_s, output)
        if end is not None:
            return [*self._rest(), end]
        due: list[Output] = []
        while self._held and self._held[0][0] <= now_s:
            due += heapq.heappop(self._held)[2]()
        return due

    def _send(self, output: Send) -> None:
        message = vobiz.parse(output.text)
        match message:
            case vobiz.Media():
                self._last = message
                self._line(self._frames.take(message))
                self._count_to_start()
            case vobiz.Start():
                self._begin(message, output.text)
            case vobiz.PlayedStream():
                self._later(self._acks.played(message, self._stream_id))
            case vobiz.ClearedAudio():
                self._later(self._acks.cleared(message))
            case _:
                self._hold(self._now_s, output)

    def _begin(self, start: vobiz.Start, text: str) -> None:
        first, self._stream_id = not self._stream_id, start.stream_id or ""
        self._start = start_texts(self._faults, text)
        if first:
            self._plan()
        for name in ("flat-start", "connected-first", "both-tracks"):
            if getattr(self._faults, name.replace("-", "_")):
                self._note(name)
        if first and self._faults.media_before_start:
            self._frames_to_start = self._faults.media_before_start
        else:
            self._send_start()

    def _plan(self) -> None:
        """Hold back all that happens at a time of its own."""
        faults = self._faults
        self._hold(0.0, Fact("faults", {"faults": faults.as_dict(), "seed": self._seed}))
        for digit, at_s in faults.dtmf or ():
            self._at(at_s, partial(self._key, digit))
        if faults.duplicate_start is not None:
            self._at(faults.duplicate_start, self._start_again)
        if faults.degraded is not None:
            self._at(faults.degraded, lambda: self._noted("degraded", Status("DegradedStream")))
        if faults.reconnect is not None:
            self._at(faults.reconnect, self._reconnect)
        if faults.reset is not None and faults.reset != _AT_END:
            self._at(faults.reset, lambda: [HangUp()])

    def _count_to_start(self) -> None:
        if self._frames_to_start:
            self._note("media-before-start")
            self._frames_to_start -= 1
            if not self._frames_to_start:
                self._send_start()

    def _send_start(self) -> None:
        for text in self._start or ():
            self._hold(self._now_s, Send(text))

    def _start_again(self) -> list[Output]:
        return self._noted("duplicate-start", Send((self._start or [""])[-1]))

    def _key(self, digit: str) -> list[Output]:
        last = self._last
        dtmf = vobiz.Dtmf(
            digit, self._stream_id, timestamp_ms=last.timestamp_ms, sequence=last.sequence
        )
        return self._noted("dtmf", Send(vobiz.build(dtmf)), digit=digit)

    def _reconnect(self) -> list[Output]:
        return [*self._frames_held(), *self._noted("reconnect", Reconnect())]

    # How things are held back

    def _line(self, frames: list[vobiz.Media]) -> None:
        """Put frames on the line, which keeps their order."""
        if not frames:
            return
        faults = self._faults
        due_s = self._now_s
        if faults.jitter:
            due_s += self._jitter.uniform(0.0, faults.jitter / 1000)
            self.done["jitter"] += 1
        if faults.burst:
            due_s = math.ceil(due_s * 1000 / faults.burst) * faults.burst / 1000
            self.done["burst"] += 1
        self._line_s = max(self._line_s, due_s)
        for frame in frames:
            self._hold(self._line_s, Send(vobiz.build(frame)), keep=True)

    def _later(self, ack: tuple[str, float] | None) -> None:
        if ack is not None:
            text, delay_s = ack
            self._hold(self._now_s + delay_s, Send(text))

    def _hold(self, due_s: float, output: Output, *, keep: bool = False) -> None:
        self._at(due_s, lambda: [output], keep=keep)

    def _at(self, due_s: float, act: _Act, *, keep: bool = False) -> None:
        self._count += 1
        heapq.heappush(self._held, (due_s, self._count, act, keep))

    def _frames_held(self) -> list[Output]:
        """Let go of all frames that are held, in order."""
        self._line(self._frames.flush())
        held = sorted(self._held, key=lambda entry: entry[:2])
        self._held = [entry for entry in held if not entry[3]]
        self._line_s = self._now_s
        return [output for entry in held if entry[3] for output in entry[2]()]

    def _rest(self) -> list[Output]:
        """What still goes out before the end; acknowledgements that are not due are too late."""
        faults = self._faults
        rest = self._frames_held()
        if faults.inbound_stop:
            rest += self._noted("inbound-stop", Send(stop_text(self._stream_id)))
        if faults.reset is not None:
            self._note("reset")
        due = [
            entry for entry in sorted(self._held, key=lambda e: e[:2]) if entry[0] <= self._now_s
        ]
        self._held.clear()
        return [output for entry in due for output in entry[2]()] + rest

    def _noted(self, fault: str, output: Output, **details: object) -> list[Output]:
        self._note(fault, **details)
        return [output]

    def _note(self, fault: str, **details: object) -> None:
        self.done[fault] += 1
        self._hold(self._now_s, Fact("fault", {"fault": fault, **details}))
