"""What a frame costs that is bridged to a Realtime model, and how long it stays in the bridge.

Voicelab's voice server beside a Bun server doing reference work for browsers, and voicelab's sink
with an agent for telephones, all against the same stand-in for the model's server: a process of its
own that takes audio and gives audio, 20 ms every 20 ms. Rounds go in turns: toward the model, from
it, and (with --full) both at once. A round counts only where either end heard, byte for byte, what
the other has said.

CPU is user and system time of a bridge's whole process tree, by frame. The time in the bridge is
what a frame takes from one end's sending to the other's reading, on one monotonic clock, less what
it takes without a bridge between them. The model speaks at the pace at which the caller hears, so
that no frame waits for its turn to be played.

Run ``python bench/bridge.py``, with ``--full`` for longer rounds, ``--json`` for one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bun
import numpy as np
from contenders import BENCH, Contender, Running
from dialects import BROWSER, DIRECT, L16, MULAW, Dialect
from talking import Model, Nobody, Talk, Talked, Waits, Way, let_talk

FRAMES_A_SECOND = 50
LONGEST_S = 10.0
"""The stand-in answers no pings, and is given up after 20 s."""
WARMING_S = 0.5
BUN, DIRECTLY = "Bun", "no bridge"
WAYS: tuple[Way, ...] = ("up", "down", "both")
QUICK_WAYS: tuple[Way, ...] = ("up", "down")


@dataclass(frozen=True, slots=True)
class Bridge:
    """Who is measured: `kind` and `loop` are voicelab's, None for Bun's."""

    name: str
    dialect: Dialect
    kind: str | None = None
    loop: str = "asyncio"
    quick: bool = True

    def contender(self, url: str) -> Contender:
        """How it is started, for a model at this URL."""
        if self.kind is None:
            return Contender(self.name, (str(bun.PROGRAM), str(bun.BRIDGE), url), journals=False)
        command = [sys.executable, str(BENCH / "serve_bridge.py"), self.kind, self.loop]
        return Contender(self.name, (*command, "{folder}", url), journals=True)


PLAN = (
    Bridge(BUN, BROWSER),
    Bridge("voicelab /voice (asyncio)", BROWSER, "browser"),
    Bridge("voicelab /voice (uvloop)", BROWSER, "browser", "uvloop", quick=False),
    Bridge("voicelab phone, mulaw/8000", MULAW, "phone"),
    Bridge("voicelab phone, mulaw (uvloop)", MULAW, "phone", "uvloop", quick=False),
    Bridge("voicelab phone, l16/8000", L16, "phone"),
)


def measure(calls: int, seconds: float, rounds: int, *, full: bool) -> dict[str, Any]:
    """Let all of them be talked over in turns."""
    absent = {BUN: reason} if (reason := bun.why_not()) else {}
    plan = [each for each in PLAN if (full or each.quick) and each.name not in absent]
    frames, ways = round(seconds * FRAMES_A_SECOND), WAYS if full else QUICK_WAYS
    talked: dict[tuple[str, Way], list[Talked]] = {}
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        model = stack.enter_context(Model())
        running: dict[str, tuple[Running | Nobody, Dialect]] = {
            DIRECTLY: (Nobody(model, Path(name) / "nobody"), DIRECT)
        }
        for at, each in enumerate(plan):
            server = Running(each.contender(model.url), Path(name) / str(at))
            running[each.name] = stack.enter_context(server), each.dialect
        for server, dialect in running.values():
            warming = Talk(0, calls, round(WARMING_S * FRAMES_A_SECOND), "both")
            let_talk(server, model, dialect, warming)
        for turn in range(rounds * len(ways)):
            talk = Talk(turn + 1, calls, frames, ways[turn % len(ways)])
            names = list(running)
            first = turn % len(names)
            for each_name in names[first:] + names[:first]:
                server, dialect = running[each_name]
                found = let_talk(server, model, dialect, talk)
                talked.setdefault((each_name, talk.way), []).append(found)
    every = [each for results in talked.values() for each in results]
    return {
        "calls": calls,
        "seconds": seconds,
        "rounds": rounds,
        "ways": ways,
        "behind_ms_p99": statistics.median(each.behind_ms_p99 for each in every),
        "load_us_per_frame": statistics.median(each.load_us_per_frame for each in every),
        "model_us_per_frame": statistics.median(each.model_us_per_frame for each in every),
        "model_share": model_share(every, calls, seconds),
        "rows": [
            *rows(plan, ways, talked),
            *({"bridge": n, "absent": r} for n, r in absent.items()),
        ],
    }


def model_share(every: list[Talked], calls: int, seconds: float) -> float:
    """What of a core the stand-in needed where it had most to do."""
    frames_a_second = FRAMES_A_SECOND * calls
    return (
        max(
            each.model_us_per_frame
            * frames_a_second
            * (2 if each.up_ms.size and each.down_ms.size else 1)
            for each in every
        )
        / 1e6
    )


def rows(
    plan: list[Bridge], ways: tuple[Way, ...], talked: dict[tuple[str, Way], list[Talked]]
) -> list[dict[str, Any]]:
    """One bridge's figures a row, the way without one first."""
    bare = {way: waited(talked[DIRECTLY, way]) for way in ways}
    found: list[dict[str, Any]] = [{"bridge": DIRECTLY, "ms": bare}]
    for each in plan:
        costs = {way: [one.us_per_frame for one in talked[each.name, way]] for way in ways}
        there_ms, back_ms = each.dialect.resampling_ms
        row = {
            "bridge": each.name,
            "us_per_frame": {way: statistics.median(costs[way]) for way in ways},
            "us_per_frame_rounds": costs,
            "ms": {way: waited(talked[each.name, way]) for way in ways},
            "resampling_ms": {"up": there_ms, "down": back_ms},
        }
        row["added_ms"] = {way: added(row["ms"][way], bare[way]) for way in ways}
        found.append(row)
    for row in found[1:]:
        if row["bridge"] != BUN and found[1]["bridge"] == BUN:
            row["ratio_to_bun"] = {
                way: row["us_per_frame"][way] / found[1]["us_per_frame"][way] for way in ways
            }
    return found


Waited = dict[str, dict[str, float]]


def waited(rounds: list[Talked]) -> Waited:
    """How long frames were on their way: medians of the rounds' percentiles, by direction."""
    sides: dict[str, list[Waits]] = {
        "up": [each.up_ms for each in rounds],
        "down": [each.down_ms for each in rounds],
    }
    return {
        side: {
            f"p{share}": statistics.median(float(np.percentile(each, share)) for each in waits)
            for share in (50, 99)
        }
        for side, waits in sides.items()
        if waits[0].size
    }


def added(with_it: Waited, without: Waited) -> Waited:
    """What a bridge adds to each percentile."""
    return {
        side: {share: ms - without[side][share] for share, ms in shares.items()}
        for side, shares in with_it.items()
    }


def table(report: dict[str, Any]) -> str:
    """Lay the report out for reading: CPU, then the time in the bridge."""
    ways = report["ways"]
    heads = "".join(f"{f'µs {way}':>9}" for way in ways)
    ratios = "".join(f"{f'× Bun {way}':>12}" for way in ways)
    lines = [f"{'CPU a frame':<32}{heads}{ratios}   of rounds"]
    for row in report["rows"]:
        if "us_per_frame" not in row:
            continue
        costs = "".join(f"{row['us_per_frame'][way]:>9.1f}" for way in ways)
        ratio = row.get("ratio_to_bun")
        times = "".join(f"{format(ratio[way], '.2f') if ratio else '-':>12}" for way in ways)
        spans = (row["us_per_frame_rounds"][way] for way in ways)
        spread = "  ".join(f"{min(span):.0f}-{max(span):.0f}" for span in spans)
        lines.append(f"{row['bridge']:<32}{costs}{times}   {spread}")
    columns = [(way, side) for way in ways for side in ("up", "down") if way in (side, "both")]
    names = [f"{side} of both" if way == "both" else way for way, side in columns]
    lines += ["", f"{'ms in the bridge, p50 p99':<32}" + "".join(f"{each:>15}" for each in names)]
    lines[-1] += f"{'resampler':>16}"
    for row in report["rows"]:
        if "absent" in row:
            lines.append(f"{row['bridge']:<32}  {row['absent']}")
            continue
        times_ms = row.get("added_ms", row["ms"])
        cells = [times_ms[way][side] for way, side in columns]
        line = "".join(f"{cell['p50']:>9.2f}{cell['p99']:>6.1f}" for cell in cells)
        if "resampling_ms" in row and any(row["resampling_ms"].values()):
            held = row["resampling_ms"]
            line += f"{held['up']:>10.2f}{held['down']:>6.2f}"
        lines.append(f"{row['bridge']:<32}{line}")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20, help="at a time (%(default)s)")
    parser.add_argument("--seconds", type=float, help="of talk a round (1; 4 with --full)")
    parser.add_argument("--rounds", type=int, help="each way (1; 3 with --full)")
    parser.add_argument("--full", action="store_true", help="more of each, eight minutes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    seconds = options.seconds or (4 if options.full else 1)
    if seconds > LONGEST_S:
        parser.error(f"a round takes at most {LONGEST_S:g} s")
    rounds = options.rounds or (3 if options.full else 1)
    report = measure(options.calls, seconds, rounds, full=options.full)
    if options.json:
        print(json.dumps(report))
        return
    print(
        f"{report['calls']} calls, {seconds:g} s a round, medians of {rounds} rounds in turns; the "
        f"stand-in took {report['model_us_per_frame']:.1f} µs a frame, {report['model_share']:.0%} "
        f"of a core at most, the load {report['load_us_per_frame']:.1f} µs; these two were "
        f"{report['behind_ms_p99']:.2f} ms behind (p99)"
    )
    print(table(report))


if __name__ == "__main__":
    main()
