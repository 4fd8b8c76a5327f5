"""The responses of a session: one at a time for its conversation, any number beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from voicelab.protocol.realtime import codes
from voicelab.sim.realtime.conversation import Conversation
from voicelab.sim.realtime.formats import audio_format
from voicelab.sim.realtime.items import Item
from voicelab.sim.realtime.message import Events
from voicelab.sim.realtime.refusal import Refused
from voicelab.sim.realtime.response import Reason, Response, ResponseSettings

MAX_OUT_OF_BAND: Final = 64
"""Responses at a time that are no part of the conversation."""


class Responses:
    """Those that are in progress.

    Parameters
    ----------
    conversation : Conversation
    conversation_id : str
    mint : callable
        ``mint(prefix)`` makes an id.
    speed : float
        Seconds of sound in a second.
    """

    def __init__(
        self,
        conversation: Conversation,
        conversation_id: str,
        mint: Callable[[str], str],
        speed: float,
    ) -> None:
        self._conversation = conversation
        self._conversation_id = conversation_id
        self._mint = mint
        self._speed = speed
        self._running: dict[str, Response] = {}

    @property
    def active(self) -> Response | None:
        """The conversation's response."""
        return next((each for each in self._running.values() if each.conversation), None)

    @property
    def due_s(self) -> float:
        """When one of them has something to say."""
        return min((each.due_s for each in self._running.values()), default=math.inf)

    def get(self, response_id: str) -> Response | None:
        """Return a response while it is in progress."""
        return self._running.get(response_id)

    def create(
        self,
        session: dict[str, Any],
        request: dict[str, Any],
        context: Sequence[Item],
        begin_s: float,
    ) -> Response:
        """Begin a response.

        Raises
        ------
        Refused
            The conversation has one, or there are too many beside it.
        """
        aside = request.get("conversation") == "none"
        if not aside and (active := self.active):
            raise Refused(
                "Conversation already has an active response in progress: "
                f"{active.id}. Wait until the response is finished before creating a new one.",
                codes.CONVERSATION_ALREADY_HAS_ACTIVE_RESPONSE,
            )
        if len(self._running) > MAX_OUT_OF_BAND:
            raise Refused(f"More than {MAX_OUT_OF_BAND} responses at a time are too many.")
        response = Response(
            self._mint("resp"),
            self._settings(session, request, aside),
            context=context,
            conversation=None if aside else self._conversation,
            mint=self._mint,
            begin_s=begin_s,
            speed=self._speed,
        )
        self._running[response.id] = response
        return response

    def cancel(self, response_id: str | None, reason: Reason) -> tuple[Response, Events]:
        """Break off one, or the conversation's.

        Raises
        ------
        Refused
            It is not in progress.
        """
        response = self.active if response_id is None else self.get(response_id)
        if response is None:
            raise Refused(
                "Cancellation failed: no active response found",
                codes.RESPONSE_CANCEL_NOT_ACTIVE,
            )
        del self._running[response.id]
        return response, response.cancel(reason)

    def advance(self, now_s: float) -> list[tuple[Response, Events]]:
        """Return what is due of each; those that ended are in progress no more."""
        due = [each for each in self._running.values() if each.due_s <= now_s]
        said = [(response, response.advance(now_s)) for response in due]
        for response in due:
            if response.state != "in_progress":
                del self._running[response.id]
        return said

    def _settings(
        self, session: dict[str, Any], request: dict[str, Any], aside: bool
    ) -> ResponseSettings:
        output = {**session["audio"]["output"], **request.get("audio", {}).get("output", {})}
        modalities = request.get("output_modalities", session["output_modalities"])
        max_output_tokens = request.get("max_output_tokens", session["max_output_tokens"])
        return ResponseSettings(
            format=audio_format(output["format"]) if modalities == ["audio"] else None,
            described={
                "conversation_id": None if aside else self._conversation_id,
                "output_modalities": modalities,
                "max_output_tokens": max_output_tokens,
                "audio": {"output": {"format": output["format"], "voice": output["voice"]}},
                "metadata": request.get("metadata"),
            },
            max_ms=ResponseSettings.max_ms_of(max_output_tokens),
        )
