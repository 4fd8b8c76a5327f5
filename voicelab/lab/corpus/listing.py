"""What a person gives for a corpus, as items: lists, tables, folders."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sized
from itertools import repeat
from typing import Any, Final

from voicelab.errors import SettingError
from voicelab.lab.corpus.folder import sounds_in
from voicelab.lab.corpus.item import Item
from voicelab.lab.places import existing

_PAIRS = "Give pairs of files, such as [(recording, reference), …] or {recording: reference}"
_END: Final = object()


def pairs_listed(pairs: Any) -> tuple[Iterator[Item], int | None]:
    """The items of what :func:`~voicelab.check_corpus` takes, and their number where it is known.

    Raises
    ------
    SettingError
        Where they are no pairs; of a generator's, when it comes to that.
    """
    if _is_table(pairs):
        pairs = list(zip(*_columns(pairs, "recording", "reference"), strict=True))
    elif isinstance(pairs, Mapping):
        pairs = pairs.items()
    elif isinstance(pairs, (str, os.PathLike)) or not isinstance(pairs, Iterable):
        raise SettingError(f"{_PAIRS}, not {type(pairs).__name__}.")
    if isinstance(pairs, (list, tuple)):
        for number, pair in enumerate(pairs):
            _pair(number, pair)
    items = (Item.of(*_pair(number, pair)) for number, pair in enumerate(pairs))
    return items, _length(pairs)


def paths_listed(paths: Any, references: Any) -> tuple[Iterator[Item], int | None]:
    """The items of what :func:`~voicelab.diagnose_corpus` takes, and their number.

    Raises
    ------
    SettingError
        Where they are no paths, or there are not as many references.
    """
    if isinstance(paths, (str, os.PathLike)):
        given = existing(os.fspath(paths))
        paths = sounds_in(given) if given.is_dir() else [given]
    elif _is_table(paths):
        if references is None and "reference" in paths.columns:
            references = paths["reference"].tolist()
        (paths,) = _columns(paths, "path")
    elif not isinstance(paths, Iterable):
        raise SettingError(f"Give a list of files, or a folder, not {type(paths).__name__}.")
    length = _length(paths)
    if references is None or isinstance(references, (str, os.PathLike)):
        return map(Item.of, paths, repeat(references)), length
    if isinstance(references, Mapping):
        known = references
        return (Item.of(path, known.get(path)) for path in paths), length
    if not isinstance(references, Iterable):
        raise SettingError(f"references= are as many as the files, not {type(references)}.")
    if length is not None and _length(references) not in (None, length):
        raise SettingError(f"There are {length} files, but {_length(references)} references.")
    return _beside(paths, references), length


def _beside(paths: Iterable[Any], references: Iterable[Any]) -> Iterator[Item]:
    others = iter(references)
    for number, path in enumerate(paths):
        reference = next(others, _END)
        if reference is _END:
            raise SettingError(f"There are only {number} references, but more files.")
        yield Item.of(path, reference)


def _pair(number: int, pair: Any) -> tuple[Any, Any]:
    if isinstance(pair, (str, os.PathLike)) or not isinstance(pair, Iterable):
        raise SettingError(f"{_PAIRS}; number {number + 1} is {pair!r}.")
    both = tuple(pair)
    if len(both) != 2:
        raise SettingError(f"{_PAIRS}; number {number + 1} has {len(both)} parts.")
    return both[0], both[1]


def _is_table(given: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(given, pandas.DataFrame)


def _columns(table: Any, *names: str) -> list[list[Any]]:
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise SettingError(f"The table has no column {missing[0]!r}; it needs {', '.join(names)}.")
    return [table[name].tolist() for name in names]


def _length(given: Any) -> int | None:
    return len(given) if isinstance(given, Sized) else None
