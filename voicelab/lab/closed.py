"""What closing a lab or a sink has freed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Closed:
    """What ``close()`` gives back; it shows itself in one line.

    Attributes
    ----------
    calls : int
        Calls that ran and were ended.
    port : int or None
        The port that is free again; None where none was held.
    threads : int
        Threads that have ended.
    files : int
        Files that were open and are finished.
    left : tuple of str
        What should be gone and is not, by name. Empty where all is well.
    voice_port : int or None
        The bridge's port, where there was one.
    """

    calls: int = 0
    port: int | None = None
    threads: int = 0
    files: int = 0
    left: tuple[str, ...] = ()
    voice_port: int | None = None

    def __repr__(self) -> str:
        freed = [
            f"{_number(self.calls, 'call')} ended" if self.calls else "",
            *(f"port {port}" for port in (self.port, self.voice_port) if port is not None),
            _number(self.threads, "thread") if self.threads else "",
            _number(self.files, "file") if self.files else "",
        ]
        line = "closed: " + (", ".join(filter(None, freed)) or "nothing was open")
        return f"{line}; STILL THERE: {', '.join(self.left)}" if self.left else line


def _number(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'s' * (count != 1)}"
