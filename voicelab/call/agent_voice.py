"""The agent's voice: audio of the model, item by item, on its way to the caller's ear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from voicelab.audio.format import AudioFormat
from voicelab.call.agent_track import SETTLED_NS, AgentTrack
from voicelab.call.echo import EchoGuard
from voicelab.call.model_audio import ToLine
from voicelab.call.playback import Heard, Playback, RoundTrip
from voicelab.call.playout import LEAD_MS, Playout

CLEAR_NS = 1_000_000_000
"""So long ``clearedAudio`` is waited for before anything is played again."""

OVERDUE_NS = 2_000_000_000
"""So long after its time a last word counts as played though nobody says so."""

PROBES = 3
"""So often the round trip is measured, and the shortest counts: the start of a call is busy."""


class Phone(Protocol):
    """The caller's line, as a stream offers it."""

    def send_audio(self, audio: bytes) -> bool:
        """Queue audio at the caller's side."""
        ...

    def checkpoint(self, name: str) -> bool:
        """Ask to be told when everything queued so far has been played."""
        ...

    def clear(self) -> bool:
        """Drop what is queued at the caller's side and unplayed."""
        ...

    def ping(self) -> None:
        """Measure the round trip of the network."""
        ...


@dataclass(frozen=True, slots=True)
class Cut:
    """An item that was interrupted.

    Attributes
    ----------
    item : str
    heard : Heard
        At the flush; 0 ms where nothing of it was heard.
    received_ms : float
        How much of it the model had given.
    """

    item: str
    heard: Heard
    received_ms: float


class AgentVoice:
    """Plays items, knows what was heard of each, and can be interrupted.

    Times are nanoseconds since the call's socket opened.

    Parameters
    ----------
    phone : Phone
    model, line : AudioFormat
        What the model gives, and what the line takes.
    trip : RoundTrip
        Shared with whoever measures it.
    emit : callable
        Takes what was heard, as :class:`~voicelab.call.agent_track.AgentTrack` gives it.
    on_item : callable
        ``on_item(item, event)`` with ``"begins"`` at the first frame sent and ``"heard"`` when all
        of it was, and what :class:`~voicelab.call.agent_track.AgentTrack` says.
    lead_ms : int
    """

    def __init__(
        self,
        phone: Phone,
        model: AudioFormat,
        line: AudioFormat,
        trip: RoundTrip,
        emit: Callable[[int, bytes], None],
        on_item: Callable[..., None],
        lead_ms: int = LEAD_MS,
    ) -> None:
        frame = line.frame_samples()
        self.trip = trip
        self.playback = Playback(line.rate_hz, frame, trip)
        self.track = AgentTrack(line.rate_hz, self.playback, emit, on_item)
        self.echo = EchoGuard(line.rate_hz)
        self._phone = phone
        self._model = model
        self._line = line
        self._on_item = on_item
        self._playout = Playout(frame * line.sample_bytes, line.silence(frame), lead_ms)
        self._converters: dict[str, ToLine] = {}
        self._received: dict[str, int] = {}
        self._checkpoints: dict[str, tuple[str, str]] = {}
        self._numbered = 0
        self._probes = 0
        self._probe_ns: int | None = None

    # What it is given

    def probe(self, now_ns: int) -> None:
        """Measure the round trip: a ping, and a checkpoint on the empty queue."""
        self._probe_ns = now_ns
        self._probes += 1
        self._phone.ping()
        self._phone.checkpoint(self._probe_name)

    def say(self, item: str, delta: bytes) -> None:
        """Take the next audio of an item, in the model's format."""
        self._received[item] = self._received.get(item, 0) + len(delta)
        if item not in self._converters:
            self._converters[item] = ToLine(self._model, self._line)
        self._playout.add(item, self._converters[item].convert(delta))

    def say_in_full(self, item: str, line_audio: bytes) -> None:
        """Take an item that is there as a whole, in the line's format."""
        size = self._line.sample_bytes * self._line.rate_hz
        self._received[item] = len(line_audio) * self._bytes_a_second // size
        self._playout.add(item, line_audio)
        self._playout.close(item)

    def finish(self, item: str) -> None:
        """No more audio of this item will come."""
        converter = self._converters.pop(item, None)
        if converter is not None:
            self._playout.add(item, converter.finish())
            self._playout.close(item)

    def tick(self, now_ns: int) -> None:
        """Send what is due; place in the recording what has been heard."""
        for frame in self._playout.due(now_ns):
            if frame.audio:
                if not self._phone.send_audio(frame.audio):
                    return
                self.playback.sent(now_ns, frame.item, len(frame.audio) // self._line.sample_bytes)
                pcm = self._line.to_pcm(frame.audio)
                self.track.sent(frame.item, pcm)
                self.echo.played(self._plays_at(frame.item, len(pcm) // 2), pcm)
            if frame.first:
                self._on_item(frame.item, "begins")
                self._phone.ping()
                self._mark(frame.item, "begin")
            if frame.last:
                self._mark(frame.item, "end")
        self.track.settle(now_ns - SETTLED_NS, self._playout.items)

    def on_played(self, now_ns: int, name: str) -> None:
        """The provider has passed a checkpoint."""
        if name == self._probe_name and self._probe_ns is not None:
            took_ns, self._probe_ns = now_ns - self._probe_ns, None
            self.trip.ack_ns = min(took_ns, self.trip.ack_ns or took_ns)
            return
        item, which = self._checkpoints.pop(name, ("", ""))
        if which == "begin":
            self.playback.began(now_ns, item)
        elif which == "end":
            self._over(item)
            if self._probes < PROBES and not self.speaking(now_ns):
                self.probe(now_ns)

    def on_cleared(self) -> None:
        """The far end's queue is empty: play again."""
        self._playout.resume()

    def interrupt(self, now_ns: int) -> list[Cut]:
        """Stop at once; return what was cut short, in order, and what was never begun."""
        waiting = self._playout.flush()
        flush_ns = now_ns + self.trip.out_ns
        items = list(dict.fromkeys([*self.playback.unheard(flush_ns), *waiting]))
        if not items:
            return []
        cuts = [self._cut(item, flush_ns) for item in items]
        self._phone.clear()
        self._playout.hold(now_ns + CLEAR_NS)
        self.track.flushed(flush_ns)
        self.playback.flushed(flush_ns)
        self.echo.flushed(self.track.offset(flush_ns))
        self._checkpoints.clear()
        self._converters.clear()
        for item in items:
            self._received.pop(item, None)
        return cuts

    # What can be asked of it

    def speaking(self, now_ns: int) -> bool:
        """Whether anything is still to be heard."""
        return bool(self._playout.items or self.playback.unheard(now_ns))

    def said_all(self, now_ns: int) -> bool:
        """Whether the last word was heard, by the provider's word or after a while without it."""
        return not (self._playout.items or self.playback.unheard(now_ns - OVERDUE_NS))

    @property
    def wake_ns(self) -> int | None:
        """When something is due."""
        return self._playout.wake_ns

    # Inside

    @property
    def _probe_name(self) -> str:
        return f"voicelab-probe-{self._probes}"

    @property
    def _bytes_a_second(self) -> int:
        return self._model.sample_bytes * self._model.rate_hz

    def _plays_at(self, item: str, samples: int) -> int:
        """Where on the caller's time axis the last samples that went out will be heard."""
        end_ns = self.playback.end_ns(item)
        return 0 if end_ns is None else self.track.offset(end_ns) - samples

    def _mark(self, item: str, which: str) -> None:
        self._numbered += 1
        name = f"voicelab-{self._numbered}-{which}"
        self._checkpoints[name] = (item, which)
        self._phone.checkpoint(name)

    def _over(self, item: str) -> None:
        self.playback.finished(item)
        self._on_item(item, "heard")
        self._received.pop(item, None)

    def _cut(self, item: str, at_ns: int) -> Cut:
        received_ms = 1000 * self._received.get(item, 0) / self._bytes_a_second
        heard = self.playback.heard(item, at_ns)
        return Cut(
            item,
            Heard(min(heard.ms, received_ms), heard.source, heard.uncertainty_ms),
            received_ms,
        )
