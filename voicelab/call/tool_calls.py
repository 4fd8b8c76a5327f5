"""Tool calls of a response: run side by side, answered together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from voicelab.call.history import History
from voicelab.protocol import realtime


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A function that the model wants called.

    Attributes
    ----------
    call_id, name : str
    arguments : str
        JSON, as the model wrote it.
    """

    call_id: str
    name: str
    arguments: str


class ToolCalls:
    """Which calls are out, so that one response follows the last output and none before.

    Parameters
    ----------
    history : History
    send : callable
        Gives the model an event.
    run : callable
        Told of each function call.
    """

    def __init__(
        self,
        history: History,
        send: Callable[[realtime.ClientEvent], bool],
        run: Callable[[ToolRequest], None],
    ) -> None:
        self._history = history
        self._send = send
        self._run = run
        self._out: dict[str, ToolRequest] = {}
        self._owed = False

    def begin(self, item: dict[str, Any]) -> None:
        """An item of the model is complete; where it is a call that was not cut off, run it."""
        if item.get("type") != "function_call" or item.get("status") == "incomplete":
            return
        request = ToolRequest(
            str(item.get("call_id")), str(item.get("name")), str(item.get("arguments") or "{}")
        )
        if request.call_id in self._out:
            return
        self._out[request.call_id] = request
        self._owed = True
        call = realtime.function_call(request.name, request.call_id, request.arguments)
        self._history.item(f"call {request.call_id}", call)
        self._run(request)

    def end(self, call_id: str, output: str) -> bool:
        """An output has come; False for a call that is not out.

        Raises
        ------
        ProtocolError
            For one that cannot be sent; the call stays out.
        """
        if call_id not in self._out:
            return False
        item = realtime.function_output(call_id, output)
        self._send(realtime.ConversationItemCreate(item=item))
        self._history.item(f"output {call_id}", item)
        del self._out[call_id]
        return True

    @property
    def waiting(self) -> bool:
        """Whether any output is still to come."""
        return bool(self._out)

    def take(self) -> bool:
        """Whether a response is owed now; ask only while none is being made, which may call more.

        It is owed once.
        """
        if not self._owed or self._out:
            return False
        self._owed = False
        return True
