"""All commands, and what becomes of their errors."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence

from voicelab import __version__
from voicelab.cli import call, check, demo, diagnose, realtime, serve
from voicelab.cli.parser import Parser
from voicelab.cli.streams import forget
from voicelab.errors import CallNotFound, FormatError, PortBusy, SettingError, VoicelabError

_COMMANDS = (serve, call, demo, check, diagnose, realtime)


def run(argv: Sequence[str] | None) -> int:
    """Parse, run, and turn errors into a sentence and an exit status."""
    options, unknown = _parser().parse_known_args(argv)
    if unknown:
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    logging.getLogger("voicelab").setLevel(logging.DEBUG if options.verbose else logging.INFO)
    try:
        done = options.run(options)
        return int(asyncio.run(done) if asyncio.iscoroutine(done) else done)
    except asyncio.CancelledError:
        print("voicelab: interrupted before the call began", file=sys.stderr)
        return 130
    except BrokenPipeError:  # nobody reads what is printed
        forget(sys.stdout)
        return 1
    except (SettingError, FormatError, PortBusy, CallNotFound) as error:
        print(f"voicelab: {error}", file=sys.stderr)
        return 2
    except (VoicelabError, OSError) as error:
        print(f"voicelab: {error}", file=sys.stderr)
        return 1


def _parser() -> Parser:
    parser = Parser(prog="voicelab", description="A workbench for telephone voice agents.")
    parser.add_argument("--version", action="version", version=f"voicelab {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        sub = command.add_to(commands)
        sub.add_argument("-v", "--verbose", action="store_true", help="say more on stderr")
        sub.set_defaults(run=command.run, parser=sub)
    return parser
