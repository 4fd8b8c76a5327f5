"""``voicelab demo``: the first call, without a browser, a key, a phone or a network."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from voicelab.cli.call import on_signals
from voicelab.cli.progress import Progress

if TYPE_CHECKING:
    from voicelab.analysis.turns import CallTurn


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Describe the command's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "demo",
        help="the first call: a simulated phone calls an agent on this machine",
        description="Open a lab with a local agent, call it with real speech, tell what was said, "
        "and compare the recording with the wire.",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--recordings", metavar="DIR", help="default: recordings/")
    return parser


async def run(options: argparse.Namespace) -> int:
    """Call, compare, tell."""
    from voicelab.analysis.exact import compare_samples
    from voicelab.analysis.turns import call_turns
    from voicelab.lab.lab import Lab
    from voicelab.sim.prompts import prompt_path

    say = sys.stderr if options.json else sys.stdout
    async with await Lab.open(
        port=0, voice_port=0, name="demo", recordings=options.recordings
    ) as lab:
        path = prompt_path("order")
        print(f"A local agent answers on {lab.url}. {path.name} calls it.", file=say)
        with Progress("on the phone") as progress:
            call = await lab.dial(path, on_progress=progress)
            hanging_up: list[asyncio.Task[None]] = []
            on_signals(lambda: hanging_up.append(asyncio.create_task(call.hangup())))
            await call.ended(timeout=60)
        verdict = compare_samples(call.audio().samples, call.sent_pcm())
        files, result = call.files, call.result
        turns = call_turns(call.moments(), call.facts.rate_hz)
        assert result is not None
        if options.json:
            report = result.as_dict() | {
                "recording": str(files.wav),
                "exact": verdict.exact,
                "exact_reason": verdict.reason,
                "turns": [asdict(turn) for turn in turns],
            }
            print(json.dumps(report))
        else:
            print(call)
            for turn in turns:
                print(f"  {_line(turn)}")
            print(f"  {verdict.reason}")
            for note in result.notes:
                print(f"  the caller's file: {note}")
            for file in files.existing():
                print(f"  {file}")
            print("Next: `make lab` opens the first notebook.")
    if hanging_up:
        return 130
    return 0 if verdict.exact else 1


def _line(turn: CallTurn) -> str:
    """``  3.8 s  caller  I would like …``."""
    begin = "      " if turn.begin_s is None else f"{turn.begin_s:4.1f} s"
    waited = "" if turn.latency_ms is None else f"  (after {turn.latency_ms:.0f} ms)"
    return f"{begin}  {turn.who:6}  {turn.text or '…'}{waited}"
