"""All commands, and what becomes of their errors."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from voicelab import __version__
from voicelab.cli import call, check, demo, diagnose, realtime, serve
from voicelab.errors import CallNotFound, FormatError, PortBusy, SettingError, VoicelabError

_COMMANDS = (serve, call, demo, check, diagnose, realtime)


def run(argv: Sequence[str] | None) -> int:
    """Parse, run, and turn errors into a sentence and an exit status."""
    options = _parser().parse_args(argv)
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    logging.getLogger("voicelab").setLevel(logging.DEBUG if options.verbose else logging.INFO)
    try:
        return int(asyncio.run(options.run(options)))
    except asyncio.CancelledError:
        print("voicelab: interrupted before the call began", file=sys.stderr)
        return 130
    except BrokenPipeError:  # nobody reads what is printed; the interpreter would try once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (SettingError, FormatError, PortBusy, CallNotFound) as error:
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
