"""Who answers, as a person writes it down."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from voicelab.call.conversation_settings import SILENCE_MS, ConversationSettings
from voicelab.errors import SettingError
from voicelab.lab.tools import ToolGiven
from voicelab.net.upstream_options import KEY_VARIABLE, UpstreamOptions
from voicelab.protocol.realtime import DEFAULT_MODEL, DEFAULT_TRANSCRIPTION, URL, Dialect
from voicelab.secret import Secret

Respond: TypeAlias = Callable[..., Any]
"""``async def agent(turn)``: a coroutine function or an async generator function."""

LOCAL, OPENAI = "local", "openai"


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent that answers calls.

    Parameters
    ----------
    url : str or callable
        ``"openai"`` for OpenAI's Realtime API, whose calls cost money; ``"ws://…"`` or ``"wss://…"``
        for any server that speaks it; an ``async def agent(turn)`` of your own;
        ``"local"``, a stand-in on this machine that says back what it hears.
    model : str
        Of OpenAI's, or what the other server calls its own.
    instructions, voice : str, optional
        Default: the server's own.
    tools : sequence of functions
        What the model may call: plain functions or ``async`` ones, with type hints and a docstring.
        ``HangUp`` among them lets it end the call.
    greeting : bool or str
        True lets the agent speak first, a text tells it how, False waits for the caller.
    transcription : str or None
        The model that writes down what the caller says; None does without.
    barge_in : bool
        Whether the caller can interrupt.
    silence_ms : int
        A pause so long ends the caller's turn.
    dialect : {"ga", "beta"}
        ``"beta"`` is for servers that still speak it; OpenAI's does not.
    key : str, optional
        Sent to the server as a bearer token, never shown. Default: for OpenAI's
        ``OPENAI_API_KEY`` of the environment, for others none.
    timeout_s : float
        How long a tool, or each part of a function's answer, may take.

    Raises
    ------
    SettingError
        Where something makes no sense, or OpenAI's has no key.

    Examples
    --------
    >>> Agent("ws://127.0.0.1:8765/v1/realtime", voice="marin")
    <Agent ws://127.0.0.1:8765/v1/realtime?model=gpt-realtime-2.1>
    """

    url: str | Respond = LOCAL
    model: str = DEFAULT_MODEL
    instructions: str | None = None
    voice: str | None = None
    tools: Sequence[ToolGiven] = ()
    greeting: bool | str = True
    transcription: str | None = DEFAULT_TRANSCRIPTION
    barge_in: bool = True
    silence_ms: int = SILENCE_MS
    dialect: Dialect = "ga"
    key: str | Secret | None = None
    timeout_s: float = 10.0

    def __post_init__(self) -> None:
        set_field = object.__setattr__
        set_field(self, "tools", tuple(self.tools))
        if isinstance(self.key, str):
            set_field(self, "key", Secret(self.key))
        if not 0 < self.silence_ms <= 10_000:
            raise SettingError(f"silence_ms is {self.silence_ms!r}; it goes from 1 to 10000.")
        if not self.timeout_s > 0:
            raise SettingError(f"timeout_s is {self.timeout_s!r}; give seconds above 0.")
        if callable(self.url):
            _check_function(self.url)
        elif self.url != LOCAL:
            self._check_server()

    @property
    def is_local(self) -> bool:
        """Whether it is answered by this machine, by the stand-in or by a function."""
        return callable(self.url) or self.url == LOCAL

    @property
    def costs_money(self) -> bool:
        """Whether each call is charged for."""
        return not self.is_local and self.upstream(str(self.url)).is_openai

    def upstream(self, url: str) -> UpstreamOptions:
        """The connection of one call, to this URL or to ``"openai"``."""
        key = self.key if isinstance(self.key, Secret) else None
        where = URL if url == OPENAI else url
        return UpstreamOptions(url=where, model=self.model, key=key, dialect=self.dialect)

    def conversation(
        self, tools: tuple[dict[str, Any], ...], fallback: dict[int, bytes]
    ) -> ConversationSettings:
        """How a call is talked through.

        Parameters
        ----------
        tools : tuple of dict
            As the session takes them.
        fallback : dict
            What is heard where the agent is lost: int16 little-endian by rate in Hz.
        """
        return ConversationSettings(
            instructions=self.instructions,
            voice=self.voice,
            tools=tools,
            transcription=self.transcription,
            greeting=self.greeting,
            barge_in=self.barge_in,
            silence_ms=self.silence_ms,
            fallback=fallback,
        )

    def _check_server(self) -> None:
        if not isinstance(self.url, str) or (
            self.url != OPENAI and not self.url.startswith(("ws://", "wss://"))
        ):
            raise SettingError(
                f"agent is {self.url!r}; choose 'local', 'openai', None, a ws:// or wss:// URL, "
                "an Agent(…), or an async def agent(turn)."
            )
        options = self.upstream(self.url)
        if options.is_openai and options.secret() is None:
            raise SettingError(
                f"OpenAI's Realtime API needs a key: set {KEY_VARIABLE} in the environment, or "
                "give Agent('openai', key=…). Its calls cost money; agent='local' needs no key."
            )

    def __repr__(self) -> str:
        name = self.url.__name__ if callable(self.url) else str(self.url)
        where = name if self.is_local else self.upstream(name).shown
        tools = [getattr(tool, "__name__", "?") for tool in self.tools]
        with_tools = f", tools: {', '.join(tools)}" if tools else ""
        return f"<Agent {where}{with_tools}>"


AgentGiven: TypeAlias = str | Agent | Respond | None


def as_agent(given: AgentGiven) -> Agent | None:
    """Make an agent of what a person gave; None is nobody."""
    if given is None or isinstance(given, Agent):
        return given
    return Agent(given)


def _check_function(function: Respond) -> None:
    if not (inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)):
        name = getattr(function, "__name__", repr(function))
        raise SettingError(f"An agent is written async def {name}(turn); this one is not async.")
