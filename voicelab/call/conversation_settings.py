"""What a bridged call is told before it begins, and how the model is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET

from voicelab.audio.format import AudioFormat
from voicelab.call.playout import LEAD_MS
from voicelab.protocol import realtime

SILENCE_MS = 500
"""Always said to the server: what it takes by itself has been 200 and 500."""


@dataclass(frozen=True, slots=True)
class ConversationSettings:
    """How a call is talked through with a Realtime model.

    Attributes
    ----------
    instructions, voice : str or None
        None leaves the server's own.
    tools : tuple of dict
        As the session takes them: ``{"type": "function", "name", "description", "parameters"}``.
    transcription : str or None
        The model that writes down what the caller says; None does without.
    greeting : bool or str
        True lets the agent speak first, a text tells it how, False waits for the caller.
    barge_in : bool
        Whether the caller can interrupt.
    silence_ms : int
        A pause so long ends the caller's turn.
    lead_ms : int
        How far audio is sent ahead of its time.
    fallback : dict
        What the caller hears when the agent is lost: mono int16 little-endian, by rate in Hz.
    agree_s : float
        How long the model may take to agree on a session; then the call is given up.
    held_s : float
        How much caller audio waits for the model to be ready; the oldest is dropped beyond it.
    """

    instructions: str | None = None
    voice: str | None = None
    tools: tuple[dict[str, Any], ...] = ()
    transcription: str | None = realtime.DEFAULT_TRANSCRIPTION
    greeting: bool | str = True
    barge_in: bool = True
    silence_ms: int = SILENCE_MS
    lead_ms: int = LEAD_MS
    fallback: dict[int, bytes] = field(default_factory=dict)
    agree_s: float = 10.0
    held_s: float = 10.0


def wire_format(format: AudioFormat) -> dict[str, Any]:
    """A format in the session's words."""
    names = {"mulaw": realtime.PCMU, "alaw": realtime.PCMA, "l16": realtime.PCM}
    return dict(names[format.encoding])


def session(
    settings: ConversationSettings, heard: AudioFormat, said: AudioFormat, *, bare: bool = False
) -> dict[str, Any]:
    """The session's configuration.

    Parameters
    ----------
    settings : ConversationSettings
    heard, said : AudioFormat
        Of the caller's audio and the model's.
    bare : bool
        Leave out what a server may refuse and the call can do without.
    """
    turns = realtime.ServerVad(
        silence_duration_ms=settings.silence_ms,
        interrupt_response=UNSET if settings.barge_in else False,
    )
    wanted = settings.transcription
    written = None if wanted is None else realtime.Transcription(model=wanted)
    config = realtime.Session(
        instructions=UNSET if settings.instructions is None else settings.instructions,
        tools=list(settings.tools) or UNSET,
        output_modalities=UNSET if bare else ["audio"],
        audio=realtime.SessionAudio(
            input=realtime.AudioIn(
                format=wire_format(heard),
                turn_detection=turns,
                transcription=UNSET if bare else written,
            ),
            output=realtime.AudioOut(
                format=wire_format(said),
                voice=UNSET if bare or settings.voice is None else settings.voice,
            ),
        ),
    )
    return config.as_dict()


_SAY_BEGINS = 'Say this to the caller, word for word, and nothing else: "'
_SAY_ENDS = '"'


def word_for_word(text: str) -> str:
    """What to tell a model that shall say a text as it is."""
    return f"{_SAY_BEGINS}{text}{_SAY_ENDS}"


def said_word_for_word(instructions: str) -> str | None:
    """Return the text that `word_for_word` told; None for other instructions."""
    if not (instructions.startswith(_SAY_BEGINS) and instructions.endswith(_SAY_ENDS)):
        return None
    return instructions[len(_SAY_BEGINS) : -len(_SAY_ENDS)]
