"""What runs in a worker process: orders come in as lines, rows go out as lines."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Final

READY: Final = b"ready\n"
"""The first line that a worker writes."""


def main() -> None:
    """Work until there is nobody to work for.

    Standard output is kept for rows alone: a decoder that prints must not get between them.
    """
    from voicelab.lab.corpus.row import answer

    with os.fdopen(os.dup(1), "wb") as rows, suppress(BrokenPipeError):
        os.dup2(2, 1)
        rows.write(READY)
        rows.flush()
        for line in sys.stdin.buffer:
            rows.write(answer(json.loads(line)) + b"\n")
            rows.flush()
