"""The configuration of a session, with exactly the fields that GA knows.

What is not set is not sent, and the server keeps what it has; None is sent as null, which turns a
thing off. A server refuses the whole update for one field it does not know, and goes on with the
old one; so here a wrong name or value is an error at once.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from voicelab.errors import ProtocolError
from voicelab.protocol.realtime.formats import PCM, PCMA, PCMU

URL: Final = "wss://api.openai.com/v1/realtime"
DEFAULT_MODEL: Final = "gpt-realtime-2.1"
DEFAULT_TRANSCRIPTION: Final = "gpt-transcribe"

_Ms: TypeAlias = Annotated[int, Meta(ge=0)]
_Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]


class _Part(msgspec.Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """A piece of the configuration."""


class ServerVad(_Part, frozen=True, kw_only=True, tag_field="type", tag="server_vad"):
    """Turns end after a silence.

    Attributes
    ----------
    silence_duration_ms : int
        How long; always sent, since OpenAI's documents say 500 and its sessions 200.
    threshold : float
        0 to 1; the server's own is 0.5.
    prefix_padding_ms : int
        What is kept from before the speech; the server's own is 300.
    create_response, interrupt_response : bool
        Whether the model answers a turn and falls silent when the caller speaks, both by itself;
        True at the server.
    idle_timeout_ms : int or None
        How long after its answer the model asks whether anybody is there; off at the server.
    """

    silence_duration_ms: _Ms = 500
    threshold: _Share | UnsetType = UNSET
    prefix_padding_ms: _Ms | UnsetType = UNSET
    create_response: bool | UnsetType = UNSET
    interrupt_response: bool | UnsetType = UNSET
    idle_timeout_ms: _Ms | UnsetType | None = UNSET


class SemanticVad(_Part, frozen=True, kw_only=True, tag_field="type", tag="semantic_vad"):
    """Turns end where the words do; `eagerness` low, medium, high waits 8, 4, 2 s at most."""

    eagerness: Literal["low", "medium", "high", "auto"] | UnsetType = UNSET
    create_response: bool | UnsetType = UNSET
    interrupt_response: bool | UnsetType = UNSET


class Transcription(_Part, frozen=True, kw_only=True):
    """The caller's words, written down beside the conversation; the model itself hears audio."""

    model: str = DEFAULT_TRANSCRIPTION
    language: str | UnsetType = UNSET
    languages: list[str] | UnsetType = UNSET
    prompt: str | UnsetType = UNSET
    keywords: list[str] | UnsetType = UNSET
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | UnsetType = UNSET


class NoiseReduction(_Part, frozen=True, kw_only=True):
    """For a headset (``near_field``) or a room (``far_field``)."""

    type: Literal["near_field", "far_field"]
    strength: float | UnsetType = UNSET


class AudioIn(_Part, frozen=True, kw_only=True):
    """What the model hears: `format` is one of ``PCM PCMU PCMA``; None for `turn_detection` leaves
    committing and asking for responses to the client.
    """  # noqa: D205 - one sentence

    format: dict[str, Any] | UnsetType = UNSET
    turn_detection: ServerVad | SemanticVad | UnsetType | None = UNSET
    transcription: Transcription | UnsetType | None = UNSET
    noise_reduction: NoiseReduction | UnsetType | None = UNSET


class AudioOut(_Part, frozen=True, kw_only=True):
    """How the model sounds.

    Attributes
    ----------
    format : dict
        One of ``PCM PCMU PCMA``.
    voice : str or dict
        A name, or ``{"id": "voice_…"}``; cannot change once the model has spoken.
    speed : float
        0.25 to 1.5; changes between turns only.
    """

    format: dict[str, Any] | UnsetType = UNSET
    voice: str | dict[str, Any] | UnsetType = UNSET
    speed: Annotated[float, Meta(ge=0.25, le=1.5)] | UnsetType = UNSET


class SessionAudio(_Part, frozen=True, kw_only=True):
    """Both directions."""

    input: AudioIn | UnsetType = UNSET
    output: AudioOut | UnsetType = UNSET


class Reasoning(_Part, frozen=True, kw_only=True):
    """How long the model thinks; models from 2 on."""

    effort: Literal["minimal", "low", "medium", "high", "xhigh"]


class Session(_Part, frozen=True, kw_only=True):
    """What ``session.update`` sets.

    Attributes
    ----------
    type : {"realtime", "transcription"}
        Always sent: an update without it is refused.
    model : str
        Fixed by the socket's address; cannot change.
    output_modalities : list of str
        ``["audio"]``, which has a transcript, or ``["text"]``; not both.
    instructions : str
        ``""`` clears them.
    tools : list of dict
        ``{"type": "function", "name", "description", "parameters"}``; ``[]`` clears them.
    tool_choice : str or dict
        ``auto none required``, or one tool.
    max_output_tokens : int or "inf"
    truncation : str or dict
        ``auto disabled``, or a ``retention_ratio``.
    """

    type: Literal["realtime", "transcription"] = "realtime"
    model: str | UnsetType = UNSET
    output_modalities: list[Literal["audio", "text"]] | UnsetType = UNSET
    instructions: str | UnsetType = UNSET
    audio: SessionAudio | UnsetType = UNSET
    tools: list[dict[str, Any]] | UnsetType = UNSET
    tool_choice: str | dict[str, Any] | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    reasoning: Reasoning | UnsetType = UNSET
    max_output_tokens: Annotated[int, Meta(ge=1, le=4096)] | Literal["inf"] | UnsetType = UNSET
    truncation: str | dict[str, Any] | UnsetType = UNSET
    tracing: str | dict[str, Any] | UnsetType | None = UNSET
    include: list[str] | UnsetType | None = UNSET
    prompt: dict[str, Any] | UnsetType | None = UNSET

    def as_dict(self) -> dict[str, Any]:
        """Return what ``session.update`` sends.

        Raises
        ------
        ProtocolError
            A value that the server would refuse.
        """
        try:
            session: dict[str, Any] = msgspec.to_builtins(self)
            msgspec.convert(session, Session)
        except (msgspec.ValidationError, TypeError) as error:
            raise ProtocolError(
                f"The session cannot be so: {error}. The server would refuse all of it."
            ) from None
        for way, settings in session.get("audio", {}).items():
            if settings.get("format", PCM) not in (PCM, PCMU, PCMA):
                raise ProtocolError(
                    f"audio.{way}.format is {settings['format']!r}. Give PCM, PCMU or PCMA."
                )
        if session.get("output_modalities", ["audio"]) not in (["audio"], ["text"]):
            raise ProtocolError(
                'output_modalities is ["audio"], which has a transcript too, or ["text"].'
            )
        return session
