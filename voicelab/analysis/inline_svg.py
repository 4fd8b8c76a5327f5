"""A drawn SVG file as an element that stands inside a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

_FAMILY = re.compile(r"(font: [^;\"]*?px|font-family:) ['A-Z][^;\"]*")
_IDS = re.compile(r'(\bid="|url\(#|href="#)')


def inline_svg(drawn: str, name: str, label: str, colours: Mapping[str, str]) -> str:
    """Take what belongs to a file away, and let the page choose colours and letters.

    Parameters
    ----------
    drawn : str
        As matplotlib writes it, letters as letters.
    name : str
        Each identifier in it begins with this, so that several figures do in one page.
    label : str
        What is seen, in words.
    colours : mapping
        From ``#rrggbb`` to the name of the page's variable that may replace it.
    """
    body = drawn[drawn.index("<svg") : drawn.rindex("</svg>") + len("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->\n?", "", body, flags=re.DOTALL)
    body = re.sub(r' xmlns(:xlink)?="[^"]*"', "", body).replace("xlink:href", "href")
    body = _IDS.sub(rf"\1{name}-", body)
    body = _FAMILY.sub(r"\1 var(--letters, sans-serif)", body)
    for colour, variable in colours.items():
        body = re.sub(colour, f"var(--{variable}, {colour.lower()})", body, flags=re.IGNORECASE)
    view = re.search(r'viewBox="[^"]*"', body)
    opening = f'<svg {view.group() if view else ""} role="img" aria-label="{escape(label)}">'
    return re.sub(r"<svg[^>]*>", lambda _: opening, body, count=1)
