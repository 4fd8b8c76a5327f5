"""What a person opens is closed once, whoever asks and however often."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from types import TracebackType
from typing import TYPE_CHECKING, Self

from voicelab.lab.closed import Closed
from voicelab.lab.unique import forget

if TYPE_CHECKING:
    from voicelab.lab.host import Host


class Closes(ABC):
    """A lab, a sink: open until its one :meth:`close`, which an ``async with`` calls too.

    Attributes
    ----------
    replaced : bool
        Whether another one of the same name took its place.
    """

    def __init__(self) -> None:
        self.replaced = False
        self._task: asyncio.Task[Closed] | None = None

    @property
    @abstractmethod
    def host(self) -> Host | None:
        """Where it runs; None while it is being opened."""

    @property
    def closing(self) -> bool:
        """Whether somebody has asked for the close."""
        return self._task is not None

    async def close(self) -> Closed:
        """End every call, finish every file, free the port; idempotent.

        A cancelled ``close`` goes on by itself, and another one waits for it.

        Returns
        -------
        Closed
            What was freed, and what is still there against expectation.

        Raises
        ------
        StateError
            On another event loop than the one it was opened in.
        """
        if self.host is not None:
            if self.host.gone:
                forget(self)
                return self._abandon()
            self.host.check()
        if self._task is None:
            self._task = asyncio.create_task(self._close(), name="voicelab close")
        if not self._task.done():
            await asyncio.shield(self._task)
        return self._task.result()

    @abstractmethod
    async def _close(self) -> Closed:
        """Close; it runs once, to its end."""

    @abstractmethod
    def _abandon(self) -> Closed:
        """Free what can be freed without the event loop, which is gone."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
