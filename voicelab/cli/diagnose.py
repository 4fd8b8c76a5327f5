"""``voicelab diagnose``: what was this audio, and what went wrong with it?"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from voicelab.cli.given import both_named, is_several
from voicelab.cli.several import add_table_options, diagnose_several
from voicelab.cli.streams import answer, remark


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Describe the command's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "diagnose",
        help="name what went wrong with recordings",
        description="Name what went wrong with a recording, the likeliest explanation first. FILE "
        "and REF are audio files or stored calls: a path, the beginning of an id, or `last`. "
        "Several FILEs, or a folder of them, give a table; REF is then how all of them ought to "
        "sound, or a folder with a file called like each. One of them may be `-`, standard input. "
        "docs/clinic.md says what each fault "
        "means.",
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="+",
        help="an audio file, a stored call, a folder, or raw bytes with --format",
    )
    parser.add_argument(
        "--against", metavar="REF", help="an audio file or call: how it ought to sound"
    )
    parser.add_argument("--format", help="how raw bytes were decoded, such as mulaw/8000")
    parser.add_argument(
        "--channel", type=int, metavar="N", help="of several, from 1 on; default: the loudest"
    )
    parser.add_argument("--hint", metavar="FAULT", help="a fault that is suspected")
    parser.add_argument("--repaired", metavar="WAV", help="write it with the fault undone")
    parser.add_argument(
        "--recordings", metavar="DIR", help="where stored calls are (default: recordings)"
    )
    parser.add_argument("--json", action="store_true", help="print the diagnosis as JSON")
    parser.add_argument("--html", metavar="OUT", help="write a page with figures and players")
    add_table_options(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Read, diagnose, print."""
    from voicelab.audio.wav import wav_bytes
    from voicelab.cli.outputs import check_outputs
    from voicelab.cli.working import Working
    from voicelab.lab.diagnose import diagnose
    from voicelab.lab.sound import holds_a_header
    from voicelab.store.piped import Piped
    from voicelab.store.whole_file import write_whole

    if is_several(options.file, options):
        return diagnose_several(options)
    name = options.file[0]
    given, reference = both_named(name, options.against or None, options.recordings)
    check_outputs([options.html, options.repaired], [given, reference])
    with Working("diagnosing"):
        found = diagnose(given, reference, options.hint, options.format, channel=options.channel)
    answer(json.dumps(found.as_json()) if options.json else str(found))
    if options.format and isinstance(given, (Path, Piped)) and holds_a_header(given):
        remark(
            f"{name} begins as an audio file, and --format takes it for bytes of the wire, header "
            "and all. Leave --format away to have it read as a file."
        )
    if options.repaired:
        repaired = wav_bytes(found.repaired.samples, found.repaired.rate_hz)
        out = write_whole(Path(options.repaired), repaired)
        said = "the repaired sound is" if found.changed else "nothing was repaired; as heard it is"
        remark(f"{said} {out}")
    if options.html:
        with Working("drawing"):
            page = found.save_html(options.html)
        remark(f"the page is {page}")
    return 0
