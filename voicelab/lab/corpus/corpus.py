"""Checking and diagnosing many files: the two public verbs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from voicelab.audio.format import AudioFormat
from voicelab.lab.corpus.listing import pairs_listed, paths_listed
from voicelab.lab.corpus.progress import Progress
from voicelab.lab.corpus.run import Name, check_settings, diagnose_settings, run_through

if TYPE_CHECKING:
    from distributed import Client
    from pandas import DataFrame


async def check_corpus(
    pairs: Iterable[tuple[Name, Name]] | Mapping[Name, Name] | DataFrame,
    format: str | AudioFormat | None = None,
    *,
    full: bool = False,
    channel: int | None = None,
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
    channel : int, optional
        Of recordings with several, which one, from 1 on.
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
    settings = check_settings(format, full, channel)
    rows = await run_through(pairs_listed(pairs), settings, workers, client, results, progress)
    return await asyncio.to_thread(_drawn_up, "check", rows)


async def diagnose_corpus(
    paths: Iterable[Name] | Name | DataFrame,
    references: Iterable[Name | None] | Mapping[Name, Name] | Name | None = None,
    format: str | AudioFormat | None = None,
    *,
    hint: str | None = None,
    channel: int | None = None,
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
        and below it, each stored call once; the column ``path`` of a table.
    references : iterable, dict or path, optional
        How they ought to sound: one for each path or None, a dict from path to reference, one
        for all, or the column ``reference`` of the table.
    format : str or AudioFormat, optional
        How wire bytes were decoded, ``mulaw/8000``; without it these are taken for audio files. A
        file that begins as an audio file is read as one in any case.
    hint : str, optional
        A fault that is suspected of all.
    channel : int, optional
        Of recordings with several, which one, from 1 on; default: the loudest of each.
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
    settings = diagnose_settings(format, hint, channel)
    listed = await asyncio.to_thread(paths_listed, paths, references)
    rows = await run_through(listed, settings, workers, client, results, progress)
    return await asyncio.to_thread(_drawn_up, "diagnose", rows)


def _drawn_up(verb: str, rows: list[bytes]) -> DataFrame:
    from voicelab.analysis.corpus_table import corpus_table

    return corpus_table(verb, rows)
