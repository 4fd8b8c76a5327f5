"""A line on a terminal while something is worked out, and nothing where stderr is none."""

from __future__ import annotations

import sys
import threading
import time

from voicelab.cli.steps import step_of
from voicelab.cli.streams import alone

_EVERY_S = 0.5


class Working:
    """Says what is being done, in which step it is and for how long; at its end the line is gone.

    The work goes on in the thread that enters it, where Ctrl-C reaches it. Another one looks from
    time to time at what that one is in, so that the work itself need not tell. Libraries
    that are not Python say nothing meanwhile.

    Parameters
    ----------
    doing : str
        What is being done.
    """

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._begun = time.monotonic()
        self._over = threading.Event()
        self._worker = threading.get_ident()
        self._thread = threading.Thread(target=self._tell, daemon=True)
        self._alone = alone()

    def __enter__(self) -> Working:
        self._alone.__enter__()
        if sys.stderr.isatty():
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        self._alone.__exit__(None, None, None)

    def words(self) -> str:
        """``comparing: looking for gaps … 12 s``, or without a step where none is known."""
        step = step_of(sys._current_frames().get(self._worker))
        passed_s = time.monotonic() - self._begun
        return f"{self._doing}{f': {step}' if step else ''} … {passed_s:.0f} s"

    def _tell(self) -> None:
        while not self._over.wait(_EVERY_S):
            print(f"\r\033[K{self.words()}", end="", file=sys.stderr, flush=True)
