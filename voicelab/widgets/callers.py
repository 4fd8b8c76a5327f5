"""Who can call: the bundled prompts, and the sound files in ``data/``."""

from __future__ import annotations

import json
from pathlib import Path

from voicelab.lab.places import home
from voicelab.sim.prompts import prompt_names
from voicelab.widgets.messages import CallerChoice

SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".mp3"})
FILES_SHOWN = 200
FIRST = ("order", "question", "yes", "no", "goodbye")
"""What a caller would say comes before what an agent would."""


def caller_choices() -> list[CallerChoice]:
    """What the menu offers, prompts first."""
    return [*_prompts(), *_files(home())]


def _prompts() -> list[CallerChoice]:
    prompts = prompt_names()
    words = _words(next(iter(prompts.values())).parent) if prompts else {}
    names = sorted(prompts, key=lambda n: (FIRST.index(n) if n in FIRST else len(FIRST), n))
    return [
        CallerChoice(
            path=f"data/prompts/{name}.wav", name=name, words=words.get(name, ""), group="prompts"
        )
        for name in names
    ]


def _words(folder: Path) -> dict[str, str]:
    """What each prompt says, where that is written down."""
    path = folder / "prompts.json"
    files = json.loads(path.read_text("utf-8"))["files"] if path.is_file() else {}
    return {Path(name).stem: about["text"] for name, about in files.items()}


def _files(root: Path) -> list[CallerChoice]:
    """Sound in ``data/`` and one folder below: a corpus under it may be large."""
    data = root / "data"
    found = [
        path
        for pattern in ("*", "*/*")
        for path in sorted(data.glob(pattern))
        if path.suffix.lower() in SUFFIXES and path.parent != data / "prompts"
    ]
    return [
        CallerChoice(
            path=path.relative_to(root).as_posix(),
            name=path.relative_to(data).as_posix(),
            words="",
            group="data",
        )
        for path in found[:FILES_SHOWN]
    ]
