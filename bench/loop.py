"""How late a call's frames are handled while a notebook's cell is busy, beside an idle one.

Each figure is the 99th percentile of how much later than the quickest frame of its call a frame
was stamped, over all frames of some calls; the median of the rounds, which go in turns. The ratios
are to the idle loop of the same host. Beside it, from Linux's own books, for how long the engine's
thread was ready to run and had no core: that is what a busy machine adds, and what a cell adds that
uses every core. With ``--json`` one object is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from voicelab import Call, Lab
from voicelab.protocol import vobiz
from voicelab.sim.prompts import prompt_path

CALLS = 5
CELL_S = 2.0


def idle() -> None:
    """Nothing."""


def sleeping() -> None:
    """A call that blocks and lets go of the interpreter's lock."""
    time.sleep(CELL_S)


def numpy_work() -> None:
    """A product of matrices again and again."""
    matrix = np.random.default_rng(1).normal(size=(300, 300))
    until = time.monotonic() + CELL_S
    while time.monotonic() < until:
        matrix @ matrix


def plain_python() -> None:
    """Bytecode only: the interpreter's lock changes hands at each switch interval."""
    until = time.monotonic() + CELL_S
    while time.monotonic() < until:
        sum(range(1000))


CELLS: list[Callable[[], None]] = [idle, sleeping, numpy_work, plain_python]


def lags_ms(call: Call) -> np.ndarray:
    """Return how late each frame of a call was stamped."""
    frames = (
        (moment.t_ns / 1e6, vobiz.parse(moment.data))
        for moment in call.moments()
        if moment.leg == "carrier" and moment.kind == "m"
    )
    transit = np.array([t - f.timestamp_ms for t, f in frames if isinstance(f, vobiz.Media)])
    return transit - transit.min()


def waited_ms(host: str) -> float:
    """Return how long the engine's thread has waited for a core, 0 where nobody keeps books."""
    name = "voicelab engine" if host == "thread" else threading.main_thread().name
    (thread,) = [each for each in threading.enumerate() if each.name == name]
    try:
        books = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text()
    except OSError:
        return 0.0
    return int(books.split()[1]) / 1e6


async def measured(host: str, cell: Callable[[], None], folder: str) -> tuple[float, float]:
    """Place some calls, run the cell in the middle of them; return the p99 and the waiting, ms."""
    async with await Lab.open(
        agent=None, port=0, host=host, recordings=folder, name="bench"
    ) as lab:
        before_ms = waited_ms(host)
        calls = [await lab.dial(prompt_path("order")) for _ in range(CALLS)]
        await asyncio.sleep(0.5)
        cell()
        for call in calls:
            await call.ended()
        waited = waited_ms(host) - before_ms
        lags = np.concatenate([lags_ms(call) for call in calls])
        return float(np.percentile(lags, 99)), waited


Found = dict[str, dict[str, list[tuple[float, float]]]]


async def measure(rounds: int) -> Found:
    """Return the p99 and the waiting of each round by host and cell, ms."""
    found: Found = {host: {cell.__name__: [] for cell in CELLS} for host in ("thread", "kernel")}
    with tempfile.TemporaryDirectory() as folder:
        for n in range(rounds):
            for host, by_cell in found.items():
                for cell in CELLS[n % len(CELLS) :] + CELLS[: n % len(CELLS)]:
                    by_cell[cell.__name__].append(await measured(host, cell, folder))
    return found


def main() -> None:
    """Measure, and print a table or an object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    before = os.getloadavg()[0]
    found = asyncio.run(measure(options.rounds))
    load = f"load average {before:.1f} before, {os.getloadavg()[0]:.1f} after"
    if options.json:
        print(json.dumps({"p99_and_waited_ms": found, "load": load}))
        return
    print(f"p99 frame handling lag, {CALLS} calls, a cell busy for {CELL_S:g} s in their middle;")
    print(f"medians of {options.rounds} rounds in turns, {load}")
    print("  host     cell             p99 ms       of rounds   x idle  no core, ms")
    for host, by_cell in found.items():
        idle_ms = median(p99 for p99, _ in by_cell["idle"])
        for cell, rounds in by_cell.items():
            p99s, waits = zip(*rounds, strict=True)
            spread = f"{min(p99s):.1f}-{max(p99s):.1f}"
            figures = f"{median(p99s):8.1f} {spread:>15} {median(p99s) / idle_ms:8.1f}"
            print(f"  {host:8} {cell:14} {figures} {median(waits):12.0f}")


if __name__ == "__main__":
    main()
