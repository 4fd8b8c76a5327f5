"""What the files of a call are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

WAV, HEARD, EAR, JOURNAL = ".wav", ".heard.wav", ".ear.wav", ".journal.jsonl"
_NAME = re.compile(r"call-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z")


def call_name(started: datetime) -> str:
    """``call-2026-05-12T08-21-33-347Z`` for a time (UTC, to the millisecond)."""
    utc = started.astimezone(UTC)
    return f"call-{utc:%Y-%m-%dT%H-%M-%S}-{utc.microsecond // 1000:03d}Z"


def iso_time(when: datetime) -> str:
    """``2026-05-12T08:21:33.347Z``: UTC, to the millisecond."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def later(started: datetime) -> datetime:
    """The next millisecond, for a name that is taken."""
    return started + timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class CallFiles:
    """The paths of one call's files, from the stem they share."""

    stem: Path

    @classmethod
    def of(cls, path: Path) -> CallFiles:
        """From any of the files, or from their stem."""
        for ending in (JOURNAL, HEARD, EAR, WAV):
            if path.name.endswith(ending):
                return cls(path.with_name(path.name.removesuffix(ending)))
        return cls(path)

    @property
    def wav(self) -> Path:
        """The caller."""
        return self._with(WAV)

    @property
    def heard(self) -> Path:
        """Caller left, agent right, placed where it played."""
        return self._with(HEARD)

    @property
    def ear(self) -> Path:
        """What a simulated caller heard."""
        return self._with(EAR)

    @property
    def journal(self) -> Path:
        """All moments."""
        return self._with(JOURNAL)

    def is_copy(self, path: Path) -> bool:
        """Whether one of its files holds what another that is there holds too.

        Both sides, and what a simulated caller heard, beside the caller's own WAV. The files of a
        call are known by their name, or by the journal beside them.
        """
        return (
            path in (self.heard, self.ear)
            and (_NAME.fullmatch(self.stem.name) is not None or self.journal.exists())
            and (self.wav.exists() or (path == self.ear and self.heard.exists()))
        )

    def existing(self) -> list[Path]:
        """Those that are there."""
        return [p for p in (self.wav, self.heard, self.ear, self.journal) if p.exists()]

    def _with(self, ending: str) -> Path:
        return self.stem.with_name(self.stem.name + ending)
