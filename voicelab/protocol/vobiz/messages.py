"""The messages of a Vobiz media stream, both directions, as frozen values.

A field that tolerant reading could not make sense of is None; which ones
:func:`~voicelab.protocol.vobiz.build` insists on is said there.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec


class Start(msgspec.Struct, frozen=True, gc=False):
    """The provider's first message: what the stream is and which call it belongs to.

    Attributes
    ----------
    call_id, stream_id, account_id : str or None
        The call id equals the answer request's ``CallUUID``; a reconnect has a new stream id.
    tracks : tuple of str
        ``"inbound"`` is the caller, ``"outbound"`` what the caller hears.
    encoding : str or None
        As it came, such as ``audio/x-mulaw``; some senders append ``;rate=8000``.
    rate_hz : int or None
        Samples a second, from ``sampleRate``, else from a ``;rate=`` inside the encoding.
    sequence : int or None
        0 at this provider.
    extra_headers : str
        JSON in a string; ``"{}"`` in everything seen.
    """

    call_id: str | None = None
    stream_id: str | None = None
    account_id: str | None = None
    tracks: tuple[str, ...] = ()
    encoding: str | None = None
    rate_hz: int | None = None
    sequence: int | None = None
    extra_headers: str = "{}"


class Media(msgspec.Struct, frozen=True, gc=False):
    """20 ms of one track, as a rule; the last frame may be of any length.

    Attributes
    ----------
    payload : bytes
        Audio in the format that ``start`` declared.
    track : str
        ``"inbound"`` or ``"outbound"``.
    chunk : int or None
        The frame's number, 0 to 2**63 - 1; the first is 1.
    timestamp_ms : int or None
        The provider's sample clock, epoch-like, 20 ms a frame.
    stream_id : str or None
    sequence : int or None
        The message's number; equal to ``chunk`` in everything seen.
    """

    payload: bytes
    track: str = "inbound"
    chunk: int | None = None
    timestamp_ms: int | None = None
    stream_id: str | None = None
    sequence: int | None = None


class PlayedStream(msgspec.Struct, frozen=True, gc=False):
    """The provider's word that everything queued before checkpoint ``name`` was played."""

    name: str
    stream_id: str | None = None


class ClearedAudio(msgspec.Struct, frozen=True, gc=False):
    """The provider's word that the queue was emptied; its sequence is 0, outside the numbering."""

    stream_id: str | None
    sequence: int | None = None


class Dtmf(msgspec.Struct, frozen=True, gc=False):
    """A key the caller pressed: one of ``0-9 * # A-D``."""

    digit: str
    stream_id: str | None = None
    track: str = "inbound"
    timestamp_ms: int | None = None
    sequence: int | None = None


class Stop(msgspec.Struct, frozen=True, gc=False):
    """The end of the stream; sent by the app, and by some providers with a reason."""

    stream_id: str | None
    reason: str | None = None


class PlayAudio(msgspec.Struct, frozen=True, gc=False):
    """Audio the app queues for the caller.

    Attributes
    ----------
    stream_id : str or None
    content_type : str
        ``audio/x-l16`` or ``audio/x-mulaw``; whatever was sent, when read.
    rate_hz : int
        Samples a second.
    payload : bytes
        Raw mono samples, no file header.
    """

    stream_id: str | None
    content_type: str
    rate_hz: int
    payload: bytes


class Checkpoint(msgspec.Struct, frozen=True, gc=False):
    """A mark the app queues behind its audio; answered by :class:`PlayedStream`."""

    stream_id: str | None
    name: str


class ClearAudio(msgspec.Struct, frozen=True, gc=False):
    """The app's wish to drop unplayed audio and pending checkpoints."""

    stream_id: str | None


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """A JSON object that is none of the messages; ``event`` is None where it names none."""

    event: str | None
    data: dict[str, Any]


class Malformed(msgspec.Struct, frozen=True, gc=False):
    """A text that is not JSON, no object, or a known event without what makes it one.

    Attributes
    ----------
    reason : str
        A short phrase in lower case.
    event : str or None
        The event it claimed to be, where it came that far.
    """

    reason: str
    event: str | None = None


Message: TypeAlias = (
    Start
    | Media
    | PlayedStream
    | ClearedAudio
    | Dtmf
    | Stop
    | PlayAudio
    | Checkpoint
    | ClearAudio
    | Unknown
    | Malformed
)
"""Everything :func:`~voicelab.protocol.vobiz.parse` can return."""
