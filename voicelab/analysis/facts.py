"""The facts of a call, from its journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from voicelab.analysis.heard_again import heard_again
from voicelab.audio.clip import Audio
from voicelab.audio.format import AudioFormat
from voicelab.call.connection import Connection
from voicelab.call.moment import Moment
from voicelab.errors import ProtocolError
from voicelab.protocol import vobiz
from voicelab.store.journal import Journal


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of a call.

    Attributes
    ----------
    id, call_id, stream_id, started : str or None
        From the journal's first line, or from a ``start`` that came after it was written.
    format : str or None
        What the caller's frames held, ``l16/8000``; None for a bare WAV.
    byte_order, byte_order_reason : str or None
        How L16 was read, and why; None for G.711 and while it is not known.
    rate_hz : int
        Samples a second on the time axis.
    samples : int
        Caller samples on the time axis.
    health : dict
        What :class:`~voicelab.call.health.StreamHealth` counted and measured; see
        ``docs/journal.md``.
    media_timeout_s : float or None
        After how long without media the call would be ended.
    ended_why, ended_detail : str or None
        None while the call runs, and for one whose recorder was killed.
    callbacks : tuple of str
        The provider's status callbacks, by event, in order.
    agent_lost : str or None
        Why the agent was given up; the caller heard a prompt instead.
    broken_lines : int
        Journal lines that cannot be read.
    stored : str or None
        What a bare WAV holds, in words.
    """

    id: str | None
    call_id: str | None
    stream_id: str | None
    started: str | None
    format: str | None
    byte_order: str | None
    byte_order_reason: str | None
    rate_hz: int
    samples: int
    health: dict[str, Any] = field(default_factory=dict)
    ended_why: str | None = None
    ended_detail: str | None = None
    callbacks: tuple[str, ...] = ()
    broken_lines: int = 0
    stored: str | None = None
    media_timeout_s: float | None = None
    agent_lost: str | None = None

    @property
    def duration_s(self) -> float:
        """Length of the caller's audio."""
        return self.samples / self.rate_hz

    @property
    def line(self) -> str:
        """Format and byte order in words: ``l16/8000 little-endian``."""
        if "format_refused" in self.health.get("odd", ()):
            return "a format that was refused"
        if self.format is None:
            return self.stored or ""
        return f"{self.format} {self.byte_order}-endian" if self.byte_order else self.format


def stream_facts(
    stream: Connection, started: str, callbacks: Sequence[str], agent_lost: str | None = None
) -> CallFacts:
    """Read the facts off a stream that is still in memory."""
    has_order = stream.format.encoding == "l16"
    return CallFacts(
        id=stream.id,
        call_id=stream.call_id,
        stream_id=stream.stream_id,
        started=started,
        format=str(stream.format),
        byte_order=stream.byte_order if has_order else None,
        byte_order_reason=(stream.byte_order_reason or None) if has_order else None,
        rate_hz=stream.format.rate_hz,
        samples=stream.samples,
        health=stream.health.as_dict(),
        ended_why=stream.end.why if stream.end else None,
        ended_detail=stream.end.detail if stream.end else None,
        callbacks=tuple(callbacks),
        agent_lost=agent_lost,
    )


def call_facts(journal: Journal) -> CallFacts:
    """Read the facts from a journal; what a killed recorder did not note is worked out again."""
    header = journal.header
    noted: dict[str, dict[str, Any]] = {}
    for moment in journal.moments:
        if moment.kind == "ev" and moment.leg == "lab":
            noted[moment.name or ""] = moment.data
    ended = noted.get("ended")
    order = noted.get("byte_order", {})
    ids = noted.get("start_late", header)
    if ended is None:
        stream = heard_again(header, journal.moments)
        health, samples = stream.health.as_dict(), stream.samples
        order = {"order": stream.byte_order, "reason": stream.byte_order_reason}
    else:
        health, samples = ended["health"], ended["samples"]
        forced = header.get("config", {}).get("stream", {}).get("byte_order")
        if not order and forced in ("big", "little"):
            order = {"order": forced, "reason": "as it was set"}
    format_ = header.get("formats", {}).get("inbound", "l16/8000")
    has_order = format_.startswith("l16")
    return CallFacts(
        id=noted.get("adopted", header).get("id"),
        call_id=ids.get("call_id"),
        stream_id=ids.get("stream_id"),
        started=header.get("started"),
        format=format_,
        byte_order=order.get("order") if has_order else None,
        byte_order_reason=(order.get("reason") or None) if has_order else None,
        rate_hz=AudioFormat.parse(format_).rate_hz,
        samples=samples,
        health=health,
        ended_why=ended["why"] if ended else None,
        ended_detail=ended["detail"] if ended else None,
        callbacks=tuple(callback_events(journal.moments)),
        agent_lost=noted.get("agent_lost", {}).get("reason"),
        broken_lines=journal.broken,
        media_timeout_s=header.get("config", {}).get("stream", {}).get("media_timeout_s"),
    )


def bare_facts(audio: Audio, holds: str) -> CallFacts:
    """What a WAV without a journal tells; ``holds`` is what its samples are stored as."""
    channels = "" if audio.channels == 1 else f", {audio.channels} channels"
    return CallFacts(
        id=None,
        call_id=None,
        stream_id=None,
        started=None,
        format=None,
        byte_order=None,
        byte_order_reason=None,
        rate_hz=audio.rate_hz,
        samples=len(audio.samples),
        stored=f"{holds} at {audio.rate_hz} Hz{channels}",
    )


def callback_events(moments: Iterable[Moment]) -> Iterable[str]:
    """The events of the status callbacks among the moments, in order."""
    for moment in moments:
        if moment.leg != "webhook" or moment.way != "in" or moment.kind == "bin":
            continue
        kind = "application/json" if moment.kind == "m" else None
        try:
            callback = vobiz.parse_callback("POST", kind, moment.data.encode(), "")
        except ProtocolError:
            continue
        if callback.event:
            yield callback.event
