"""Tool calls of a response: run side by side, answered together."""

from __future__ import annotations

from dataclasses import dataclass


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
    """Which calls are out, so that one response follows the last output and none before."""

    def __init__(self) -> None:
        self._out: dict[str, ToolRequest] = {}
        self._owed = False

    def begin(self, request: ToolRequest) -> bool:
        """A call is complete; False where it is known already."""
        if request.call_id in self._out:
            return False
        self._out[request.call_id] = request
        self._owed = True
        return True

    def end(self, call_id: str) -> ToolRequest | None:
        """An output has come; None for a call that is not out."""
        return self._out.pop(call_id, None)

    def take(self) -> bool:
        """Whether a response is owed now; ask only while none is being made, which may call more.

        It is owed once.
        """
        if not self._owed or self._out:
            return False
        self._owed = False
        return True
