"""A pool of processes of this machine.

They are started as programs of their own, not forked, since a notebook runs threads and an event
loop; and not by multiprocessing, which would run the caller's script again in each of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Final

from voicelab.errors import StateError
from voicelab.lab.corpus.pool import Keep, WorkerLost
from voicelab.lab.corpus.row import Order
from voicelab.lab.corpus.worker import READY
from voicelab.store.results import compact

ROW_BYTES: Final = 1 << 24
"""A longer row does not get through; the longest has a thousand gaps, 0.2 MB."""

PATIENCE_S: Final = 300.0
"""A file may take so long, and longer the larger it is; what takes longer hangs."""
_BYTES_A_SECOND: Final = 10_000.0
"""Ten times as slow as an hour of speech in the densest codec, with every window scored."""

_PROGRAM: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from voicelab.lab.corpus.worker import main; main()"
)
_ONE_THREAD: Final = dict.fromkeys(
    (
        "OPENBLAS_NUM_THREADS",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class ProcessPool:
    """So many processes, each started when there is work for it.

    Parameters
    ----------
    workers : int
    """

    def __init__(self, workers: int) -> None:
        self.width = self.at_once = workers
        self._workers: dict[int, _Worker] = {}

    async def open(self) -> None:
        """Nothing is to be found out."""

    async def work(self, slot: int, orders: list[Order], keep: Keep) -> None:
        """Do a batch. Of a process that dies or hangs only the order in its hands is a suspect."""
        worker = self._workers.get(slot)
        if worker is None:
            worker = self._workers[slot] = _Worker()
            await worker.start()
        try:
            await worker.work(orders, keep)
        except WorkerLost:
            del self._workers[slot]
            await worker.end()
            raise

    async def close(self) -> None:
        """End all processes, whatever they do."""
        workers = list(self._workers.values())
        self._workers.clear()
        for worker in workers:
            worker.kill()
        await asyncio.gather(*(worker.end() for worker in workers))


class _Worker:
    def __init__(self) -> None:
        self._process: Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _PROGRAM,
            json.dumps(_path()),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=ROW_BYTES,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for us; we end the workers
        )
        if await self._line() != READY:
            status = await self._process.wait()
            raise StateError(
                f"A worker process of {sys.executable} ended before it began (status {status}). "
                "See whether `python -c 'import voicelab.lab.corpus'` works there."
            )

    async def work(self, orders: list[Order], keep: Keep) -> None:
        await self._send(b"".join(compact(order) + b"\n" for order in orders))
        for order in orders:
            patience_s = _patience_s(order)
            try:
                async with asyncio.timeout(patience_s):
                    line = await self._line()
            except TimeoutError:
                raise WorkerLost(1, patience_s) from None
            if not line.endswith(b"\n"):
                raise WorkerLost(1)
            keep(line[:-1])

    async def _send(self, lines: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(lines)
            await self._process.stdin.drain()
        except ConnectionError:
            raise WorkerLost(1) from None

    async def _line(self) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        return await self._process.stdout.readline()

    def kill(self) -> None:
        # Process.kill may reap it first, and then the loop's watcher misses it (Python 3.11).
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def end(self) -> None:
        self.kill()
        if self._process is not None:
            await self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()


def _patience_s(order: Order) -> float:
    """How long an order may take: its files may lie on something slow, and be an hour or more."""
    size = 0
    for path in filter(None, order["paths"]):
        with suppress(OSError, ValueError):
            size += Path(path).stat().st_size
    return PATIENCE_S + size / _BYTES_A_SECOND


def _environment() -> dict[str, str]:
    # Dask leaves this with whoever starts a LocalCluster; page faults then double the work.
    inherited = {name: os.environ[name] for name in os.environ if name != "MALLOC_TRIM_THRESHOLD_"}
    return inherited | _ONE_THREAD


def _path() -> list[str]:
    """Where a worker imports from: as here, and surely this voicelab."""
    here = [os.path.abspath(entry) for entry in sys.path if entry]  # noqa: PTH100 - not resolved
    package = str(Path(__file__).parents[3])
    return here if package in here else [package, *here]
