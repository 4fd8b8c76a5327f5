"""The bundled prompts: a few sentences of synthetic speech."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from voicelab.errors import FormatError

_PACKAGE = Path(__file__).resolve().parent.parent
_PLACES = (_PACKAGE / "prompts", _PACKAGE.parent / "data" / "prompts")


def prompt_path(name: str) -> Path:
    """The WAV of a prompt such as ``"order"``.

    Raises
    ------
    FormatError
        Where there is none of that name; the message lists those there are.
    """
    prompts = prompt_names()
    if name not in prompts:
        raise FormatError(f"There is no prompt {name!r}; there are {', '.join(prompts)}.")
    return prompts[name]


def prompt_names() -> dict[str, Path]:
    """All bundled prompts by name."""
    folder = next((place for place in _PLACES if place.is_dir()), _PLACES[0])
    return {path.stem: path for path in sorted(folder.glob("*.wav"))}


@cache
def prompt_texts() -> dict[str, str]:
    """Return the words of each bundled prompt, by name."""
    names = prompt_names()
    listed = json.loads((next(iter(names.values())).parent / "prompts.json").read_text("utf-8"))
    return {Path(file).stem: entry["text"] for file, entry in listed["files"].items()}


def prompt_text(name: str) -> str:
    """Return the words of a prompt."""
    return prompt_texts()[name]
