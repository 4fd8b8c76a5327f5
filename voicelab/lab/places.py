"""Where the files are, from wherever a notebook or a command is started."""

from __future__ import annotations

from pathlib import Path

from voicelab.errors import CallNotFound


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
    """A file somebody named: as it is, or else as seen from :func:`home`.

    ``data/prompts/…`` is found wherever one is, since the prompts come with the package.

    Raises
    ------
    CallNotFound
        Where no file can have such a name.
    """
    try:
        return _existing(Path(path).expanduser())
    except (OSError, RuntimeError) as error:
        why = str(getattr(error, "strerror", None) or error).rstrip(".")
        raise CallNotFound(f"There is no file {path}: {why}.") from None


def _existing(path: Path) -> Path:
    if path.is_absolute() or path.exists():
        return path
    if (home() / path).exists():
        return home() / path
    if path.parent == Path("data/prompts"):
        from voicelab.sim.prompts import prompt_names

        return prompt_names().get(path.stem, path)
    return path
