"""The caller's track: media frames in, audio on the call's time axis out."""

from __future__ import annotations

from collections.abc import Callable

from voicelab.audio.byteorder import ByteOrderDetector, ByteOrderGuess
from voicelab.audio.format import AudioFormat, ByteOrder
from voicelab.call.health import StreamHealth
from voicelab.call.listener import Audience
from voicelab.call.placing import Placement, Placer, Verdict
from voicelab.call.settings import StreamSettings
from voicelab.protocol.vobiz import Media

DOCUMENTED_ORDER: ByteOrder = "big"
"""What the provider's page says of L16; used until, or unless, the audio tells."""


class CallerTrack:
    """Decodes, places and counts the caller's frames.

    Parameters
    ----------
    format : AudioFormat
        What the frames hold.
    settings : StreamSettings
    health : StreamHealth
        Where the counts go.
    note : callable
        Puts a fact into the journal: ``note(name, **details)``.
    audience : Audience
        Who gets the audio.

    Attributes
    ----------
    byte_order : str or None
        The order L16 is read in, None while the audio has not told, and for G.711.
    byte_order_reason : str
        A sentence that says why.
    """

    def __init__(
        self,
        format: AudioFormat,
        settings: StreamSettings,
        health: StreamHealth,
        note: Callable[..., None],
        audience: Audience,
    ) -> None:
        self.byte_order: ByteOrder | None = None
        self.byte_order_reason = ""
        self._format = format
        self._health = health
        self._note = note
        self._audience = audience
        self._placer = Placer(
            format.rate_hz,
            format.frame_samples(),
            max_gap_s=settings.max_gap_s,
            late_s=settings.late_s,
        )
        self._carry = b""
        self._carry_lacks = False
        self._detector: ByteOrderDetector | None = None
        if format.encoding == "l16":
            if settings.byte_order == "auto":
                self._detector = ByteOrderDetector(format.rate_hz)
            else:
                self.byte_order = settings.byte_order
                self.byte_order_reason = "as it was set"

    @property
    def samples(self) -> int:
        """Samples on the time axis so far, silence for lost frames included."""
        return self._placer.end

    def restart(self) -> None:
        """The source announced that it counts anew."""
        self._placer.restart()
        self._health.arrivals.restart()

    def add(self, t_ns: int, media: Media, *, lead: int = 0) -> None:
        """Take one frame that arrived at ``t_ns``; ``lead`` frames are missing before the first."""
        payload = self._whole_samples(media.payload)
        placement = self._placer.place(
            media.chunk, len(payload) // self._format.sample_bytes, lead=lead
        )
        self._health.frames += 1
        self._count(placement, media.chunk)
        self._health.arrivals.add(t_ns / 1e6, media.timestamp_ms)
        if placement.offset is None or not payload:
            return
        if self._detector is not None:
            self._detect(payload)
        pcm = self._format.to_pcm(payload, self.byte_order or DOCUMENTED_ORDER)
        self._audience.audio(placement.offset, pcm, payload)

    def finish(self) -> None:
        """Settle what the audio never told."""
        if self._detector is None or not self.samples:
            return
        guess = self._detector.last_look()
        if guess.order is not None:
            self._found(guess)
        else:
            self._decide(DOCUMENTED_ORDER, 0.0, f"{guess.reason}; so the documented order was used")

    def _whole_samples(self, payload: bytes) -> bytes:
        """Carry an odd byte of L16 over to the next frame where that one is odd as well.

        Two frames that both lack a byte of an ordinary one were each cut short: nothing belongs
        together there.
        """
        if self._format.sample_bytes == 1 or (not self._carry and len(payload) % 2 == 0):
            return payload
        carry, self._carry = self._carry, b""
        if len(payload) % 2 == 0:
            return payload
        self._health.odd["odd_length"] += 1
        self._note("odd_length", bytes=len(payload))
        lacks = len(payload) == self._format.frame_samples() * self._format.sample_bytes - 1
        if carry and not (lacks and self._carry_lacks):
            return carry + payload
        self._carry, self._carry_lacks = payload[-1:], lacks
        return payload[:-1]

    def _count(self, placement: Placement, chunk: int | None) -> None:
        health = self._health
        match placement.verdict:
            case Verdict.FILLED:
                health.filled += 1
                health.lost -= 1
                self._note("filled", chunk=chunk)
            case Verdict.DUPLICATE:
                health.duplicates += 1
                self._note("duplicate", chunk=chunk)
            case Verdict.LATE:
                health.late += 1
                self._note("late", chunk=chunk)
        if placement.lost:
            health.lost += placement.lost
            at = (placement.offset or 0) - placement.gap_samples
            self._note("gap", frames=placement.lost, samples=placement.gap_samples, at=at)
        if placement.jumped is not None:
            health.jumps += 1
            self._health.arrivals.restart()
            self._note("jump", chunk=chunk, frames=placement.jumped)

    def _detect(self, payload: bytes) -> None:
        assert self._detector is not None
        guess = self._detector.feed(payload)
        if guess is not None:
            self._found(guess)

    def _found(self, guess: ByteOrderGuess) -> None:
        order = guess.order
        assert order is not None
        self._decide(order, guess.confidence, guess.reason)
        self._audience.tell(lambda other: other.on_byte_order(order, order != DOCUMENTED_ORDER))

    def _decide(self, order: ByteOrder, confidence: float, reason: str) -> None:
        self.byte_order, self.byte_order_reason = order, reason
        self._detector = None
        self._note("byte_order", order=order, confidence=round(confidence, 3), reason=reason)
