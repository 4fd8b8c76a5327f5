"""What an agent is given when it is to speak, and what it gives besides words and sound."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from voicelab.audio.samples import Int16Array

Who = Literal["user", "assistant", "system", "tool"]

_KEYS_BEGIN: Final = "The caller pressed the keys "
_KEYS: Final = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class Said:
    """One entry of a conversation.

    Attributes
    ----------
    who : {"user", "assistant", "system", "tool"}
        Also a tool's output is an entry.
    text : str or None
        None where no words are known.
    ms : int
        How much sound it was, or how much of it was heard; 0 for text.
    cut : bool
        Whether it was interrupted; `text` then ends near where the sound did.
    """

    who: Who
    text: str | None
    ms: int = 0
    cut: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """The other side has spoken, or nobody has yet and the agent is to begin.

    Attributes
    ----------
    audio : ndarray of int16, shape (n,)
        What was said since the agent last spoke; empty where nothing was.
    rate_hz : int
        Its samples a second.
    text : str or None
        Its words, where they are known.
    keys : str
        Telephone keys pressed since the agent last spoke, such as ``"12#"``.
    history : tuple of Said
        The conversation so far, this turn included.
    call : str or None
        Which call it is, where whoever connects says so.
    interrupted : bool
        Whether the agent's last words were cut off.
    """

    audio: Int16Array
    rate_hz: int
    text: str | None = None
    keys: str = ""
    history: tuple[Said, ...] = ()
    call: str | None = None
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The agent wants a tool called; the agent is asked again when its output has come.

    Attributes
    ----------
    name : str
    arguments : dict
        By parameter name; what JSON can say.
    """

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HangUp:
    """The agent ends the call once its last words were heard.

    Attributes
    ----------
    reason : str
        For the journal.
    """

    reason: str = ""


HANG_UP_TOOL: Final = "hang_up"
"""A function call of this name, with a ``reason``, is how a `HangUp` goes over the wire."""


def keys_text(keys: str) -> str:
    """Say in words for a model which telephone keys were pressed."""
    return f"{_KEYS_BEGIN}{keys}"


def keys_in(text: str) -> str | None:
    """Return the keys that `keys_text` put into words; None for any other text."""
    keys = text.removeprefix(_KEYS_BEGIN)
    return keys if keys and keys != text and set(keys) <= _KEYS else None
