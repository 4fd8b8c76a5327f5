"""Delay and cost of resampling a live stream in 20 ms chunks: voicelab's filter beside soxr.

The delay is how late sound comes out: what is held back, on average over the chunks, plus the group
delay of what is given out. The cost is a mean over frames, because soxr works in bursts. soxr QQ is
a cubic interpolation without a filter: quick, but images and aliases pass.

Run ``python bench/resample.py``, or with ``--json`` for one JSON object.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import soxr

from voicelab.audio.resample import RATES_HZ, Resampler
from voicelab.audio.samples import Int16Array

FRAME_MS = 20
SETTLE_FRAMES = 25
FRAMES = 200
RUNS = 9
SOXR_QUALITIES = ("QQ", "LQ", "MQ", "HQ", "VHQ")

Process = Callable[[Int16Array], Int16Array]


def contenders(from_hz: int, to_hz: int) -> dict[str, Process]:
    """Build fresh streams, ours first."""
    streams: dict[str, Process] = {"voicelab": Resampler(from_hz, to_hz).process}
    for quality in SOXR_QUALITIES:
        stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16", quality=quality)
        streams[f"soxr {quality}"] = stream.resample_chunk
    return streams


def frames(from_hz: int, click: bool = False) -> list[Int16Array]:
    """Noise, or silence with a click where the measured part begins."""
    size = from_hz * FRAME_MS // 1000
    if click:
        silent = np.zeros((SETTLE_FRAMES + FRAMES, size), np.int16)
        silent[SETTLE_FRAMES, 0] = 20000
        return list(silent)
    rng = np.random.default_rng(1)
    return list(rng.integers(-8000, 8000, (SETTLE_FRAMES + FRAMES, size)).astype(np.int16))


def held_back_ms(process: Process, from_hz: int, to_hz: int) -> float:
    """How much of what went in has not come out, after a chunk, on average."""
    given = 0
    behind = []
    for count, frame in enumerate(frames(from_hz), start=1):
        given += process(frame).size
        behind.append(count * FRAME_MS - 1000 * given / to_hz)
    return statistics.fmean(behind[SETTLE_FRAMES:])


def group_delay_ms(process: Process, from_hz: int, to_hz: int) -> float:
    """Where a click lies in the output, against its place in the input."""
    out = np.concatenate([process(frame) for frame in frames(from_hz, click=True)]).astype(float)
    power = np.where(np.abs(out) > 0.01 * np.abs(out).max(), out**2, 0.0)  # soxr dithers
    centre = float((np.arange(out.size) * power).sum() / power.sum())
    return 1000 * centre / to_hz - SETTLE_FRAMES * FRAME_MS


def cost_us(process: Process, from_hz: int) -> float:
    """Time for a frame, the mean of the steady part."""
    noise = frames(from_hz)
    for frame in noise[:SETTLE_FRAMES]:
        process(frame)
    start = time.perf_counter_ns()
    for frame in noise[SETTLE_FRAMES:]:
        process(frame)
    return (time.perf_counter_ns() - start) / FRAMES / 1000


def measure(from_hz: int, to_hz: int) -> list[dict[str, Any]]:
    """Measure all contenders on one pair of rates, their runs interleaved."""
    names = list(contenders(from_hz, to_hz))
    costs: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(RUNS):
        for name, process in contenders(from_hz, to_hz).items():
            costs[name].append(cost_us(process, from_hz))
    rows: list[dict[str, Any]] = []
    for name in names:
        held = held_back_ms(contenders(from_hz, to_hz)[name], from_hz, to_hz)
        group = group_delay_ms(contenders(from_hz, to_hz)[name], from_hz, to_hz)
        rows.append(
            {
                "from_hz": from_hz,
                "to_hz": to_hz,
                "resampler": name,
                "held_back_ms": round(held, 2),
                "group_delay_ms": round(group, 2),
                "delay_ms": round(held + group, 2),
                "cost_us": round(statistics.median(costs[name]), 2),
            }
        )
    ours = rows[0]
    for row in rows:
        row["delay_ratio"] = round(row["delay_ms"] / ours["delay_ms"], 2)
        row["cost_ratio"] = round(row["cost_us"] / ours["cost_us"], 2)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out for reading."""
    lines = [
        f"{'from':>5} {'to':>5}  {'resampler':<9} {'held back':>9} {'group':>6} {'delay ms':>8} "
        f"{'ratio':>6} {'µs a frame':>10} {'ratio':>6}"
    ]
    lines += [
        f"{row['from_hz']:>5} {row['to_hz']:>5}  {row['resampler']:<9} {row['held_back_ms']:>9} "
        f"{row['group_delay_ms']:>6} {row['delay_ms']:>8} {row['delay_ratio']:>6} "
        f"{row['cost_us']:>10} {row['cost_ratio']:>6}"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure every pair of rates and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    rows = [row for pair in permutations(RATES_HZ, 2) for row in measure(*pair)]
    if as_json:
        print(json.dumps({"frame_ms": FRAME_MS, "runs": RUNS, "rows": rows}))
    else:
        print(f"{FRAME_MS} ms frames, medians of {RUNS} runs; ratios to voicelab")
        print(table(rows))


if __name__ == "__main__":
    main()
