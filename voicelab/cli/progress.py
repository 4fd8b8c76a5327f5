"""A progress line on a terminal, and nothing where stderr is none."""

from __future__ import annotations

import sys

_WIDTH = 30


class Progress:
    """Shows how far something is; used as a context manager, it clears its line at the end.

    Parameters
    ----------
    label : str
    after : str
        What goes on once all is through, where the end is still to come.
    """

    def __init__(self, label: str, after: str = "") -> None:
        self._label = label
        self._after = after
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def __call__(self, done_s: float, total_s: float) -> None:
        """Show that ``done_s`` of ``total_s`` seconds are through."""
        if self._shown and total_s > 0:
            part = min(done_s / total_s, 1.0)
            bar = "█" * round(part * _WIDTH)
            then = f"; {self._after}" if part == 1.0 and self._after else ""
            print(
                f"\r{self._label} {bar:·<{_WIDTH}} {done_s:5.1f} of {total_s:.1f} s{then}",
                end="",
                file=sys.stderr,
                flush=True,
            )
