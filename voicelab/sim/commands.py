"""What the application may ask of the provider. Offences are noted, and as a rule let pass."""

from __future__ import annotations

from collections import deque
from typing import Final

from voicelab.audio.format import AudioFormat, ByteOrder
from voicelab.errors import FormatError
from voicelab.protocol import vobiz
from voicelab.sim.ear import Ear
from voicelab.sim.offence import OffenceBook
from voicelab.sim.output import Fact, Output, Send, Status
from voicelab.sim.strict import FLUSH_S, Inspector

DEEP_QUEUE_S: Final = 40.0
"""More than this in the queue is noted; a neighbouring provider holds 40 to 60 s."""

_MIMES: Final = {mime for mime, _ in vobiz.PLAY_FORMATS}


class Commands:
    """The application's commands, carried out on one ear.

    Parameters
    ----------
    ear : Ear
    offences : OffenceBook
        Where oddities are noted.
    stream_id : str
        What commands should name.
    byte_order : {"little", "big"}
        How L16 is read.
    bidirectional : bool
        Without it every command is ignored.
    strict : bool
        Check also what a lenient provider lets pass, and take a moment to flush.

    Attributes
    ----------
    acked : int
        How many checkpoints were acknowledged.
    stream_id : str
    """

    def __init__(
        self,
        ear: Ear,
        offences: OffenceBook,
        stream_id: str,
        byte_order: ByteOrder,
        *,
        bidirectional: bool,
        strict: bool = False,
    ) -> None:
        self.acked = 0
        self.stream_id = stream_id
        self._ear = ear
        self._offences = offences
        self._byte_order = byte_order
        self._bidirectional = bidirectional
        self._inspector = Inspector(offences) if strict else None
        self._flushed_s: deque[float] = deque()
        self._deep = self._heard = False

    def take(self, now_s: float, raw: str | bytes) -> tuple[list[Output], bool]:
        """Carry out one message.

        Returns
        -------
        outputs : list of Output
        stopped : bool
            Whether the application asked for the end of the stream.
        """
        message = vobiz.parse(raw)
        if not self._acceptable(message, raw):
            return [], False
        match message:
            case vobiz.PlayAudio():
                return self._play(now_s, message, raw), False
            case vobiz.Checkpoint():
                return self._checkpoint(now_s, message, raw), False
            case vobiz.ClearAudio():
                self._ear.clear(now_s)
                self._flushed_s.append(now_s + FLUSH_S if self._inspector else now_s)
                return self._cleared(now_s), False
            case _:
                self._ear.clear(now_s)
                return [], True

    @property
    def next_due_s(self) -> float | None:
        """When the next acknowledgement is due, or None."""
        due = [self._ear.next_due_s, self._flushed_s[0] if self._flushed_s else None]
        return min((due_s for due_s in due if due_s is not None), default=None)

    def acknowledge(self, now_s: float) -> list[Output]:
        """Acknowledge what was flushed, and the checkpoints that the ear has passed."""
        return self._cleared(now_s) + self._played(now_s)

    def _cleared(self, now_s: float) -> list[Output]:
        out: list[Output] = []
        while self._flushed_s and self._flushed_s[0] <= now_s:
            self._flushed_s.popleft()
            cleared = vobiz.ClearedAudio(self.stream_id, 0)
            out += [Send(vobiz.build(cleared)), Status("ClearedAudio"), Fact("cleared")]
        return out

    def _played(self, now_s: float) -> list[Output]:
        out: list[Output] = []
        for name in self._ear.due(now_s):
            self.acked += 1
            out += [
                Send(vobiz.build(vobiz.PlayedStream(name))),
                Status("PlayedStream", name),
                Fact("played", {"checkpoint": name}),
            ]
        return out

    def _acceptable(self, message: vobiz.Message, raw: str | bytes) -> bool:
        """Whether it is a command that can be carried out; notes what is odd about it."""
        note = self._offences.note
        if isinstance(raw, bytes):
            self._inspect_size(raw)
            note("binary-frame", "A binary frame came; send JSON in text frames.", raw)
            return False
        self._inspect_size(raw)
        if isinstance(message, vobiz.Malformed):
            about = f"{message.event}: " if message.event else ""
            rule = "base64" if self._inspector and "base64" in message.reason else "malformed"
            note(rule, f"{about}{message.reason}.", raw)
            return False
        if not isinstance(
            message, vobiz.PlayAudio | vobiz.Checkpoint | vobiz.ClearAudio | vobiz.Stop
        ):
            note(
                "unknown-event",
                "No command of this name; there are playAudio, checkpoint, clearAudio and stop.",
                raw,
            )
            return False
        if message.stream_id is None:
            note("no-stream-id", f"No streamId; send {self.stream_id}.", raw)
        elif message.stream_id != self.stream_id:
            note("wrong-stream-id", f"The streamId is not {self.stream_id}.", raw)
        if not self._bidirectional:
            note("one-way", 'The answer did not ask for bidirectional="true".', raw)
        return self._bidirectional

    def _inspect_size(self, raw: str | bytes) -> None:
        if self._inspector:
            self._inspector.size(raw)

    def _play(self, now_s: float, message: vobiz.PlayAudio, raw: str | bytes) -> list[Output]:
        if self._inspector and isinstance(raw, str):
            self._inspector.play(message, raw, flushing=bool(self._flushed_s))
        line = self._declared(message, raw)
        if line is None:
            return []
        payload = message.payload
        if len(payload) % line.sample_bytes:
            self._offences.note("half-sample", "L16 takes two bytes a sample.", raw)
            payload = payload[:-1]
        samples = line.to_int16(payload, self._byte_order)
        if not self._ear.play(now_s, samples, line.rate_hz):
            self._offences.note("queue-full", "More audio than any call can hear; dropped.", raw)
        out: list[Output] = []
        deep = self._ear.queued_s(now_s) > DEEP_QUEUE_S
        if deep and not self._deep:
            out += [Status("DegradedStream")] if self._inspector else []
            self._offences.note(
                "deep-queue", f"More than {DEEP_QUEUE_S:g} s are queued; send nearer to time.", raw
            )
        self._deep = deep
        if self._heard or (first_s := self._ear.first_audio_s) is None:
            return out
        self._heard = True
        return [*out, Fact("first_audio", {"call_s": round(first_s, 6)})]

    def _declared(self, message: vobiz.PlayAudio, raw: str | bytes) -> AudioFormat | None:
        """The format that a playAudio declares; a bare ``wav``, which some send, is raw L16."""
        note = self._offences.note
        mime = message.content_type
        if mime not in _MIMES:
            note("content-type", f"contentType {mime!r} is none of {sorted(_MIMES)}.", raw)
        try:
            return AudioFormat.of_wire("l16" if mime == "wav" else mime, message.rate_hz)
        except FormatError as error:
            note("format", f"Not played. {error}", raw)
            return None

    def _checkpoint(
        self, now_s: float, message: vobiz.Checkpoint, raw: str | bytes
    ) -> list[Output]:
        if self._inspector and isinstance(raw, str):
            self._inspector.checkpoint(message.name, raw)
        if not self._ear.checkpoint(now_s, message.name):
            self._offences.note("too-many-checkpoints", "Too many are pending; ignored.", raw)
        return self._played(now_s)
