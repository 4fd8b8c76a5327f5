"""Where the files are, from wherever a notebook or a command is started."""

from __future__ import annotations

from pathlib import Path


def home() -> Path:
    """The nearest folder upward that has both ``recordings`` and ``data``, else the present one."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "recordings").is_dir() and (folder / "data").is_dir():
            return folder
    return here


def default_place(name: str) -> Path:
    """A default such as ``recordings``, seen from :func:`home`."""
    return home() / name


def existing(path: str | Path) -> Path:
    """A file somebody named: as it is, or else as seen from :func:`home`."""
    path = Path(path).expanduser()
    if not path.is_absolute() and not path.exists() and (home() / path).exists():
        return home() / path
    return path
