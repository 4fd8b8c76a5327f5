"""The command line as a person uses it: in a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

VOICELAB = [sys.executable, "-m", "voicelab"]


class Command:
    """A `voicelab serve` that runs, and where it listens."""

    def __init__(self, process: subprocess.Popen, folder: Path) -> None:
        self.process = process
        self.recordings = folder / "recordings"
        self.log = folder / "webhooks.log"
        self.said = "".join(process.stdout.readline() for _ in range(4))
        found = re.search(r"http://\S+", self.said)
        assert found, self.said + process.stderr.read()
        self.url = found.group()

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, self.said + out + err


@pytest.fixture
def run(tmp_path: Path) -> Callable:
    def run(*arguments: str, **more: object) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*VOICELAB, *arguments], capture_output=True, text=True, timeout=60, **more
        )

    return run


@pytest.fixture
def start() -> Iterator[Callable]:
    started: list[subprocess.Popen] = []

    def start(*arguments: str) -> subprocess.Popen:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen([*VOICELAB, *arguments], **pipes))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable]:
    started: list[Command] = []

    def serve(*arguments: str, ignore_sigint: bool = False) -> Command:
        def inherit() -> None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

        process = subprocess.Popen(
            [*VOICELAB, "serve", "--port", "0", "--recordings", tmp_path / "recordings",
             "--webhook-log", tmp_path / "webhooks.log", "--agent", "none", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={k: v for k, v in os.environ.items() if k != "PORT"},
            preexec_fn=inherit if ignore_sigint else None,
        )  # fmt: skip
        started.append(Command(process, tmp_path))
        return started[-1]

    yield serve
    for command in started:
        command.process.kill()
        command.process.communicate()
