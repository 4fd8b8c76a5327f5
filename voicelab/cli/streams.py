"""What is said: answers on stdout, all else on stderr, whether or not somebody reads it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

_STDERR = 2


def answer(text: str) -> None:
    """Print what was asked for; where its reader has gone away, the work goes on without it."""
    _say(text, sys.stdout)


def remark(text: str) -> None:
    """Say something beside the answer."""
    _say(f"voicelab: {text}", sys.stderr)


def forget(stream: TextIO) -> None:
    """Send the rest into nothing; the interpreter would try once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@contextmanager
def alone() -> Iterator[None]:
    """Let only Python write to stderr.

    A decoder's library complains there of a broken file, in the middle of what is said to a person;
    what came of it is in the answer.
    """
    spoken = sys.stderr
    try:
        owned = spoken.fileno() == _STDERR
    except (AttributeError, OSError, ValueError):  # replaced by something that is no file, or none
        owned = False
    if not owned:
        yield
        return
    spoken.flush()
    kept = os.dup(_STDERR)
    sys.stderr = os.fdopen(kept, "w", 1, spoken.encoding, spoken.errors)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)
    try:
        yield
    finally:
        with suppress(OSError):
            sys.stderr.flush()
        os.dup2(kept, _STDERR)
        sys.stderr.close()
        sys.stderr = spoken


def _say(text: str, stream: TextIO) -> None:
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        forget(stream)
