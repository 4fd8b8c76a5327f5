"""The gate for responses: when one may be asked for.

A session makes one response at a time. It also makes one by itself when the caller has ended a
turn. Whoever asks at the wrong moment gets ``conversation_already_has_active_response``, and then
silence; so a wish waits here until it can be granted, and any number of wishes is one response.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

OWN_RESPONSE_NS = 3_000_000_000
"""So long after the caller's turn the model's own response is waited for."""

ANSWER_NS = 10_000_000_000
"""So long a response that was asked for may take to begin; then it is asked for again."""


@dataclass(slots=True)
class ResponseGate:
    """Keeps the wish for a response until it may be sent.

    Attributes
    ----------
    active : str or None
        The id of the response that is being made.
    """

    active: str | None = None
    _wish: dict[str, Any] | None = None
    _own_words: list[dict[str, Any]] = field(default_factory=list)
    _asked_ns: int | None = None
    _asked: dict[str, Any] = field(default_factory=dict)
    _granted: dict[str, Any] | None = None
    _granted_alone: bool = False
    _speaking: bool = False
    _own_ns: int | None = None

    @property
    def idle(self) -> bool:
        """Nothing is being made, asked for or wished."""
        waits = self._wish is not None or bool(self._own_words)
        return self.active is None and self._asked_ns is None and not waits

    def want(self, response: dict[str, Any] | None = None) -> None:
        """Wish for a response; one that says more replaces one that says less."""
        self._wish = response or self._wish or {}

    def want_alone(self, response: dict[str, Any]) -> None:
        """Wish for a response of its own, which no other one stands for."""
        self._own_words.append(response)

    def take(self, now_ns: int) -> dict[str, Any] | None:
        """What to ask for now, or None; the caller of this sends it."""
        if self._asked_ns is not None and now_ns - self._asked_ns > ANSWER_NS:
            self._ask_again()
        if self._own_ns is not None and now_ns - self._own_ns > OWN_RESPONSE_NS:
            self._own_ns = None
        busy = self._speaking or self._own_ns is not None
        if self.active is not None or self._asked_ns is not None or busy:
            return None
        if self._own_words:
            self._asked = self._own_words[0]
        elif self._wish is not None:
            self._asked, self._wish = self._wish, None
        else:
            return None
        self._asked_ns = now_ns
        return self._asked

    def refused(self, now_ns: int) -> None:
        """Another response is active, though we may not have heard of it: wait for it.

        Where one has begun since, that was the model's own; where none was asked for, it was the
        model that could not answer by itself. Either way a response is missing.
        """
        if self._asked_ns is None:
            self._want_again()
        self._ask_again()
        if self.active is None:
            self._own_ns = now_ns

    def speech_started(self) -> None:
        """The caller speaks; the model will answer by itself."""
        self._speaking, self._own_ns = True, None

    def speech_stopped(self, now_ns: int) -> None:
        """The caller's turn is over."""
        self._speaking, self._own_ns = False, now_ns

    def created(self, response: str) -> None:
        """A response has begun; what was wished for before is part of what it answers."""
        self.active = response
        self._own_ns = None
        self._granted, self._granted_alone = None, self._asked_alone
        if self._asked_ns is None:
            self._wish = None
        else:
            self._granted = self._own_words.pop(0) if self._granted_alone else self._asked
        self._asked_ns = None

    def done(self, response: str) -> None:
        """A response is over."""
        if self.active == response:
            self.active = self._granted = None

    def lost(self) -> None:
        """The session is gone; a wish that was not granted is kept."""
        self._ask_again()
        self.active, self._speaking, self._own_ns = None, False, None

    def _want_again(self) -> None:
        if self._granted is not None and self._granted_alone:
            self._own_words.insert(0, self._granted)
        else:
            self._wish = self._wish or self._granted or {}
        self._granted = None

    def _ask_again(self) -> None:
        if self._asked_ns is not None and not self._asked_alone:
            self._wish = self._wish or self._asked
        self._asked_ns = None

    @property
    def _asked_alone(self) -> bool:
        return bool(self._own_words) and self._asked is self._own_words[0]
