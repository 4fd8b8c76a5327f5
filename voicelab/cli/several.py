"""Several recordings on the command line: all cores at work, and a table of one row a file."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from voicelab.cli.given import file_of, files_of
from voicelab.cli.outputs import check_outputs
from voicelab.cli.streams import answer, remark
from voicelab.errors import SettingError
from voicelab.lab.places import existing

_OF_TABLES: Final = frozenset(
    (
        *("gap_list", "gaps_ms"),
        *("fault", "confidence", "evidence", "second", "second_confidence"),
    )
)
"""What stands in a row beside the same in a list."""


def add_table_options(parser: argparse.ArgumentParser) -> None:
    """Describe the options of tables."""
    table = parser.add_argument_group("several files")
    table.add_argument("--csv", metavar="OUT", help="write the table, one row a file")
    table.add_argument(
        "--results", metavar="JSONL", help="append each row as it is done, and skip what is there"
    )
    table.add_argument("--workers", type=int, metavar="N", help="processes (default: one a core)")


def check_several(options: argparse.Namespace) -> int:
    """Check several recordings against one reference, or a folder against a folder by name."""
    from voicelab.lab.corpus.folder import References
    from voicelab.lab.corpus.listing import pairs_listed
    from voicelab.lab.corpus.run import check_settings

    settings = check_settings(options.format, options.full, options.channel)
    _refuse({"--html": options.html})
    files = files_of(options.recording, options.recordings)
    against = existing(options.against)
    if against.is_dir():
        references = References(against)
        pairs = [(path, references.of(name)) for path, name in files]
    else:
        reference = file_of(options.against, options.recordings)
        pairs = [(path, reference) for path, _ in files]
    check_outputs([options.csv], [path for pair in pairs for path in pair])
    return _table(options, pairs_listed(pairs), settings)


def diagnose_several(options: argparse.Namespace) -> int:
    """Diagnose several recordings, alone or beside one reference or a folder of them."""
    from voicelab.lab.corpus.folder import References
    from voicelab.lab.corpus.listing import paths_listed
    from voicelab.lab.corpus.run import diagnose_settings

    settings = diagnose_settings(options.format, options.hint, options.channel)
    _refuse({"--html": options.html, "--repaired": options.repaired})
    files = files_of(options.file, options.recordings)
    paths = [path for path, _ in files]
    known: Sequence[Path] = []
    if options.against and existing(options.against).is_dir():
        references = References(existing(options.against))
        known = [references.of(name) for _, name in files]
    elif options.against:
        known = [file_of(options.against, options.recordings)] * len(files)
    check_outputs([options.csv], [*paths, *known])
    return _table(options, paths_listed(paths, known or None), settings)


def _refuse(options: dict[str, str | None]) -> None:
    for name, value in options.items():
        if value is not None:
            raise SettingError(
                f"{name} is of one recording: give one alone, or --csv OUT for a table of several."
            )


def _table(options: argparse.Namespace, listed: Any, settings: dict[str, Any]) -> int:
    from voicelab.analysis.corpus_table import corpus_table
    from voicelab.analysis.corpus_text import corpus_text
    from voicelab.lab.corpus.run import run_through
    from voicelab.store.whole_file import write_whole

    verb = settings["verb"]
    rows = asyncio.run(
        run_through(listed, settings, options.workers, results=options.results, progress=None)
    )
    every = [json.loads(row) for row in rows]
    if options.json:
        answer(json.dumps([_object(row) for row in every]))
    else:
        answer(corpus_text(verb, every))
    if options.csv:
        table = corpus_table(verb, rows).to_csv(index=False)
        remark(f"the table is {write_whole(Path(options.csv), table.encode())}")
    failed = sum(row["error"] is not None for row in every)
    if failed:
        remark(f"{failed:,} of {len(every):,} files could not be looked at")
    lost = verb == "check" and any(_is_elsewhere(row) for row in every)
    return 1 if failed or lost else 0


def _object(row: dict[str, Any]) -> dict[str, Any]:
    """A row as a file alone gives it, with the names of its files and its error."""
    if "gap_list" in row:
        row = row | {"gaps": row["gap_list"]}
    return {name: value for name, value in row.items() if name not in _OF_TABLES}


def _is_elsewhere(row: dict[str, Any]) -> bool:
    """Whether the reference is not in the recording."""
    return row["error"] is None and not row["exact"] and row["delay_ms"] is None
