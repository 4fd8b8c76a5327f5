"""What a lab or a sink shows of itself: where it is, and its calls."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voicelab.lab.lab import Lab
    from voicelab.lab.sink import Sink

_SHOWN = 20


def lab_html(lab: Lab | Sink) -> dict[str, Any]:
    """A line about the lab and a table of its last calls."""
    calls = lab.calls()
    rows = "".join(f"<li><code>{escape(repr(call))}</code></li>" for call in calls[-_SHOWN:])
    left_out = len(calls) - _SHOWN
    more = f"<p>and {left_out} earlier ones: <code>.calls()</code></p>" if left_out > 0 else ""
    return {
        "text/html": f'<div class="voicelab-lab"><p><code>{escape(repr(lab))}</code></p>'
        f"<ul>{rows}</ul>{more}</div>"
    }
