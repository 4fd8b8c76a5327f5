"""What the dispatch asks of a pool of workers, whatever they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from voicelab.lab.corpus.row import Order

Keep = Callable[[bytes], None]
"""Takes the rows of a batch, in its order."""


class WorkerLost(Exception):
    """A worker died with a batch in hand, or was ended since it came to no end.

    Attributes
    ----------
    suspects : int
        How many of the batch's orders without a row may be to blame, from the first of them on.
    after_s : float or None
        For how long it was waited for; None where it died.
    """

    def __init__(self, suspects: int, after_s: float | None = None) -> None:
        super().__init__(suspects)
        self.suspects = suspects
        self.after_s = after_s


class Pool(Protocol):
    """Workers that make rows from orders.

    Attributes
    ----------
    width : int
        How many orders are worked on at a time.
    at_once : int
        How many batches it takes at a time.
    """

    width: int
    at_once: int

    async def open(self) -> None:
        """Find out what there is."""

    async def work(self, slot: int, orders: list[Order], keep: Keep) -> None:
        """Do a batch; of each slot from 0 to ``at_once`` - 1, one at a time.

        Raises
        ------
        WorkerLost
            Where rows are missing since the worker died; a new one does the next batch.
        """

    async def close(self) -> None:
        """Leave nothing behind."""
