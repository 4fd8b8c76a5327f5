"""What all events have in common, and the two names for what is not understood."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Dialect: TypeAlias = Literal["ga", "beta"]
"""What is spoken: the API as it is, or as it was until May 2026 and some servers still have it."""


class Event(
    msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag_field="type"
):
    """One message of either direction; a field that is None is not sent.

    Attributes
    ----------
    event_id : str or None
        The server gives every event one; a client's own is named by the error it causes.
    """

    event_id: str | None = None

    @property
    def type(self) -> str:
        """The name on the wire, such as ``session.update``."""
        return str(self.__struct_config__.tag)


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """A JSON object with a ``type`` that is none of the events; it passes through untouched.

    Attributes
    ----------
    type : str
    raw : str
        The text as it came.
    """

    type: str
    raw: str


class Malformed(msgspec.Struct, frozen=True, gc=False):
    """A text that is no JSON object with a ``type``, or an event without what makes it one.

    Attributes
    ----------
    reason : str
        A short phrase, with the event's type where it came that far.
    raw : str or bytes
        What came.
    """

    reason: str
    raw: str | bytes
