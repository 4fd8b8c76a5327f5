"""How long a frame waits for voicelab's sink, by number of calls at a time.

From just before the load sends a frame until the sink stamps it, the time that goes into the
journal, on one monotonic clock. Both hosts are measured in turns at each number of calls, and each
figure is the median of its rounds. What the load was behind its own clock does not count, but is
shown: where it was far behind, the machine had other things to do, for the sink as well.

Run ``python bench/calls.py``, with ``--full`` for longer rounds, ``--json`` for one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import wire
from checking import Stamps, check
from contenders import Running, voicelab_host
from placing import Batch, Placed, place

FRAMES_A_SECOND = 50
CALLS = (1, 10, 50, 100, 200, 300)
QUICK_CALLS = (10, 100, 300)
HOSTS = {"kernel": "asyncio", "thread": "uvloop"}
WARMING = Batch(0, calls=50, frames=25)


def measure(
    levels: Sequence[int], seconds: float, rounds: int, spread_ms: float
) -> list[dict[str, Any]]:
    """Load both hosts with every number of calls in turn; one row each."""
    frames = round(seconds * FRAMES_A_SECOND)
    batches = [
        Batch(number, calls, frames, spread_ms)
        for number, calls in enumerate([*levels] * rounds, start=1)
    ]
    taken: list[tuple[str, int, Placed, Stamps, npt.NDArray[np.int64]]] = []
    with tempfile.TemporaryDirectory() as name:
        folder, sent = Path(name), Path(name) / "sent.npy"
        with contextlib.ExitStack() as stack:
            servers = {
                host: stack.enter_context(Running(voicelab_host(host, host), folder / host))
                for host in HOSTS
            }
            for server in servers.values():
                place(server, WARMING)
                check(server, WARMING)
            for batch in batches:
                for host, server in servers.items():
                    placed = place(server, batch, sent)
                    stamps = check(server, batch)
                    taken.append((host, batch.calls, placed, stamps, np.load(sent)))
        zeros = {host: json.loads((folder / host / "zeros.json").read_text()) for host in HOSTS}
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    for host, calls, placed, stamps, sent_ns in taken:
        waits = waits_ms(zeros[host], stamps, sent_ns)
        found.setdefault((host, calls), []).append(figures(placed, waits))
    return [
        {"host": host, "calls": calls, "frames": calls * frames * rounds, **medians(each)}
        for (host, calls), each in found.items()
    ]


def waits_ms(
    zeros_ns: dict[str, int], stamps: Stamps, sent_ns: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """How long each frame of a batch waited; ``sent_ns`` is by frame and caller."""
    waits = [
        np.array(times) + zeros_ns[call_id] - sent_ns[:, wire.caller(call_id)]
        for call_id, times in stamps.items()
    ]
    return np.concatenate(waits) / 1e6


def figures(placed: Placed, waits: npt.NDArray[np.float64]) -> dict[str, float]:
    """What one round tells."""
    p50, p99 = np.percentile(waits, (50, 99))
    return {
        "p50_ms": float(p50),
        "p99_ms": float(p99),
        "max_ms": float(waits.max()),
        "us_per_frame": placed.us_per_frame,
        "load_behind_ms_p99": placed.load_behind_ms_p99,
    }


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out for reading: a line for each number of calls, both hosts beside it."""
    columns = {
        "p50 ms": ("p50_ms", ".2f"),
        "p99 ms": ("p99_ms", ".2f"),
        "max ms": ("max_ms", ".1f"),
        "load p99": ("load_behind_ms_p99", ".2f"),
        "µs a frame": ("us_per_frame", ".1f"),
    }
    head = "".join(f"{name:>{len(name) + 2}}" for name in columns)
    titles = "".join(f"  {f'host={host} ({loop})':>{len(head)}}" for host, loop in HOSTS.items())
    lines = [" " * 14 + titles, f"{'calls':>5} {'frames':>8}" + f"  {head}" * len(HOSTS)]
    for calls in dict.fromkeys(each["calls"] for each in rows):
        both = [each for each in rows if each["calls"] == calls]
        cells = (
            "".join(
                f"{format(each[key], form):>{len(name) + 2}}"
                for name, (key, form) in columns.items()
            )
            for each in both
        )
        lines.append(f"{calls:>5} {both[0]['frames']:>8}" + "".join(f"  {cell}" for cell in cells))
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, help="of speech a round (1; 4 with --full)")
    parser.add_argument("--rounds", type=int, help="at each number of calls (1; 3 with --full)")
    parser.add_argument(
        "--spread-ms",
        type=float,
        default=wire.FRAME_MS,
        help="of the callers' clocks (%(default)s)",
    )
    parser.add_argument(
        "--full", action="store_true", help="more numbers of calls, a few minutes, less noise"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    seconds = options.seconds or (4 if options.full else 1)
    rounds = options.rounds or (3 if options.full else 1)
    levels = CALLS if options.full else QUICK_CALLS
    rows = measure(levels, seconds, rounds, options.spread_ms)
    if options.json:
        told = {"seconds": seconds, "rounds": rounds, "spread_ms": options.spread_ms}
        print(json.dumps({**told, "rows": rows}))
        return
    print(f"{seconds:g} s of speech a round, rounds: {rounds}")
    print(table(rows))


if __name__ == "__main__":
    main()
