"""Who answers in a local session: the agents that come with it, and how one is chosen."""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import msgspec

from voicelab.audio.clip import Audio
from voicelab.call.turn import HangUp, ToolCall
from voicelab.errors import SettingError
from voicelab.sim.prompts import prompt_names, prompt_path
from voicelab.sim.realtime.outputs import Ask, Sound

Utterance: TypeAlias = str | Audio | Path | Sound | ToolCall | HangUp
"""What an agent gives: words, sound, a WAV, a tool to call, or the end."""

AgentGiven: TypeAlias = str | Callable[..., Any]

MAX_SCRIPT_BYTES: Final = 1 << 20
_KINDS: Final = "parrot, script:FILE, module:function or a function"


class Agent(Protocol):
    """One session's agent."""

    def answer(self, ask: Ask) -> AsyncIterator[Utterance]:
        """Say what there is to say, in order."""


class Parrot:
    """Says back what it hears, byte for byte where both formats are the same."""

    async def answer(self, ask: Ask) -> AsyncIterator[Utterance]:
        """Call the tools that are due; else say what was heard, else something of its own."""
        if ask.due_calls:
            for call in ask.due_calls:
                yield call
        elif ask.timed_out:
            yield prompt_path("sorry")
        elif ask.heard:
            for sound in ask.heard:
                yield sound
        elif ask.turn.text:
            yield ask.turn.text
        else:
            yield prompt_path("greeting")


class Script:
    """Says one line after another, whatever it hears; after the last, the first again.

    Parameters
    ----------
    lines : sequence of str
        Names of prompts, paths of sound files, or texts.
    """

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._next = 0

    async def answer(self, ask: Ask) -> AsyncIterator[Utterance]:
        """Call the tools that are due, else say the next line."""
        if ask.due_calls:
            for call in ask.due_calls:
                yield call
            return
        line = self._lines[self._next % len(self._lines)]
        self._next += 1
        yield prompt_path(line) if line in prompt_names() else line


def agent_maker(given: AgentGiven) -> Callable[[], Agent | Callable[..., Any]]:
    """Return what makes each session its agent.

    Parameters
    ----------
    given : str or callable
        ``"parrot"``, ``"script:FILE"``, ``"module:function"``, or a function of a `Turn`. A
        function is looked up again by module and name each time, so that an edited one counts.

    Raises
    ------
    SettingError
        It is none of these, or not to be found.
    """
    if callable(given):
        return lambda: _again(given)
    if given == "parrot":
        return Parrot
    kind, _, rest = given.partition(":")
    if kind == "script":
        lines = _script(Path(rest))
        return lambda: Script(lines)
    if kind and rest:
        function = _imported(kind, rest)
        return lambda: _again(function)
    raise SettingError(f"There is no agent {given!r}. Give {_KINDS}.")


def _again(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what goes by the name of this function now."""
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    found = getattr(module, getattr(function, "__name__", ""), None)
    nested = "." in getattr(function, "__qualname__", ".")
    return found if callable(found) and not nested else function


def _imported(module_name: str, name: str) -> Callable[..., Any]:
    try:
        function = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError) as error:
        raise SettingError(
            f"There is no agent {module_name}:{name} ({error}). "
            "Check the names, and that the module can be imported from here."
        ) from None
    if not callable(function):
        raise SettingError(f"{module_name}:{name} is no function. Name one that takes a turn.")
    return function  # type: ignore[no-any-return]


def _script(path: Path) -> list[str]:
    """Read lines: a JSON list of strings, or a text with a line each and ``#`` for remarks."""
    try:
        if path.stat().st_size > MAX_SCRIPT_BYTES:
            raise SettingError(f"The script {path} is too long. 1 MiB will do.")
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"The script {path} cannot be read: {error}.") from None
    lines = _json_lines(path, text) if text.lstrip().startswith("[") else _text_lines(text)
    if not lines:
        raise SettingError(f"The script {path} is empty. Write a prompt or a text a line.")
    return lines


def _json_lines(path: Path, text: str) -> list[str]:
    try:
        return msgspec.json.decode(text, type=list[str])
    except msgspec.MsgspecError as error:
        raise SettingError(f"The script {path} is no JSON list of texts: {error}.") from None


def _text_lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]
