"""Stored calls by what a person calls them on the command line: a path, an id, ``last``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from voicelab.errors import CallNotFound
from voicelab.lab.call import Call
from voicelab.lab.load import load
from voicelab.lab.places import default_place, existing
from voicelab.store.journal import journal_headers
from voicelab.store.names import JOURNAL

_SHORTEST = 4
_LISTED = 5


def find_call(name: str, recordings: Path | None = None) -> Call:
    """Open a stored call.

    Parameters
    ----------
    name : str
        Any of its files or the stem they share; the beginning of its id, of the provider's id or
        of its file's name, four characters or more; or ``last``.
    recordings : Path, optional
        Where calls are stored; default: ``recordings``.

    Raises
    ------
    CallNotFound
        Where there is none, or more than one.
    """
    if existing(name).exists() or Path(name).name != name:
        return load(name)
    folder = recordings or default_place("recordings")
    stored = sorted(_stored(folder)) if folder.is_dir() else []
    if name == "last":
        if not stored:
            raise CallNotFound(f"There is no call in {folder} yet.")
        return load(folder / stored[-1][1])
    found = [stem for _, stem, ids in stored if _means(name, [stem, *ids])]
    if not found:
        try:
            return load(name)
        except CallNotFound:
            raise CallNotFound(
                f"There is no file {name}, and no call in {folder} whose id or name begins so. "
                "`last` is the latest one."
            ) from None
    if len(found) > 1:
        more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        raise CallNotFound(
            f"{len(found)} calls begin with {name}: {', '.join(found[:_LISTED])}{more}. "
            "Give more of the name."
        )
    return load(folder / found[0])


def _stored(folder: Path) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """When each began, the stem of its files, and its ids."""
    for path, header in journal_headers(folder):
        ids = tuple(str(header[key]) for key in ("id", "call_id", "stream_id") if header.get(key))
        yield str(header.get("started", "")), path.name.removesuffix(JOURNAL), ids


def _means(name: str, called: list[str]) -> bool:
    return len(name) >= _SHORTEST and any(each.startswith(name) for each in called)
