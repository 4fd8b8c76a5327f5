"""Closing once, whoever asks and however often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

R = TypeVar("R")


class Closing(Generic[R]):
    """Runs one closing to its end, also when the one who asked for it is cancelled."""

    def __init__(self) -> None:
        self._task: asyncio.Task[R] | None = None

    @property
    def begun(self) -> bool:
        """Whether somebody has asked for it."""
        return self._task is not None

    async def run(self, close: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """Close, or wait for the closing that runs, in one event loop; give what it gave."""
        if self._task is None:
            self._task = asyncio.create_task(close(), name="voicelab close")
        if not self._task.done():
            await asyncio.shield(self._task)
        return self._task.result()
