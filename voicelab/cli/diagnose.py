"""``voicelab diagnose``: what was this audio, and what went wrong with it?"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from voicelab.errors import FormatError


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Describe the command's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "diagnose",
        help="name what went wrong with a recording",
        description="Name what went wrong with a recording, the likeliest explanation first.",
    )
    parser.add_argument("file", metavar="FILE", help="an audio file, or raw bytes with --format")
    parser.add_argument("--against", metavar="REF", help="an audio file of how it ought to sound")
    parser.add_argument("--format", help="how raw bytes were decoded, such as mulaw/8000")
    parser.add_argument("--hint", metavar="FAULT", help="a fault that is suspected")
    parser.add_argument("--repaired", metavar="WAV", help="write it with the fault undone")
    parser.add_argument("--json", action="store_true", help="print the diagnosis as JSON")
    return parser


async def run(options: argparse.Namespace) -> int:
    """Read, diagnose, print."""
    from voicelab.audio.diagnosis import diagnose

    given = _read(options.file)
    reference = _read(options.against) if options.against else None
    found = diagnose(given, reference, options.hint, options.format)
    if options.repaired:
        found.repaired.save(options.repaired)
    print(json.dumps(found.as_json(), ensure_ascii=False) if options.json else found)
    return 0


def _read(name: str) -> bytes:
    path = Path(name)
    if path.is_dir():
        raise FormatError(f"{path} is a directory; name one audio file in it.")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise FormatError(f"There is no file {path}.") from None
