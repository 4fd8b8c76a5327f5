"""A run through a corpus, from what was asked to its rows as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from voicelab.audio.format import AudioFormat
from voicelab.errors import SettingError
from voicelab.lab.corpus.dask_pool import DaskPool
from voicelab.lab.corpus.dispatch import Dispatch
from voicelab.lab.corpus.item import Item
from voicelab.lab.corpus.pool import Pool
from voicelab.lab.corpus.process_pool import ProcessPool, cores
from voicelab.lab.corpus.progress import Progress, Reporter
from voicelab.lab.corpus.row import scores_pesq
from voicelab.store.results import ResultsFile

Name = str | PathLike[str]
Listed = tuple[Iterator[Item], int | None]
"""The files, and how many there are where that is known."""


def check_settings(
    format: str | AudioFormat | None, full: bool, channel: int | None
) -> dict[str, Any]:
    """All that a row of :func:`~voicelab.check_corpus` depends on beside its files.

    Raises
    ------
    FormatError, SettingError
        Where one of them makes no sense.
    """
    others = {"full": bool(full), "channel": _channel(channel)}
    return {"verb": "check", "format": _format(format), **others, "pesq": scores_pesq()}


def diagnose_settings(
    format: str | AudioFormat | None, hint: str | None, channel: int | None
) -> dict[str, Any]:
    """All that a row of :func:`~voicelab.diagnose_corpus` depends on beside its files.

    Raises
    ------
    FormatError, SettingError
        Where one of them makes no sense.
    """
    from voicelab.audio.diagnosis.words import MEANINGS

    if hint is not None and hint not in MEANINGS:
        raise SettingError(f"No fault is called {hint!r}; they are {', '.join(MEANINGS)}.")
    others = {"hint": hint, "channel": _channel(channel)}
    return {"verb": "diagnose", "format": _format(format), **others}


async def run_through(
    listed: Listed,
    settings: dict[str, Any],
    workers: int | None = None,
    client: Any = None,
    results: Name | None = None,
    progress: Progress | bool | None = None,
) -> list[bytes]:
    """Do all files; the other parameters are those of :func:`~voicelab.check_corpus`.

    Returns
    -------
    list of bytes
        A JSON object a file, in the order given.
    """
    items, total = listed
    pool = _pool(workers, client)
    file = None if results is None else _results(results, settings)
    try:
        if file is not None:
            await asyncio.to_thread(file.read)
        async with Reporter(settings["verb"], total, progress) as told:
            try:
                await pool.open()
                return await Dispatch(items, total, settings, pool, file, told).rows()
            finally:
                await pool.close()
    finally:
        if file is not None:
            file.close()


def _format(format: str | AudioFormat | None) -> str | None:
    return None if format is None else str(AudioFormat.parse(format))


def _channel(channel: Any) -> int | None:
    if channel is not None and (not isinstance(channel, int) or channel < 1):
        raise SettingError(f"A channel is a number from 1 on, not {channel!r}.")
    known: int | None = channel
    return known


def _pool(workers: Any, client: Any) -> Pool:
    if client is not None:
        if workers is not None:
            raise SettingError("Give workers= or client=, not both: a cluster has its own workers.")
        return DaskPool(client)
    if workers is not None and (not isinstance(workers, int) or workers < 1):
        raise SettingError(f"workers= is how many processes work, 1 or more, not {workers!r}.")
    return ProcessPool(workers or cores())


def _results(path: Name, settings: dict[str, Any]) -> ResultsFile:
    others = {name: value for name, value in settings.items() if name != "verb"}
    return ResultsFile(Path(path).expanduser(), settings["verb"], others)
