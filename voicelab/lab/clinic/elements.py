"""The parts of a page: state, cards, figures and tables, all text in them escaped."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Literal, NamedTuple

from voicelab.analysis.figures import Picture

State = Literal["good", "look", "bad"]
_SIGNS: dict[State, str] = {"good": "✓", "look": "!", "bad": "✕"}


_UNIT = re.compile(r"(?<=\d) (?=(%|m?s|min|dB|dBFS|k?Hz|ppm)\b|%)")
_MINUS = re.compile(r"(?<![\w.)])-(?=\d)")


def words(text: str) -> str:
    """Text in HTML: escaped, with a true minus, and no line between a number and its unit."""
    return _MINUS.sub("\u2212", _UNIT.sub("\u00a0", escape(text)))


class Card(NamedTuple):
    """A number that is read first: its name, its value, and what stands beside it."""

    name: str
    value: str
    beside: str = ""


def heading(kicker: str, names: Iterable[str], state: State, word: str, verdict: str) -> str:
    """What was looked at, how it is in a word, and the verdict."""
    looked_at = " against ".join(f"<b>{words(name)}</b>" for name in names)
    return (
        f'<header><p class="kicker">{words(kicker)}: {looked_at}</p>'
        f'<p class="state {state}">{_SIGNS[state]} {words(word)}</p>'
        f"<h1>{words(verdict)}</h1></header>"
    )


def cards(given: Iterable[Card]) -> str:
    """The numbers that are read first, side by side."""
    cells = "".join(
        f"<div><dt>{words(card.name)}</dt><dd>{words(card.value)}"
        f"{f'<small>{words(card.beside)}</small>' if card.beside else ''}</dd></div>"
        for card in given
    )
    return f'<dl class="cards">{cells}</dl>'


def remarks(given: Iterable[str]) -> str:
    """Sentences that must not be missed, each a paragraph; nothing where there is none."""
    return "".join(f'<p class="part"><b>{words(said)}</b></p>' for said in given)


def section(title: str, caption: str, content: str) -> str:
    """A heading, what one sees under it, and that."""
    said = f'<p class="caption">{words(caption)}</p>' if caption else ""
    kind = title.lower().replace(" ", "-")
    return f'<section class="{words(kind)}"><h2>{words(title)}</h2>{said}{content}</section>'


def drawing(picture: Picture, name: str, seen: str) -> str:
    """A figure in a page: an SVG in the page's colours, `seen` for those who cannot see it."""
    return f'<figure class="drawing">{picture.svg(name, seen)}</figure>'


def image(picture: Picture, seen: str) -> str:
    """A figure in a notebook: a PNG that shows wherever the notebook is shown."""
    png, size = picture._repr_png_()
    return (
        f'<img alt="{escape(seen)}" width="{size["width"]}" style="display:block;max-width:100%" '
        f'src="data:image/png;base64,{base64.b64encode(png).decode()}">'
    )


def numbers_in_a_row(given: Iterable[Card]) -> str:
    """The cards where no style sheet is, as in a notebook's output."""
    columns = list(given)
    left = 'style="text-align:left;padding-right:1.5em"'
    heads = "".join(f"<th {left}>{words(card.name)}</th>" for card in columns)
    values = "".join(f"<td {left}>{words(card.value)}</td>" for card in columns)
    besides = "".join(f"<td {left}><small>{words(card.beside)}</small></td>" for card in columns)
    return f"<table><tr>{heads}</tr><tr>{values}</tr><tr>{besides}</tr></table>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], meaning: bool = False) -> str:
    """Rows under heads; the first cell of each is its name, the last may say what it means."""
    kinds = ["", *[""] * (len(heads) - 2), ' class="meaning"' if meaning else ""]
    top = "".join(
        f'<th scope="col"{kind} style="text-align:left">{words(head)}</th>'
        for head, kind in zip(heads, kinds, strict=True)
    )
    body = "".join(f"<tr>{_cells(row, meaning)}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Sequence[str], meaning: bool) -> str:
    first, *rest = row
    cells = [
        f'<th scope="row" style="text-align:left">{words(first)}</th>',
        *(f'<td style="text-align:left">{words(cell)}</td>' for cell in rest),
    ]
    if meaning:
        cells[-1] = f'<td class="meaning">{words(rest[-1])}</td>'
    return "".join(cells)
