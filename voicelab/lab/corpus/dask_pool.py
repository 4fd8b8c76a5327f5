"""A pool that is a Dask cluster, through its client."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import time
from typing import Any, Final

from voicelab import __version__
from voicelab.errors import MissingProgram, SettingError, StateError
from voicelab.lab.corpus.pool import Keep, WorkerLost
from voicelab.lab.corpus.row import Order, answers

CONNECT_S: Final = 10
LOOK_S: Final = 10
"""While no batch is done, the workers are counted so often."""
GROWING_S: Final = 300
"""So long a cluster that has had no worker yet may be without one, as while it grows."""
LOST_S: Final = 60
"""So long one may that had some: a nanny starts a worker anew within seconds, or never again."""

log = logging.getLogger("voicelab.lab")

_MISSING = (
    "A Dask client needs the package distributed: `pip install 'voicelab[dask]'` or "
    "`conda install -c conda-forge distributed`, then restart the kernel."
)


class DaskPool:
    """The workers of a cluster, two batches for each of their threads.

    Parameters
    ----------
    client : distributed.Client or str
        A client, of a loop of its own or of the running one; or the address of a scheduler.

    Raises
    ------
    MissingProgram
        Where distributed is not installed.
    SettingError
        Where it is neither.
    """

    def __init__(self, client: Any) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise MissingProgram(_MISSING) from None
        if not isinstance(client, (Client, str)):
            raise SettingError(
                "client= is a distributed.Client or the address of a scheduler, "
                f"not {type(client).__name__}."
            )
        self.width, self.at_once = 1, 2
        self._looked_s = self._peopled_s = 0.0
        self._had_workers = self._told = False
        self._client: Any = client
        self._address = client if isinstance(client, str) else None

    async def open(self) -> None:
        """Connect, and count the threads of the workers.

        Raises
        ------
        StateError
            Where no scheduler answers, or the client is closed.
        """
        if self._address is not None:
            from distributed import Client

            opening: Any = Client
            client = opening(self._address, asynchronous=True, timeout=CONNECT_S)
            try:
                self._client = await client
            except (OSError, ValueError) as error:
                await client.close()
                raise StateError(f"No Dask scheduler answers at {self._address}: {error}") from None
        if self._client.status != "running":
            raise StateError(f"The Dask client is {self._client.status}: give one that is open.")
        threads = await self._ask(self._client.nthreads)
        self._looked_s = self._peopled_s = time.monotonic()
        self._had_workers = bool(threads)
        self.width = max(sum(threads.values()), 1)
        self.at_once = 2 * self.width

    async def work(self, slot: int, orders: list[Order], keep: Keep) -> None:
        """Do a batch. Dask says whose worker died, not over which order: all are suspects."""
        future = self._client.submit(answers, orders, __version__, pure=False)
        try:
            rows = await self._result(future, len(orders))
        finally:
            future.release()
        for row in rows:
            keep(row)

    async def close(self) -> None:
        """Close the client, where it is ours."""
        if self._address is not None and not isinstance(self._client, str):
            await self._client.close()

    async def _result(self, future: Any, size: int) -> list[bytes]:
        from distributed import KilledWorker

        done = asyncio.Event()
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(done.set))
        while not done.is_set():
            try:
                async with asyncio.timeout(LOOK_S):
                    await done.wait()
            except TimeoutError:
                await self._look()
        try:
            rows: list[bytes] = await self._ask(future.result)
        except (asyncio.CancelledError, concurrent.futures.CancelledError) as error:
            # Dask's own may be of either kind, by its version; ours has been asked for.
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task and task.cancelling():
                raise
            if self._client.status != "running":
                raise StateError("The Dask client was closed before the corpus was done.") from None
            raise WorkerLost(size) from None
        except KilledWorker:
            raise WorkerLost(size) from None
        except ImportError as error:
            raise StateError(
                f"The workers of the Dask cluster cannot import voicelab: {error}. "
                "Install the same version there."
            ) from None
        return rows

    async def _look(self) -> None:
        """Dask waits for ever where all workers are gone and none comes back."""
        now_s = time.monotonic()
        if now_s - self._looked_s < LOOK_S or self._client.status != "running":
            return
        self._looked_s = now_s
        if await self._ask(self._client.nthreads):
            self._peopled_s = time.monotonic()
            self._had_workers, self._told = True, False
            return
        patience_s = LOST_S if self._had_workers else GROWING_S
        if now_s - self._peopled_s > patience_s:
            lost = "lost its workers, and has had no" if self._had_workers else "has had no"
            raise StateError(
                f"The Dask cluster {lost} workers for {patience_s} s: start some, and go on with "
                "the same results= file. Where a file kills them, workers= of this machine name it."
            )
        if not self._told:
            self._told = True
            log.warning("The Dask cluster has no workers: waiting %s s for some.", patience_s)

    async def _ask(self, call: Any) -> Any:
        """Call something that a client of this loop awaits, and one of another loop blocks on."""
        if self._client.asynchronous:
            return await call()
        return await asyncio.to_thread(call)
