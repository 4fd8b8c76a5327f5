"""Files are handed to a pool in small batches, and their rows kept in the order given."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from voicelab.lab.corpus.item import Item
from voicelab.lab.corpus.pool import Pool, WorkerLost
from voicelab.lab.corpus.row import AGAIN, lost, renamed
from voicelab.store.results import ResultsFile

BATCH: Final = 8
BATCH_BYTES: Final = 4 << 20
_UNCOUNTED: Final = 4
_BREATH: Final = 100
"""After so many rows that were done before, the event loop gets its turn."""

Told = Callable[[int, int, bool], None]
"""Told how many rows are done, how many of them now, and whether the last has an error."""

_Numbered = tuple[int, Item]


class Dispatch:
    """One run through a corpus.

    Parameters
    ----------
    items : iterator of Item
        Taken one by one, as there are workers for them.
    total : int or None
        How many there are, where that is known.
    settings : dict
        Of every order; with the ``verb``.
    pool : Pool
    results : ResultsFile or None
    told : callable
    """

    def __init__(
        self,
        items: Iterator[Item],
        total: int | None,
        settings: dict[str, Any],
        pool: Pool,
        results: ResultsFile | None,
        told: Told,
    ) -> None:
        self._items = items
        self._total = total
        self._settings = settings
        self._pool = pool
        self._results = results
        self._told = told
        self._rows: list[bytes] = []
        self._done = self._new = 0
        self._again: deque[_Numbered] = deque()
        self._suspects: list[_Numbered] = []

    async def rows(self) -> list[bytes]:
        """Do all that is not done; return every row, as JSON."""
        try:
            async with asyncio.TaskGroup() as slots:
                for slot in range(self._pool.at_once):
                    slots.create_task(self._serve(slot), name=f"voicelab corpus {slot}")
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        for number, item in self._suspects:
            await self._try_alone(number, item)
        return self._rows

    async def _serve(self, slot: int) -> None:
        while batch := await self._batch():
            waiting = deque(batch)

            def keep(row: bytes, waiting: deque[_Numbered] = waiting) -> None:
                self._keep(*waiting.popleft(), row)

            try:
                await self._pool.work(slot, self._orders(batch), keep)
            except WorkerLost as died:
                suspects = min(died.suspects, len(waiting))
                self._suspects += [waiting.popleft() for _ in range(suspects)]
                self._again += waiting

    async def _try_alone(self, number: int, item: Item) -> None:
        """With nothing beside it, so that memory is not short and the blame is certain."""
        try:
            await self._pool.work(
                0, self._orders([(number, item)]), lambda row: self._keep(number, item, row)
            )
        except WorkerLost as died:
            row = lost(item.order(self._settings), died.after_s)
            self._keep(number, item, row, last_word=False)

    async def _batch(self) -> list[_Numbered]:
        """The next files that are to be done, fewer of them toward the end; none at the end."""
        batch: list[_Numbered] = []
        size = 0
        most = self._most()
        while len(batch) < most and size < BATCH_BYTES:
            if self._again:
                number, item = self._again.popleft()
            else:
                known = next(self._items, None)
                if known is None:
                    break
                number, item = len(self._rows), known
                self._rows.append(b"")
                if await self._is_done(number, item):
                    continue
            batch.append((number, item))
            size += item.size_bytes
        return batch

    def _most(self) -> int:
        if self._total is None:
            return _UNCOUNTED
        left = self._total - len(self._rows)
        return min(max(left // (4 * self._pool.width), 1), BATCH)

    async def _is_done(self, number: int, item: Item) -> bool:
        row = self._results.done(item.files) if self._results and item.known else None
        if row is None:
            return False
        self._rows[number] = renamed(row, item.order(self._settings))
        self._done += 1
        self._tell(row)
        if number % _BREATH == 0:
            await asyncio.sleep(0)
        return True

    def _keep(self, number: int, item: Item, row: bytes, last_word: bool = True) -> None:
        self._rows[number] = row
        if self._results is not None:
            self._results.add(item.files, row, last_word and item.known and AGAIN not in row)
        self._done += 1
        self._new += 1
        self._tell(row)

    def _tell(self, row: bytes) -> None:
        self._told(self._done, self._new, b'"error":null' not in row)

    def _orders(self, batch: list[_Numbered]) -> list[dict[str, Any]]:
        return [item.order(self._settings) for _, item in batch]
