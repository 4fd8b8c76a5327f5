"""Lets a batch of lines talk over a bridge, and reads what CPU that took and how long."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from contenders import ADDRESS, BENCH, Running
from dialects import Dialect
from tracks import Waits, Wrong, read, waits_ms

Way = Literal["up", "down", "both"]
PATIENCE_S = 30.0
SPREAD_MS = 20.0
LISTEN_S = 0.25
"""Beyond the last frame's time."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Lines that are spoken on at the same time.

    Attributes
    ----------
    number : int
        Unlike any before at the same server.
    calls, frames : int
        How many lines, and how many frames of 20 ms each way.
    way : {"up", "down", "both"}
        Toward the model, from it, or both at once.
    """

    number: int
    calls: int
    frames: int
    way: Way

    @property
    def up(self) -> int:
        """Frames a line toward the model."""
        return 0 if self.way == "down" else self.frames

    @property
    def down(self) -> int:
        """Frames a line from the model."""
        return 0 if self.way == "up" else self.frames

    @property
    def total(self) -> int:
        """All frames."""
        return self.calls * (self.up + self.down)


@dataclass(frozen=True, slots=True, eq=False)
class Talked:
    """What a talk took.

    Attributes
    ----------
    us_per_frame : float
        CPU of the bridge's tree while there was talk and until it had caught up, by frame.
    up_ms, down_ms : ndarray of float64
        How long each frame was on its way.
    load_us_per_frame, model_us_per_frame : float
        CPU of the load and of the model's stand-in, by frame.
    behind_ms_p99 : float
        How far the further behind of these two was behind its clock.
    """

    us_per_frame: float
    up_ms: Waits
    down_ms: Waits
    load_us_per_frame: float
    model_us_per_frame: float
    behind_ms_p99: float


class Process:
    """A helper that is told what to do in lines, and answers in lines."""

    def __init__(self, name: str, script: str, *arguments: str) -> None:
        self._name = name
        self._popen = subprocess.Popen(
            [sys.executable, str(BENCH / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def line(self, expected: str = "") -> str:
        """Read a line.

        Raises
        ------
        SystemExit
            Where none comes, or another one.
        """
        assert self._popen.stdout is not None
        ready, _, _ = select.select([self._popen.stdout], (), (), PATIENCE_S)
        line = self._popen.stdout.readline().strip() if ready else ""
        if not line.startswith(expected) or not line:
            raise SystemExit(f"{self._name} was to say {expected or 'something'!r}, not {line!r}.")
        return line

    def tell(self, line: str) -> None:
        """Send a line."""
        assert self._popen.stdin is not None
        self._popen.stdin.write(f"{line}\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._popen:
            if kind is not None:
                self._popen.kill()


class Model(Process):
    """The stand-in for the model's server, in a process of its own."""

    def __init__(self) -> None:
        super().__init__("The model", "model.py")
        found = ADDRESS.search(self.line())
        assert found is not None
        self.port = int(found[1])

    @property
    def url(self) -> str:
        """Where a bridge connects."""
        return f"ws://127.0.0.1:{self.port}/v1/realtime"


class Nobody:
    """In the place of a bridge: the load talks with the model's stand-in itself."""

    def __init__(self, model: Model, folder: Path) -> None:
        self.port = model.port
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def settled_cpu_s(self) -> float:
        """Wait as long as a bridge would have."""
        time.sleep(LISTEN_S)
        return 0.0

    def said(self) -> str:
        """Nothing."""
        return ""


def let_talk(server: Running | Nobody, model: Model, dialect: Dialect, talk: Talk) -> Talked:
    """Open the lines, let them talk, hang up.

    Raises
    ------
    SystemExit
        Where a line fails, or either end hears anything else than the other has said.
    """
    theirs, ours = server.folder / "model.tracks", server.folder / "load.tracks"
    arguments = {
        "port": server.port,
        "dialect": dialect.name,
        "calls": talk.calls,
        "frames": talk.up,
        "listen-s": talk.frames * 0.02 + LISTEN_S,
        "batch": talk.number,
        "spread-ms": SPREAD_MS,
        "tracks": ours,
    }
    given = [f"--{name}={value}" for name, value in arguments.items()]
    with Process("The load", "talk.py", *given) as load:
        load.line("ready")
        model.tell(f"expect {talk.calls}")
        model.line("ready")
        opened_s = server.settled_cpu_s()
        model.tell(f"say {talk.down} {SPREAD_MS}")
        model.line("speaking")
        load.tell("go")
        load.line("spoken")
        spoken_s = server.settled_cpu_s()
        load.tell("go on")
        of_load = json.loads(load.line())
    model.tell(f"tell {theirs}")
    of_model = json.loads(model.line())
    try:
        up_ms, down_ms = waits_ms(read(ours), read(theirs), dialect)
    except Wrong as wrong:
        raise SystemExit(f"{server.folder.name}, {talk}: {wrong}.\n{server.said()}") from None
    _clear(server.folder)
    return Talked(
        1e6 * (spoken_s - opened_s) / talk.total,
        up_ms,
        down_ms,
        1e6 * of_load["cpu_s"] / talk.total,
        1e6 * of_model["cpu_s"] / talk.total,
        max(_behind(of_load), _behind(of_model)),
    )


def _behind(report: dict[str, Any]) -> float:
    return float(report["behind_ms_p99"])


def _clear(folder: Path) -> None:
    """Delete the recordings."""
    for pattern in ("call-*", "*.tracks"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)
