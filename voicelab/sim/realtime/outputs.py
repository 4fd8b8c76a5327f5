"""What a session's core wants done: each output is one act of its shell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from voicelab.audio.format import AudioFormat
from voicelab.call.turn import ToolCall, Turn
from voicelab.protocol.realtime.server_events import ServerEvent


@dataclass(frozen=True, slots=True)
class Sound:
    """Speech as it goes over the wire.

    Attributes
    ----------
    payload : bytes
    format : AudioFormat
    transcript : str
        Its words; empty where they are not known.
    """

    payload: bytes
    format: AudioFormat
    transcript: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the agent for a response, and give the core what it says.

    Attributes
    ----------
    response_id : str
    turn : Turn
    heard : tuple of Sound
        What the turn was made of, in the session's input format.
    due_calls : tuple of ToolCall
        What an agent that knows nothing of tools is to call now.
    format : AudioFormat or None
        How the answer is to sound; None wants text.
    timed_out : bool
        Whether it is asked because nobody spoke for the idle time.
    say : str or None
        What is to be said as it is, whoever the agent is.
    """

    response_id: str
    turn: Turn
    heard: tuple[Sound, ...] = ()
    due_calls: tuple[ToolCall, ...] = ()
    format: AudioFormat | None = None
    timed_out: bool = False
    say: str | None = None

    def came_over_the_wire(self, text: str) -> bool:
        """Whether a text is a client's, so that it names no file of this machine."""
        known = (self.say, self.turn.text, *(said.text for said in self.turn.history))
        asked = text.strip().casefold()
        return any(asked in each.casefold() for each in known if each)


@dataclass(frozen=True, slots=True)
class Send:
    """An event for the client."""

    event: ServerEvent


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Nobody waits for the agent's answer to this response any more."""

    response_id: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket. The last output of a session."""

    code: int
    reason: str


Output: TypeAlias = Send | Ask | Dismiss | Close
