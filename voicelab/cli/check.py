"""``voicelab check``: a recording beside what it should be."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Describe the command's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "check",
        help="compare a recording with what it should be",
        description="Align a recording with its reference and say what happened on the way: "
        "delay, drift, gaps, exactness, noise. REC and REF are audio files or stored calls: a "
        "path, the beginning of an id, or `last`. Exit status 1: the reference is not in it. "
        "docs/clinic.md says what each number means.",
    )
    parser.add_argument("recording", metavar="REC", help="an audio file, or a stored call")
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
    return parser


async def run(options: argparse.Namespace) -> int:
    """Compare and tell."""
    from voicelab.audio.clip import Audio
    from voicelab.audio.format import AudioFormat
    from voicelab.cli.outputs import check_outputs
    from voicelab.cli.working import Working
    from voicelab.errors import SettingError
    from voicelab.lab.check import check
    from voicelab.lab.sound import name_of, sound_of
    from voicelab.store.names import HEARD

    if options.format:
        AudioFormat.parse(options.format)
    given = named(options.recording, options.recordings)
    known = named(options.against, options.recordings)
    check_outputs([options.html], [given, known])
    recording, reference = sound_of(given), sound_of(known)
    channels = recording.channels
    if options.channel is not None:
        if not 1 <= options.channel <= channels:
            raise SettingError(
                f"{options.recording} has {channels} channel{'s' * (channels > 1)}: "
                f"there is no --channel {options.channel}."
            )
        samples = recording.samples.reshape(len(recording.samples), -1)[:, options.channel - 1]
        recording = Audio(samples.copy(), recording.rate_hz)
    elif channels > 1:
        of_a_call = ": 1 is the caller, 2 the agent" if options.recording.endswith(HEARD) else ""
        raise SettingError(
            f"{options.recording} has {channels} channels: choose one with --channel{of_a_call}."
        )
    if reference.channels > 1:
        raise SettingError(
            f"{options.against} has {reference.channels} channels: a reference has one. "
            "Write that channel into a file of its own."
        )
    with Working("comparing"):
        report = replace(
            check(recording, reference, options.format or _carried(given), full=options.full),
            recording_name=name_of(given, "recording"),
            reference_name=name_of(known, "reference"),
        )
    if options.json:
        print(json.dumps(report.as_dict()))
    else:
        for name, value, _ in report.rows():
            print(f"{name:>18}  {value}")
    if options.html:
        with Working("drawing"):
            page = report.save_html(options.html)
        print(f"voicelab: the page is {page}", file=sys.stderr)
    return 0 if report.exact or report.alignment is not None else 1


def named(name: str, recordings: str | None) -> Any:
    """A file as its path, or a stored call."""
    from voicelab.lab.find import find_call
    from voicelab.lab.places import existing

    path = existing(name)
    if path.exists() and path.suffix != ".jsonl":
        return path
    return find_call(name, Path(recordings) if recordings else None)


def _carried(given: Any) -> str | None:
    """What a stored call's line carried, where that is known."""
    from voicelab.lab.call import Call

    return given.facts.format if isinstance(given, Call) else None
