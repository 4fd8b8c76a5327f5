"""The house stands: imports point down, each library stays in its room, files stay short.

Imports are read from the syntax tree, so lazy ones inside functions and those
under TYPE_CHECKING count too.
"""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

import pytest

PACKAGE = Path(__file__).parents[1] / "voicelab"
GROUND = -1
ABOVE_ALL = 9
FLOORS = {
    "errors": GROUND,
    "secret": GROUND,
    "audio": 0,
    "protocol": 1,
    "call": 2,
    "store": 3,
    "net": 4,
    "analysis": 5,
    "sim": 5,
    "replay": 6,
    "lab": 7,
    "widgets": 8,
    "cli": 8,
    "__init__": ABOVE_ALL,
    "__main__": ABOVE_ALL,
}
ONLY_IN = {
    "matplotlib": ("analysis/figures.py",),
    "ipywidgets": ("widgets/",),
    "anywidget": ("widgets/",),
    "nest_asyncio": ("lab/nested.py",),
    "nest_asyncio2": ("lab/nested.py",),
    "aiohttp": ("net/", "sim/"),
    "websockets": ("net/", "sim/"),
    "socket": ("net/", "sim/"),
    "dask": ("lab/corpus/",),
    "distributed": ("lab/corpus/",),
}
NEVER_IN = {
    "asyncio": ("audio/", "protocol/", "store/"),
    "time": ("audio/", "protocol/", "call/"),
    "numpy": ("protocol/",),
}
LONGEST_LINES = 400
MEDIAN_LINES = 150


def imported(source: str, where: str) -> set[str]:
    """Return the dotted modules that a file imports, relative ones made absolute."""
    package = ["voicelab", *Path(where).parent.parts]
    modules = set()
    for node in ast.walk(ast.parse(source, where)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from voicelab import lab` reaches a room as well as `import voicelab.lab` does.
            modules |= (
                {f"voicelab.{alias.name}" for alias in node.names}
                if module == "voicelab"
                else {module}
            )
    return modules


def room_of(where: str) -> str:
    return Path(where).parts[0].removesuffix(".py")


def offences(source: str, where: str) -> list[str]:
    """Return a sentence for each import in a file that the house forbids."""
    room = room_of(where)
    found = []
    for module in sorted(imported(source, where)):
        top, _, rest = module.partition(".")
        if top == "voicelab" and rest != "__version__":
            # A name that is no room is one of the package's own public names.
            target = rest.split(".")[0] if rest.split(".")[0] in FLOORS else "__init__"
            if target != room and FLOORS[target] >= FLOORS[room]:
                found.append(f"{where} imports {module}, which is not below it")
        if top in ONLY_IN and not where.startswith(ONLY_IN[top]):
            found.append(f"{where} imports {module}, which belongs in {', '.join(ONLY_IN[top])}")
        if top in NEVER_IN and where.startswith(NEVER_IN[top]):
            found.append(f"{where} imports {module}, which {room} does without")
    return found


FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def lines_of(where: str) -> int:
    return len((PACKAGE / where).read_text("utf-8").splitlines())


@pytest.mark.parametrize("where", FILES)
def test_file_keeps_to_its_floor(where):
    assert room_of(where) in FLOORS
    assert offences((PACKAGE / where).read_text("utf-8"), where) == []


@pytest.mark.parametrize("where", FILES)
def test_file_is_short(where):
    assert lines_of(where) <= LONGEST_LINES


def test_files_are_short_on_the_whole():
    assert median(map(lines_of, FILES)) <= MEDIAN_LINES


@pytest.mark.parametrize(
    ("where", "source"),
    [
        ("audio/wav.py", "from voicelab.call.stream import Stream"),
        ("audio/wav.py", "from voicelab import Lab"),
        ("audio/wav.py", "import voicelab"),
        ("call/stream.py", "def f():\n    from voicelab.store import journal"),
        ("call/stream.py", "from ..lab.call import Call"),
        ("call/stream.py", "from .. import lab"),
        ("call/stream.py", "if TYPE_CHECKING:\n    import voicelab.lab.call"),
        ("sim/carrier.py", "from voicelab.analysis import facts"),
        ("cli/main.py", "from voicelab.widgets.panel import Panel"),
        ("protocol/vobiz/answer.py", "from ...call import stream"),
        ("call/clock.py", "import time"),
        ("call/clock.py", "from time import monotonic"),
        ("store/journal.py", "import asyncio.queues"),
        ("protocol/vobiz/messages.py", "import numpy as np"),
        ("lab/picture.py", "import matplotlib.pyplot as plt"),
        ("lab/places.py", "import socket"),
        ("lab/call.py", "from ipywidgets import HTML"),
        ("cli/run.py", "import nest_asyncio"),
        ("analysis/corpus_table.py", "from distributed import Client"),
    ],
)
def test_a_planted_offence_is_caught(where, source):
    assert len(offences(source, where)) == 1


@pytest.mark.parametrize(
    ("where", "source"),
    [
        ("call/stream.py", "from voicelab.audio import format\nfrom .moment import Moment"),
        ("protocol/vobiz/answer.py", "from ...errors import ProtocolError"),
        ("analysis/figures.py", "def f():\n    import matplotlib"),
        ("sim/phone.py", "import aiohttp, asyncio, time"),
        ("lab/nested.py", "import nest_asyncio2"),
        ("cli/__init__.py", "from voicelab import __version__"),
        ("__main__.py", "from voicelab.cli import main"),
        ("__init__.py", "from voicelab.lab import Lab"),
    ],
)
def test_what_is_allowed_is_not_an_offence(where, source):
    assert offences(source, where) == []
