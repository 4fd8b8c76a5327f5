"""How far a corpus is: a line that changes in a notebook, a line on a terminal, or a callable."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from html import escape
from typing import Any, Final

EVERY_S: Final = 0.2
"""Between two pictures of the line while rows come."""
TICK_S: Final = 0.5
"""Between two while none comes."""
_WIDTH: Final = 30

Progress = Callable[[int, int | None], object]
"""Told how many files are done, and of how many, where that is known."""


class ProgressLine:
    """What is said of a run: how many files, how fast, how long it still takes.

    Parameters
    ----------
    label : str
        What is done, ``check``.
    total : int or None
    """

    def __init__(self, label: str, total: int | None) -> None:
        self.label = label
        self.total = total
        self.done = self.new = self.errors = 0
        self._began_s = time.monotonic()
        self.ended_s: float | None = None

    def count(self, done: int, new: int, error: bool) -> None:
        """Take in the next row."""
        self.done, self.new = done, new
        self.errors += error

    @property
    def took_s(self) -> float:
        """Since it began."""
        return (self.ended_s or time.monotonic()) - self._began_s

    def words(self) -> str:
        """``812 of 2,000 files, 3 with an error, 41.2 a second, 29 s left``."""
        of = "" if self.total is None else f" of {self.total:,}"
        parts = [f"{self.done:,}{of} files"]
        if self.errors:
            parts.append(f"{self.errors:,} with an error")
        if before := self.done - self.new:
            parts.append(f"{before:,} done before")
        if self.new and self.took_s > 0:
            rate = self.new / self.took_s
            parts.append(f"{rate:.3g} a second" if rate < 100 else f"{rate:,.0f} a second")
            if self.ended_s is None and self.total is not None:
                parts.append(f"{_time_words((self.total - self.done) / rate)} left")
        if self.ended_s is not None:
            parts.append(f"{_time_words(self.took_s)} in all")
        return f"{self.label}: {', '.join(parts)}"

    def bar(self) -> str:
        """The words after a bar, where there is a total."""
        if not self.total:
            return self.words()
        full = "█" * (_WIDTH * self.done // self.total)
        return f"{full:·<{_WIDTH}} {self.words()}"

    def __repr__(self) -> str:
        return self.bar()

    def _repr_html_(self) -> str:
        value = f' value="{self.done}" max="{self.total}"' if self.total else ""
        done = self.ended_s is not None
        bar = "" if done else f"<progress{value} style='width:20em'></progress> "
        return f"{bar}<small>{escape(self.words())}</small>"


class Reporter:
    """Shows a :class:`ProgressLine` where there is somebody to see it.

    Parameters
    ----------
    label : str
    total : int or None
    progress : callable, False or None
        Called with each row; False shows nothing; None shows a line in a notebook or on a terminal.
    """

    def __init__(self, label: str, total: int | None, progress: Progress | bool | None) -> None:
        self.line = ProgressLine(label, total)
        self._call = progress if callable(progress) else None
        self._show = _nothing if callable(progress) or progress is False else _shown_by()
        self._shown_s = 0.0

    async def __aenter__(self) -> Reporter:
        self._show(self.line)
        self._ticker = asyncio.create_task(self._tick(), name="voicelab corpus progress")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ticker.cancel()
        await asyncio.gather(self._ticker, return_exceptions=True)
        self.line.ended_s = time.monotonic()
        self._show(self.line)

    async def _tick(self) -> None:
        """Show that time goes by; also, a kernel sees an interrupt only when its loop wakes."""
        while True:
            await asyncio.sleep(TICK_S)
            self._show(self.line)

    def __call__(self, done: int, new: int, error: bool) -> None:
        """Take in the next row, and show the line if it has not just been shown."""
        self.line.count(done, new, error)
        if self._call is not None:
            self._call(done, self.line.total)
        now_s = time.monotonic()
        if now_s - self._shown_s >= EVERY_S:
            self._shown_s = now_s
            self._show(self.line)


def _nothing(line: ProgressLine) -> None:
    pass


def _shown_by() -> Callable[[ProgressLine], None]:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if getattr(shell, "kernel", None) is not None:
        return _InNotebook()
    return _on_terminal if sys.stderr is not None and sys.stderr.isatty() else _nothing


class _InNotebook:
    def __init__(self) -> None:
        self._handle: Any = None

    def __call__(self, line: ProgressLine) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(line, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(line)


def _on_terminal(line: ProgressLine) -> None:
    shown = "" if line.ended_s is not None else line.bar()
    print(f"\r\033[K{shown}", end="", file=sys.stderr, flush=True)


def _time_words(seconds: float) -> str:
    """``29 s``, ``4 min 05 s``, ``2 h 10 min``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
