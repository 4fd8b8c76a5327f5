"""The command line: ``voicelab serve | call | demo``.

Exit status 0 is fine, 1 means that the thing itself failed, 2 that the command was wrong. With
``--json`` one object goes to stdout; everything else that is said goes to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence

from voicelab import __version__
from voicelab.cli import call, demo, serve
from voicelab.errors import FormatError, PortBusy, SettingError, VoicelabError

_COMMANDS = (serve, call, demo)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    options = _parser().parse_args(argv)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(message)s",
        stream=sys.stderr,
    )
    try:
        return int(asyncio.run(options.run(options)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("voicelab: interrupted", file=sys.stderr)
        return 130
    except (SettingError, FormatError, PortBusy) as error:
        print(f"voicelab: {error}", file=sys.stderr)
        return 2
    except (VoicelabError, OSError) as error:
        print(f"voicelab: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="voicelab", description="A workbench for telephone voice agents."
    )
    parser.add_argument("--version", action="version", version=f"voicelab {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        sub = command.add_to(commands)
        sub.add_argument("-v", "--verbose", action="store_true", help="say more on stderr")
        sub.set_defaults(run=command.run)
    return parser
