"""What is said: answers on stdout, all else on stderr, whether or not somebody reads it."""

from __future__ import annotations

import os
import sys
from typing import TextIO


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


def _say(text: str, stream: TextIO) -> None:
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        forget(stream)
