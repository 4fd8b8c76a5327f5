"""How long a frame waits for voicelab's sink, by number of calls at a time.

From just before the load sends a frame until the sink stamps it, the time that goes into the
journal, on one monotonic clock. Both hosts are measured in turns at each number of calls. What the
load itself was late does not count: the time of sending is read when it happens.

Run ``python bench/calls.py``, with ``--full`` for longer rounds, ``--json`` for one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import json
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


def measure(levels: Sequence[int], seconds: float, spread_ms: float) -> list[dict[str, Any]]:
    """Load both hosts with every number of calls in turn; one row each."""
    frames = round(seconds * FRAMES_A_SECOND)
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
            for number, calls in enumerate(levels, start=1):
                batch = Batch(number, calls, frames, spread_ms)
                for host, server in servers.items():
                    placed = place(server, batch, sent)
                    taken.append((host, calls, placed, check(server, batch), np.load(sent)))
        zeros = {host: json.loads((folder / host / "zeros.json").read_text()) for host in HOSTS}
    return [
        row(host, calls, placed, waits_ms(zeros[host], stamps, sent_ns))
        for host, calls, placed, stamps, sent_ns in taken
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


def row(host: str, calls: int, placed: Placed, waits: npt.NDArray[np.float64]) -> dict[str, Any]:
    """One host's figures at one number of calls."""
    p50, p99 = np.percentile(waits, (50, 99))
    return {
        "host": host,
        "calls": calls,
        "frames": waits.size,
        "p50_ms": float(p50),
        "p99_ms": float(p99),
        "max_ms": float(waits.max()),
        "us_per_frame": placed.us_per_frame,
        "load_late_ms_p99": placed.load_late_ms_p99,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out for reading: a line for each number of calls, both hosts beside it."""
    title = "".join(f"{f'host={host} ({loop})':>43}" for host, loop in HOSTS.items())
    head = f"{'p50 ms':>11} {'p99 ms':>7} {'max ms':>7} {'µs a frame':>12}  "
    lines = [f"{'':>15}{title}", f"{'calls':>5} {'frames':>8}{head * len(HOSTS)}"]
    for calls in dict.fromkeys(each["calls"] for each in rows):
        line = [each for each in rows if each["calls"] == calls]
        lines.append(
            f"{calls:>5} {line[0]['frames']:>8}"
            + "".join(
                f"{each['p50_ms']:>11.2f} {each['p99_ms']:>7.2f} {each['max_ms']:>7.2f} "
                f"{each['us_per_frame']:>12.1f}  "
                for each in line
            )
        )
    return "\n".join(line.rstrip() for line in lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, help="of speech (1; 10 with --full)")
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
    seconds = options.seconds or (10 if options.full else 1)
    rows = measure(CALLS if options.full else QUICK_CALLS, seconds, options.spread_ms)
    if options.json:
        print(json.dumps({"seconds": seconds, "spread_ms": options.spread_ms, "rows": rows}))
        return
    late_ms = max(each["load_late_ms_p99"] for each in rows)
    print(f"{seconds:g} s of speech; the load was at most {late_ms:.2f} ms behind (p99)")
    print(table(rows))


if __name__ == "__main__":
    main()
