"""``voicelab check``: a recording beside what it should be."""

from __future__ import annotations

import argparse
import json
from typing import Any

from voicelab.cli.given import both_named, is_several
from voicelab.cli.several import add_table_options, check_several
from voicelab.cli.streams import answer, remark


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Describe the command's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "check",
        help="compare recordings with what they should be",
        description="Align a recording with its reference and say what happened on the way: "
        "delay, drift, gaps, exactness, noise. REC and REF are audio files or stored calls: a "
        "path, the beginning of an id, or `last`. Several RECs, or a folder of them, give a table; "
        "REF is then what all of them should be, or a folder with a file called like each. One of "
        "them may be `-`, standard input. Exit "
        "status 1: the reference is not in it. docs/clinic.md says what each number means.",
    )
    parser.add_argument(
        "recording", metavar="REC", nargs="+", help="an audio file, a stored call, or a folder"
    )
    parser.add_argument(
        "--against", required=True, metavar="REF", help="an audio file or call: what was played"
    )
    parser.add_argument("--format", help="what the line carried; default: found out")
    parser.add_argument(
        "--channel", type=int, metavar="N", help="of a recording with several, from 1 on"
    )
    parser.add_argument(
        "--full", action="store_true", help="score every ten seconds, not twelve of them"
    )
    parser.add_argument(
        "--recordings", metavar="DIR", help="where stored calls are (default: recordings)"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--html", metavar="OUT", help="write a page with figures and players")
    add_table_options(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Compare and tell."""
    from voicelab.audio.format import AudioFormat
    from voicelab.cli.outputs import check_outputs
    from voicelab.cli.working import Working
    from voicelab.lab.check import check

    if is_several(options.recording, options):
        return check_several(options)
    if options.format:
        AudioFormat.parse(options.format)
    given, known = both_named(options.recording[0], options.against, options.recordings)
    check_outputs([options.html], [given, known])
    form = options.format or _carried(given)
    with Working("comparing"):
        report = check(given, known, form, full=options.full, channel=options.channel)
    if options.json:
        answer(json.dumps(report.as_dict()))
    else:
        answer("\n".join(f"{name:>18}  {value}" for name, value, _ in report.rows()))
    if options.html:
        with Working("drawing"):
            page = report.save_html(options.html)
        remark(f"the page is {page}")
    return 0 if report.exact or report.alignment is not None else 1


def _carried(given: Any) -> str | None:
    """What a stored call's line carried, where that is known."""
    from voicelab.lab.call import Call

    return given.facts.format if isinstance(given, Call) else None
