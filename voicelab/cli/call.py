"""``voicelab call``: one simulated call to any server that speaks the provider's protocol."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from math import nan
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from voicelab.cli.progress import Progress
from voicelab.lab.places import existing


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Describe the command's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "call",
        help="call a server as the telephone provider would",
        description="Place a simulated call: an audio file is the caller, URL answers it.",
    )
    parser.add_argument("file", metavar="FILE", help="any audio file: what the caller says")
    parser.add_argument("--to", type=_url, required=True, metavar="URL", help="the answer URL")
    parser.add_argument("--format", help="what the line carries; default: what the answer asks for")
    parser.add_argument(
        "--byte-order", choices=["little", "big"], default="little", help="of L16 (%(default)s)"
    )
    parser.add_argument(
        "--speed", type=_speed, default=1.0, metavar="N", help="N times real time (%(default)g)"
    )
    parser.add_argument(
        "--hold", type=_seconds, default=2.0, metavar="S",
        help="hang up S seconds after the last word (%(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--max", type=_seconds, default=120.0, metavar="S",
        help="the longest wait after the caller's last word (%(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--listen", type=_seconds, default=0.0, metavar="S",
        help="let the agent speak first; begin when it is done, or after S seconds of silence",
    )  # fmt: skip
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME[=VALUE]", dest="faults",
        help="let something go wrong; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--list-faults", action=_ListFaults, nargs=0, help="say what faults there are, and stop"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of what faults do by chance (%(default)s)"
    )
    parser.add_argument(
        "--strict", action="store_true",
        help="check the server as a strict provider would; exit 1 where it fails",
    )  # fmt: skip
    parser.add_argument("--ear", metavar="WAV", help="write what the caller heard")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


async def run(options: argparse.Namespace) -> int:
    """Call, show progress, print what came of it."""
    from voicelab.audio.clip import Audio
    from voicelab.sim.phone import Carrier

    after = f"the caller listens; hangs up {options.hold:g} s after the last word"
    with Progress("calling", after) as progress:
        carrier = Carrier(
            options.to,
            format=options.format,
            byte_order=options.byte_order,
            speed=options.speed,
            hold_s=options.hold,
            max_s=options.max,
            listen_s=options.listen,
            faults=options.faults,
            seed=options.seed,
            strict=options.strict,
        )
        dialling = asyncio.ensure_future(carrier.dial(existing(options.file), on_progress=progress))
        on_signals(dialling.cancel)
        async with await dialling as call:
            hanging_up: list[asyncio.Task[Any]] = []
            on_signals(lambda: hanging_up.append(asyncio.create_task(call.hangup())))
            result = await call.ended()
    if options.ear:
        Audio(call.heard_pcm(), call.format.rate_hz).save(Path(options.ear))
    if options.json:
        print(json.dumps(result.as_dict()))
    else:
        print_result(result)
    return 1 if result.failed else 0


def print_result(result: Any) -> None:
    """Say what came of a call, in lines."""
    for note in result.notes:
        print(f"note: {note}", file=sys.stderr)
    heard = "nothing was heard of an agent"
    if result.first_audio_ms is not None:
        heard = (
            f"the agent was heard after {result.first_audio_ms:.0f} ms, "
            f"for {result.frames_received * 0.02:.2f} s"
        )
    print(f"call {result.call_id}: {result.frames_sent} frames sent, {heard}")
    print(f"ended by {result.ended_by}, checkpoints passed: {result.checkpoints}")
    if result.ended_by == "timeout":
        print("the agent went on for too long: see --hold and --max")
    rules = Counter(offence.rule for offence in result.offences)
    for rule, times in rules.items():
        first = next(offence for offence in result.offences if offence.rule == rule)
        print(f"offence: {first}" + (f" (× {times})" if times > 1 else ""))
    for fault, times in result.faults.items():
        print(f"fault: {fault}, {times} times")


def on_signals(act: Callable[[], object]) -> None:
    """Do this on SIGINT and SIGTERM from now on, where the platform lets a loop take signals."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, act)


class _ListFaults(argparse.Action):
    """Print the faults and end, whatever else was given."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from voicelab.sim.faults import fault_lines

        print("\n".join(fault_lines()))
        parser.exit()


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise argparse.ArgumentTypeError(f"{text} is not an answer URL such as http://host:port/")
    return text


def _speed(text: str) -> float:
    return _number(text, 0.01, 1000)


def _seconds(text: str) -> float:
    return _number(text, 0, 86400)


def _number(text: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{text} is no number from {least:g} to {most:g}")
    return value
