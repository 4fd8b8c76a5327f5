"""What the agent is asked, and when it is to call a tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voicelab.audio.format import AudioFormat
from voicelab.call.conversation_settings import said_word_for_word
from voicelab.call.turn import ToolCall
from voicelab.sim.realtime.conversation import Conversation
from voicelab.sim.realtime.items import Item
from voicelab.sim.realtime.outputs import Ask
from voicelab.sim.realtime.response import Part, Response
from voicelab.sim.realtime.tool_arguments import arguments_for
from voicelab.sim.realtime.turn_maker import sounds_of, turn_of


class Asking:
    """Knows which of the user's items the agent has not answered yet.

    Parameters
    ----------
    conversation : Conversation
    tool_calls : int
        How many tools the first user turn calls, where the session allows several at once.
    call : str or None
        For `Turn.call`.

    Attributes
    ----------
    interrupted : bool
        Whether the agent's last words were cut off.
    """

    def __init__(self, conversation: Conversation, *, tool_calls: int, call: str | None) -> None:
        self.interrupted = False
        self._conversation = conversation
        self._tool_calls = tool_calls
        self._call = call
        self._called = False
        self._new: list[str] = []
        self._asked: dict[str, list[str]] = {}

    def placed(self, item: Item) -> None:
        """Take note of an item of the conversation."""
        if item.role == "user":
            self._new.append(item.id)

    def said(self, part: Part) -> None:
        """Take note of what the agent gave."""
        self._called = self._called or isinstance(part, ToolCall)

    def answered(self, response_id: str) -> None:
        """Take it that a response spoke: what it was asked about is answered."""
        done = self._asked.pop(response_id, [])
        self._new = [each for each in self._new if each not in done]

    def ask(
        self,
        response: Response,
        session: Mapping[str, Any],
        request: Mapping[str, Any],
        items: list[Item] | None,
        format: AudioFormat,
        *,
        timed_out: bool,
    ) -> Ask:
        """Put the question.

        Parameters
        ----------
        response : Response
            That the answer goes into.
        session, request : mapping
            The request's settings win.
        items : list of Item or None
            What it is about, where that is not the conversation.
        format : AudioFormat
            The session's input format.
        timed_out : bool
        """
        say = said_word_for_word(request.get("instructions") or "")
        if items is None:
            context = self._conversation.items
            found = [self._conversation.get(each) for each in self._new]
            new = [item for item in found if item]
            if response.conversation and say is None:
                self._asked = {response.id: [item.id for item in new]}
        else:
            context, new = items, [item for item in items if item.role == "user"]
        interrupted, self.interrupted = self.interrupted, False
        return Ask(
            response.id,
            turn_of(new, context, format, call=self._call, interrupted=interrupted),
            heard=sounds_of(new),
            due_calls=self._due_calls({**session, **request}, request, bool(new)),
            format=response.settings.format,
            timed_out=timed_out,
            say=say,
        )

    def _due_calls(
        self, settings: Mapping[str, Any], request: Mapping[str, Any], spoken_to: bool
    ) -> tuple[ToolCall, ...]:
        choice = settings["tool_choice"]
        tools = [tool for tool in settings["tools"] if tool["type"] == "function"]
        demanded = request.get("tool_choice", "auto") not in ("auto", "none")
        if choice == "none" or not (demanded or (spoken_to and not self._called)):
            return ()
        if isinstance(choice, dict):
            tools = [tool for tool in tools if tool["name"] == choice.get("name")]
        count = self._tool_calls if settings.get("parallel_tool_calls", True) else 1
        return tuple(
            ToolCall(tool["name"], arguments_for(tool.get("parameters"))) for tool in tools[:count]
        )
