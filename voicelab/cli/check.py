"""``voicelab check``: a recording beside what it should be."""

from __future__ import annotations

import argparse
import json
from typing import Any


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Describe the command's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "check",
        help="compare a recording with what it should be",
        description="Align a recording with its reference and say what happened on the way: "
        "delay, drift, gaps, exactness, noise. Exit status 1: the reference is not in it.",
    )
    parser.add_argument("recording", metavar="REC", help="any audio file, or a stored call")
    parser.add_argument(
        "--against", required=True, metavar="REF", help="any audio file: what was played"
    )
    parser.add_argument("--format", help="what the line carried; default: found out")
    parser.add_argument(
        "--channel", type=int, metavar="N", help="of a recording with several, from 1 on"
    )
    parser.add_argument(
        "--full", action="store_true", help="score every ten seconds, not twelve of them"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


async def run(options: argparse.Namespace) -> int:
    """Compare and tell."""
    from voicelab.audio.clip import Audio
    from voicelab.errors import SettingError
    from voicelab.lab.check import check, sound_of

    recording = sound_of(options.recording)
    if options.channel is not None:
        if not 1 <= options.channel <= recording.channels:
            raise SettingError(f"--channel is 1 to {recording.channels}, not {options.channel}.")
        samples = recording.samples.reshape(len(recording.samples), -1)[:, options.channel - 1]
        recording = Audio(samples.copy(), recording.rate_hz)
    report = check(recording, options.against, options.format, full=options.full)
    if options.json:
        print(json.dumps(report.as_dict()))
    else:
        for name, value, _ in report.rows():
            print(f"{name:>18}  {value}")
    return 0 if report.exact or report.alignment is not None else 1
