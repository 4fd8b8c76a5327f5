"""How a lab or a call shows itself: a registry of renderers, from the plainest to the richest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import numpy as np

log = logging.getLogger("voicelab.lab")

Renderer = Callable[[Any], dict[str, Any]]


def _static_call(call: Any) -> dict[str, Any]:
    from voicelab.lab.picture import call_html

    return call_html(call)


def _static_lab(lab: Any) -> dict[str, Any]:
    from voicelab.lab.listing import lab_html

    return lab_html(lab)


_renderers: dict[str, list[Renderer]] = {
    "call": [_static_call],
    "lab": [_static_lab],
    "server": [_static_lab],
}


_warm = False


async def warm_up() -> None:
    """Draw once, beside the event loop, before a first picture could hold up a call.

    Loading matplotlib and its fonts takes a third of a second, the next picture a tenth of that.
    Only where live views are registered: elsewhere nobody may ever look.
    """
    global _warm
    live = len(_renderers["lab"]) > 1
    if live and not _warm:
        _warm = True
        await asyncio.to_thread(_draw_once)


def _draw_once() -> None:
    from voicelab.analysis.figures import CALLER, Lane, call_figure

    call_figure([Lane("", np.zeros(1, np.int16), 8000, CALLER)])._repr_png_()


def register(kind: str, renderer: Renderer) -> None:
    """Show objects of a kind this way too; where that cannot be, earlier ways still show."""
    _renderers.setdefault(kind, []).append(renderer)


def mimebundle(kind: str, thing: object) -> dict[str, Any]:
    """A thing as Jupyter wants it: MIME type to content, with ``text/plain`` always there.

    Each renderer adds its own types, and the viewer takes the richest that it knows.
    """
    bundle: dict[str, Any] = {"text/plain": repr(thing)}
    for renderer in _renderers.get(kind, ()):
        try:
            bundle |= renderer(thing)
        except Exception:
            log.exception("A %s could not be drawn in one way of several.", kind)
    return bundle
