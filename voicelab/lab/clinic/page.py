"""A page that stands alone: its style, script, figures and sound are all inside."""

from __future__ import annotations

from html import escape
from pathlib import Path

from voicelab import __version__

_HERE = Path(__file__).parent
_ALLOWED = (
    "default-src 'none'; img-src data:; media-src data:; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'"
)


def page(title: str, body: str) -> str:
    """A whole HTML document that asks for nothing over a network.

    Parameters
    ----------
    title : str
        Any text; it is escaped.
    body : str
        HTML.
    """
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_ALLOWED}">
<title>{escape(title)}</title>
<style>
{(_HERE / "page.css").read_text("utf-8")}</style>
</head>
<body>
<main>
{body}
<footer>voicelab {__version__}. All figures and sounds are in this page.</footer>
</main>
<script>
{(_HERE / "page.js").read_text("utf-8")}</script>
</body>
</html>
"""
