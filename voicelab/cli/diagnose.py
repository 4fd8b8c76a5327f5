"""``voicelab diagnose``: what was this audio, and what went wrong with it?"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from voicelab.cli.check import named


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Describe the command's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "diagnose",
        help="name what went wrong with a recording",
        description="Name what went wrong with a recording, the likeliest explanation first. FILE "
        "and REF are audio files or stored calls: a path, the beginning of an id, or `last`. "
        "docs/clinic.md says what each fault means.",
    )
    parser.add_argument(
        "file", metavar="FILE", help="an audio file, a stored call, or raw bytes with --format"
    )
    parser.add_argument("--against", metavar="REF", help="an audio file of how it ought to sound")
    parser.add_argument("--format", help="how raw bytes were decoded, such as mulaw/8000")
    parser.add_argument("--hint", metavar="FAULT", help="a fault that is suspected")
    parser.add_argument("--repaired", metavar="WAV", help="write it with the fault undone")
    parser.add_argument(
        "--recordings", metavar="DIR", help="where stored calls are (default: recordings)"
    )
    parser.add_argument("--json", action="store_true", help="print the diagnosis as JSON")
    parser.add_argument("--html", metavar="OUT", help="write a page with figures and players")
    return parser


async def run(options: argparse.Namespace) -> int:
    """Read, diagnose, print."""
    from voicelab.audio.wav import wav_bytes
    from voicelab.cli.working import Working
    from voicelab.lab.diagnose import diagnose
    from voicelab.store.whole_file import check_place, write_whole

    for out in filter(None, (options.html, options.repaired)):
        check_place(Path(out))
    given = named(options.file, options.recordings)
    reference = named(options.against, options.recordings) if options.against else None
    with Working("diagnosing"):
        found = diagnose(given, reference, options.hint, options.format)
    print(json.dumps(found.as_json(), ensure_ascii=False) if options.json else found)
    if options.repaired:
        repaired = wav_bytes(found.repaired.samples, found.repaired.rate_hz)
        write_whole(Path(options.repaired), repaired)
    if options.html:
        with Working("drawing"):
            page = found.save_html(options.html)
        print(f"voicelab: the page is {page}", file=sys.stderr)
    return 0
