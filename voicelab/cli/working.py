"""A line on a terminal while something is worked out, and nothing where stderr is none."""

from __future__ import annotations

import sys
import threading
import time

_EVERY_S = 0.5


class Working:
    """Says what is being done and for how long; used as a context manager, it clears its line.

    The work goes on in the main thread, where Ctrl-C reaches it.

    Parameters
    ----------
    doing : str
        What is being done first; :meth:`now` says what is next.
    """

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._begun = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> Working:
        if sys.stderr.isatty():
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def now(self, doing: str) -> None:
        """Something else is done from now on."""
        self._doing = doing

    def _tell(self) -> None:
        while not self._over.wait(_EVERY_S):
            passed_s = time.monotonic() - self._begun
            words = f"\r\033[K{self._doing} … {passed_s:.0f} s"
            print(words, end="", file=sys.stderr, flush=True)
