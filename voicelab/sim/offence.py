"""Oddities in what the application sent: let pass, but written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_OFFENCES: Final = 1000
_EXCERPT_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Offence:
    """One thing that a stricter provider would have refused.

    Attributes
    ----------
    rule : str
        A short name that does not change, such as ``wrong-stream-id``.
    message : str
        What was odd, and what to send instead.
    raw_excerpt : str
        How the message began.
    """

    rule: str
    message: str
    raw_excerpt: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return it for JSON."""
        return {"rule": self.rule, "message": self.message, "raw_excerpt": self.raw_excerpt}


class OffenceBook:
    """The offences of one call, in order: the first 1,000 are kept, all are counted."""

    def __init__(self) -> None:
        self.count = 0
        self._kept: list[Offence] = []

    def note(self, rule: str, message: str, raw: str | bytes = "") -> None:
        """Write one down."""
        self.count += 1
        if len(self._kept) < MAX_OFFENCES:
            start = raw[: 4 * _EXCERPT_CHARS]
            text = start.decode("utf-8", "replace") if isinstance(start, bytes) else start
            self._kept.append(Offence(rule, message, text[:_EXCERPT_CHARS]))

    def __iter__(self) -> Iterator[Offence]:
        return iter(self._kept)
