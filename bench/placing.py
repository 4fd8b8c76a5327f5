"""Places a batch of the load's calls at a server and reads what CPU that took."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import wire
from contenders import BENCH, Running


@dataclass(frozen=True, slots=True)
class Batch:
    """Calls that go on at the same time.

    Attributes
    ----------
    number : int
        Unlike any before at the same server.
    calls, frames : int
        How many callers, and what each of them sends.
    spread_ms : float
        Over which the callers' 20 ms clocks are spread.
    """

    number: int
    calls: int
    frames: int
    spread_ms: float = wire.FRAME_MS


@dataclass(frozen=True, slots=True)
class Placed:
    """What a batch took.

    Attributes
    ----------
    us_per_frame : float
        CPU of the server's tree while the callers spoke and until it had caught up, by frame.
    us_per_end : float
        CPU from then until all calls were closed and written, by call.
    load_us_per_frame : float
        CPU of the load itself.
    load_behind_ms_p99 : float
        How far behind its clock the load sent.
    """

    us_per_frame: float
    us_per_end: float
    load_us_per_frame: float
    load_behind_ms_p99: float


def place(server: Running, batch: Batch, sent: Path | None = None) -> Placed:
    """Let the callers speak and hang up.

    Parameters
    ----------
    server : Running
    batch : Batch
    sent : Path, optional
        Where the load leaves when it sent each frame.

    Raises
    ------
    SystemExit
        Where the load fails.
    """
    command = [sys.executable, str(BENCH / "load.py"), "--port", str(server.port)]
    command += ["--batch", str(batch.number), "--calls", str(batch.calls)]
    command += ["--frames", str(batch.frames), "--spread-ms", str(batch.spread_ms)]
    if sent is not None:
        command += ["--sent", str(sent)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as load:
        assert load.stdin is not None
        assert load.stdout is not None
        readings = []
        for _ in ("ready", "spoken"):
            if load.stdout.readline():
                readings.append(server.settled_cpu_s())
                load.stdin.write("go on\n")
        said = load.stdout.read()
    if load.returncode:
        raise SystemExit(f"The load on {server.contender.name} failed.\n{server.said()}")
    opened_s, spoken_s = readings
    report = json.loads(said)
    return Placed(
        us_per_frame=1e6 * (spoken_s - opened_s) / (batch.calls * batch.frames),
        us_per_end=1e6 * (server.settled_cpu_s() - spoken_s) / batch.calls,
        load_us_per_frame=report["us_per_frame"],
        load_behind_ms_p99=report["behind_ms_p99"],
    )
