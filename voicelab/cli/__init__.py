"""The command line: ``voicelab serve | call | demo | check``.

Exit status 0 is fine, 1 means that the thing itself failed, 2 that the command was wrong, 130 that
it was interrupted. With ``--json`` one object goes to stdout, or a list where several files are
given; all else that is said goes to stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    try:
        from voicelab.cli.commands import run

        return run(argv)
    except KeyboardInterrupt:
        print("voicelab: interrupted", file=sys.stderr)
        return 130
