"""What a server is told of the agent that answers telephone calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from voicelab.call.conversation_settings import ConversationSettings, session
from voicelab.call.model_audio import PCM
from voicelab.call.tool_calls import ToolRequest
from voicelab.call.turn import HangUp
from voicelab.net.upstream_options import UpstreamOptions
from voicelab.protocol import realtime

RunTool: TypeAlias = Callable[[ToolRequest, str], Awaitable[str | HangUp]]
"""``await run_tool(request, call_id)`` gives what the model is told, or ends the call."""

RESTED_S = 60.0
"""A session that lasted so long before it was lost may be followed by another one."""

EXPIRED_S = 3.0
"""The same for one that reached the server's limit, however often that happens."""


async def no_tools(request: ToolRequest, call_id: str) -> str:
    """Say that there is no such tool; the model goes on from there."""
    return f'{{"error": "There is no tool named {request.name[:64]!a}."}}'


@dataclass(frozen=True, slots=True)
class AgentOptions:
    """Who answers.

    Attributes
    ----------
    upstream : UpstreamOptions
    conversation : ConversationSettings
    run_tool : callable
        Runs a function that the model calls.
    tool_timeout_s : float
        How long one may take; then the model is told that it did not answer.
    ring_s : float
        How long a connection that was begun at the answer waits for the call's socket.
    full_journal : bool
        Keep the model's audio in the journal as well; it is in the recording anyway.

    Raises
    ------
    ProtocolError
        Where `conversation` is none that a server would take.
    """

    upstream: UpstreamOptions = field(default_factory=UpstreamOptions)
    conversation: ConversationSettings = field(default_factory=ConversationSettings)
    run_tool: RunTool = no_tools
    tool_timeout_s: float = 10.0
    ring_s: float = 30.0
    full_journal: bool = False

    def __post_init__(self) -> None:
        opening = session(self.conversation, PCM, PCM)
        realtime.build(realtime.SessionUpdate(session=opening), self.upstream.dialect)

    def upstream_of(self, call_id: str) -> UpstreamOptions:
        """The connection of one call; a server of our own is told which."""
        return self.upstream.of_call(call_id)

    def config(self) -> dict[str, Any]:
        """What a journal keeps of this: nothing secret."""
        settings = self.conversation
        return {
            **self.upstream.config(),
            "voice": settings.voice,
            "tools": [tool.get("name") for tool in settings.tools],
            "silence_ms": settings.silence_ms,
            "lead_ms": settings.lead_ms,
            "barge_in": settings.barge_in,
        }
