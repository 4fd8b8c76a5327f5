"""Checking and diagnosing many files: the two public verbs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voicelab.audio.format import AudioFormat
from voicelab.errors import SettingError
from voicelab.lab.corpus.dask_pool import DaskPool
from voicelab.lab.corpus.dispatch import Dispatch
from voicelab.lab.corpus.item import Item
from voicelab.lab.corpus.listing import pairs_listed, paths_listed
from voicelab.lab.corpus.pool import Pool
from voicelab.lab.corpus.process_pool import ProcessPool, cores
from voicelab.lab.corpus.progress import Progress, Reporter
from voicelab.store.results import ResultsFile

if TYPE_CHECKING:
    from distributed import Client
    from pandas import DataFrame

Name = str | PathLike[str]


async def check_corpus(
    pairs: Iterable[tuple[Name, Name]] | Mapping[Name, Name] | DataFrame,
    format: str | AudioFormat | None = None,
    *,
    full: bool = False,
    workers: int | None = None,
    client: Client | str | None = None,
    results: Name | None = None,
    progress: Progress | bool | None = None,
) -> DataFrame:
    """Compare many recordings with what each should be, on all cores or on a Dask cluster.

    Parameters
    ----------
    pairs : iterable of (recording, reference), dict, or DataFrame
        Paths. A generator is asked for the next pair when there is a worker for it; a table has
        the columns ``recording`` and ``reference``. A stored call is named by its WAV, its journal
        or their stem, and its caller's side is checked.
    format : str or AudioFormat, optional
        What the leg between them carried, ``mulaw/8000``; found out for each where it is not given.
    full : bool
        Whether STOI and PESQ score all windows of ten seconds, instead of twelve.
    workers : int, optional
        Processes of this machine; default: one a core.
    client : distributed.Client or str, optional
        Of a Dask cluster that does the work instead, or the address of its scheduler. Its workers
        see the same files under the same names, and have the same voicelab.
    results : str or Path, optional
        A file of JSON lines that every row is appended to as it is done. Rows that stand in it
        already, of the same files (path, size and time of change), settings and version, are not
        done again. See ``docs/corpora.md``.
    progress : callable, False or None
        Called with how many are done, and of how many (None for a generator). By default a line in
        a notebook or on a terminal.

    Returns
    -------
    DataFrame
        One row a pair, in the order given. ``error`` says why a row is empty, else it is None. The
        columns and their types are always the same:
        :data:`voicelab.analysis.corpus_table.CHECK_COLUMNS`.

    Raises
    ------
    SettingError
        Where these are no pairs, or an option makes no sense.
    FormatError
        Where `format` is no format.
    StateError
        Where another run writes `results`, or the workers cannot work.
    MissingProgram
        Where a client is given and distributed is not installed.
    OSError
        Where `results` cannot be written.

    Examples
    --------
    ``frame = await check_corpus(zip(recordings, prompts), "mulaw/8000", results="may.jsonl")``
    """
    settings = _settings("check", format) | {"full": bool(full), "pesq": _has_pesq()}
    listed = pairs_listed(pairs)
    return await _table(listed, settings, workers, client, results, progress)


async def diagnose_corpus(
    paths: Iterable[Name] | Name | DataFrame,
    references: Iterable[Name | None] | Mapping[Name, Name] | Name | None = None,
    format: str | AudioFormat | None = None,
    *,
    workers: int | None = None,
    client: Client | str | None = None,
    results: Name | None = None,
    progress: Progress | bool | None = None,
) -> DataFrame:
    """Find out what went wrong with many recordings, on all cores or on a Dask cluster.

    Parameters
    ----------
    paths : iterable of str or Path, folder, or DataFrame
        Audio files, or files of wire bytes where `format` is given; all sound files in a folder
        and below it; the column ``path`` of a table.
    references : iterable, dict or path, optional
        How they ought to sound: one for each path or None, a dict from path to reference, one
        for all, or the column ``reference`` of the table.
    format : str or AudioFormat, optional
        How wire bytes were decoded, ``mulaw/8000``; without it these are taken for audio files.
    workers, client, results, progress
        As in :func:`check_corpus`.

    Returns
    -------
    DataFrame
        One row a path, in the order given: the likeliest fault, how sure that is, the evidence, and
        the second likeliest. Columns and types are always
        :data:`voicelab.analysis.corpus_table.DIAGNOSE_COLUMNS`.

    Raises
    ------
    SettingError, FormatError, StateError, MissingProgram, OSError
        As in :func:`check_corpus`.
    """
    settings = _settings("diagnose", format)
    listed = await asyncio.to_thread(paths_listed, paths, references)
    return await _table(listed, settings, workers, client, results, progress)


def _settings(verb: str, format: str | AudioFormat | None) -> dict[str, Any]:
    known = None if format is None else str(AudioFormat.parse(format))
    return {"verb": verb, "format": known}


def _has_pesq() -> bool:
    return find_spec("pesq") is not None


async def _table(
    listed: tuple[Iterator[Item], int | None],
    settings: dict[str, Any],
    workers: int | None,
    client: Any,
    results: Name | None,
    progress: Progress | bool | None,
) -> DataFrame:
    verb = settings["verb"]
    items, total = listed
    pool = _pool(workers, client)
    file = None if results is None else _results(results, settings)
    try:
        if file is not None:
            await asyncio.to_thread(file.read)
        async with Reporter(verb, total, progress) as told:
            try:
                await pool.open()
                rows = await Dispatch(items, total, settings, pool, file, told).rows()
            finally:
                await pool.close()
    finally:
        if file is not None:
            file.close()
    return await asyncio.to_thread(_drawn_up, verb, rows)


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


def _drawn_up(verb: str, rows: list[bytes]) -> DataFrame:
    from voicelab.analysis.corpus_table import corpus_table

    return corpus_table(verb, rows)
