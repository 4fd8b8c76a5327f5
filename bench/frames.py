"""CPU per paced media frame: voicelab's sink beside a Bun server and a bare epoll loop.

All are started, warmed, and then loaded in turns with the same paced callers, one at a time. The
figure is user and system time of a server's whole process tree while the callers speak, by frame;
what the end of a call takes stands beside it. A round counts only where every sample, and every
message in the journals, is what was sent.

Run ``python bench/frames.py``, with ``--full`` for longer rounds, ``--json`` for one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import contenders
from checking import check
from contenders import Contender, Running, Unavailable
from placing import Batch, Placed, place

FRAMES_A_SECOND = 50
WARMING = Batch(0, calls=100, frames=25)
OURS = "voicelab"

PLAN: dict[str, Callable[[], Contender]] = {
    "voicelab serve (asyncio)": contenders.voicelab_serve,
    "voicelab host=thread (uvloop)": lambda: contenders.voicelab_host(
        "thread", "voicelab host=thread (uvloop)"
    ),
    "Bun": lambda: contenders.bun_server(journals=True),
    "Bun, no journal": lambda: contenders.bun_server(journals=False),
    "bare epoll loop": contenders.epoll_server,
}


def available() -> tuple[list[Contender], dict[str, str]]:
    """Who can run here, and why the others cannot."""
    found, absent = [], {}
    for name, make in PLAN.items():
        try:
            found.append(make())
        except Unavailable as reason:
            absent[name] = str(reason)
    return found, absent


def measure(calls: int, seconds: float, rounds: int, spread_ms: float) -> dict[str, Any]:
    """Load everybody in turns."""
    found, absent = available()
    placed: dict[str, list[Placed]] = {contender.name: [] for contender in found}
    frames = round(seconds * FRAMES_A_SECOND)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(Running(contender, Path(folder) / str(at)))
            for at, contender in enumerate(found)
        ]
        for server in servers:
            place(server, WARMING)
            check(server, WARMING)
        for turn in range(rounds):
            batch = Batch(turn + 1, calls, frames, spread_ms)
            first = turn % len(servers)
            for server in servers[first:] + servers[:first]:
                placed[server.contender.name].append(place(server, batch))
                check(server, batch)
    every = [each for results in placed.values() for each in results]
    costs = {
        name: statistics.median(each.us_per_frame for each in results)
        for name, results in placed.items()
    }
    return {
        "calls": calls,
        "seconds": seconds,
        "rounds": rounds,
        "spread_ms": spread_ms,
        "load_behind_ms_p99": max(each.load_behind_ms_p99 for each in every),
        "load_us_per_frame": statistics.median(each.load_us_per_frame for each in every),
        "rows": [row(name, placed.get(name), costs, absent) for name in PLAN],
    }


def row(
    name: str, placed: list[Placed] | None, costs: dict[str, float], absent: dict[str, str]
) -> dict[str, Any]:
    """One server's figures, or why there are none; ratios to every peer for those of ours."""
    if placed is None:
        return {"server": name, "absent": absent[name]}
    peers = {peer: cost for peer, cost in costs.items() if not peer.startswith(OURS)}
    return {
        "server": name,
        "us_per_frame": costs[name],
        "us_per_frame_rounds": [each.us_per_frame for each in placed],
        "us_per_end": statistics.median(each.us_per_end for each in placed),
        "ratio_to": {peer: costs[name] / cost for peer, cost in peers.items()},
    }


def table(report: dict[str, Any]) -> str:
    """Lay the report out for reading."""
    peers = [name for name in PLAN if not name.startswith(OURS)]
    heads = "".join(f"{'× ' + peer:>20}" for peer in peers)
    lines = [f"{'server':<30} {'µs a frame':>10} {'of rounds':>12} {'µs an end':>9}{heads}"]
    for each in report["rows"]:
        if "absent" in each:
            lines.append(f"{each['server']:<30} {'-':>10}  {each['absent']}")
            continue
        costs = each["us_per_frame_rounds"]
        ratios = (each["ratio_to"].get(peer) for peer in peers)
        lines.append(
            f"{each['server']:<30} {each['us_per_frame']:>10.1f} "
            f"{f'{min(costs):.1f}-{max(costs):.1f}':>12} {each['us_per_end']:>9.0f}"
            + "".join(f"{'-' if ratio is None else format(ratio, '.2f'):>20}" for ratio in ratios)
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=300, help="at a time (%(default)s)")
    parser.add_argument("--seconds", type=float, help="of speech a round (1; 10 with --full)")
    parser.add_argument("--rounds", type=int, help="each server's (2; 5 with --full)")
    parser.add_argument("--spread-ms", type=float, default=20, help="their clocks' (%(default)s)")
    parser.add_argument("--full", action="store_true", help="a few minutes, less noise")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    report = measure(
        options.calls,
        options.seconds or (10 if options.full else 1),
        options.rounds or (5 if options.full else 2),
        options.spread_ms,
    )
    if options.json:
        print(json.dumps(report))
        return
    print(
        f"{report['calls']} paced calls, {report['seconds']:g} s, medians of {report['rounds']} "
        f"rounds in turns; the load took {report['load_us_per_frame']:.1f} µs a frame "
        f"and was at most {report['load_behind_ms_p99']:.2f} ms behind (p99)"
    )
    print(table(report))


if __name__ == "__main__":
    main()
