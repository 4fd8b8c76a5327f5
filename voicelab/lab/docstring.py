"""What a docstring says of a function and its parameters, where that is simple to read."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator

_NUMPY = re.compile(r"^Parameters\n-{3,}\n(?P<body>.*?)(?=^\S[^\n]*\n-{3,}$|\Z)", re.M | re.S)
_GOOGLE = re.compile(r"^(?:Args|Arguments|Parameters):\n(?P<body>(?:[ \t]+.*\n?|\n)*)", re.M)
_GOOGLE_ENTRY = re.compile(r"(?P<name>\*{0,2}\w+)\s*(?:\([^)]*\))?:\s*(?P<text>.*)", re.S)


def summary(docstring: str | None) -> str | None:
    """Return the first paragraph on one line; None where there is none."""
    paragraph = inspect.cleandoc(docstring or "").split("\n\n", 1)[0]
    return " ".join(paragraph.split()) or None


def parameter_texts(docstring: str | None) -> dict[str, str]:
    """Return what is said of each parameter, in numpydoc or Google style."""
    text = inspect.cleandoc(docstring or "")
    if found := _NUMPY.search(text):
        return dict(_numpy(found["body"]))
    if found := _GOOGLE.search(text):
        return dict(_google(inspect.cleandoc(found["body"])))
    return {}


def _numpy(body: str) -> Iterator[tuple[str, str]]:
    for head, text in _entries(body.splitlines()):
        for name in head.partition(":")[0].split(","):
            if text:
                yield name.strip(), text


def _google(body: str) -> Iterator[tuple[str, str]]:
    for head, more in _entries(body.splitlines()):
        if found := _GOOGLE_ENTRY.match(head):
            text = " ".join(f"{found['text']} {more}".split())
            if text:
                yield found["name"], text


def _entries(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each line that is not indented, with those under it."""
    head: str | None = None
    below: list[str] = []
    for line in lines:
        if line and not line[0].isspace():
            if head is not None:
                yield head, " ".join(below)
            head, below = line, []
        elif line.strip():
            below.append(line.strip())
    if head is not None:
        yield head, " ".join(below)
