"""Offences in what the application sent: let pass, but written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["fail", "warn"]

WARNINGS: Final = frozenset({"deep-queue", "frame-length", "large-payload", "play-before-cleared"})
"""Rules of good manners; breaking any other rule may cost audio or the call."""

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

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return "warn" if self.rule in WARNINGS else "fail"

    def as_dict(self) -> dict[str, str]:
        """Return it for JSON."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
            "raw_excerpt": self.raw_excerpt,
        }

    def __str__(self) -> str:
        return f"{self.severity}: {self.rule}: {self.message} {self.raw_excerpt}".rstrip()


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
