"""``voicelab demo``: the first call, without a browser, a key, a phone or a network."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

from voicelab.cli.call import on_signals
from voicelab.cli.progress import Progress


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Describe the command's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "demo",
        help="the first call: a simulated phone calls a sink on this machine",
        description="Open a sink, call it with real speech, compare the recording with the wire.",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--recordings", metavar="DIR", help="default: recordings/")
    return parser


async def run(options: argparse.Namespace) -> int:
    """Call, compare, tell."""
    from voicelab.analysis.exact import compare_samples
    from voicelab.lab.lab import Lab
    from voicelab.sim.prompts import prompt_path

    say = sys.stderr if options.json else sys.stdout
    async with await Lab.open(
        agent=None, port=0, name="demo", recordings=options.recordings
    ) as lab:
        path = prompt_path("order")
        print(f"A sink listens on {lab.url}. {path.name} calls it.", file=say)
        with Progress("on the phone") as progress:
            call = await lab.dial(path, on_progress=progress)
            hanging_up: list[asyncio.Task[None]] = []
            on_signals(lambda: hanging_up.append(asyncio.create_task(call.hangup())))
            await call.ended(timeout=60)
        verdict = compare_samples(call.audio().samples, call.sent_pcm())
        files, result = call.files, call.result
        assert result is not None
        if options.json:
            report = result.as_dict() | {
                "recording": str(files.wav),
                "exact": verdict.exact,
                "exact_reason": verdict.reason,
            }
            print(json.dumps(report))
        else:
            print(call)
            print(f"  {verdict.reason}")
            for note in result.notes:
                print(f"  the caller's file: {note}")
            for file in files.existing():
                print(f"  {file}")
            print("Next: `make lab` opens the same call in a notebook.")
    if hanging_up:
        return 130
    return 0 if verdict.exact else 1
