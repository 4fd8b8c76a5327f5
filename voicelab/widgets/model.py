"""The panel's widget model: a canvas and its controls in the browser, and messages both ways."""

from __future__ import annotations

from pathlib import Path

import anywidget

_HERE = Path(__file__).parent
_SCRIPTS = ("waveform.js", "calls.js", "panel.js")


class PanelModel(anywidget.AnyWidget):
    """One per panel; each view of it in a browser draws the same."""

    # anywidget takes one ES module: the scripts are joined, and only the last one exports.
    _esm = "\n".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS)
    _css = (_HERE / "panel.css").read_text("utf-8")
