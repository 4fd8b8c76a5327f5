"""voicelab: a Jupyter-first workbench for telephone voice agents."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voicelab.audio.clip import Audio
    from voicelab.audio.format import AudioFormat
    from voicelab.call.turn import HangUp, ToolCall
    from voicelab.errors import VoicelabError
    from voicelab.lab.agent import Agent
    from voicelab.lab.bridge import Bridge
    from voicelab.lab.call import Call
    from voicelab.lab.check import check
    from voicelab.lab.corpus.corpus import check_corpus, diagnose_corpus
    from voicelab.lab.diagnose import diagnose
    from voicelab.lab.lab import Lab
    from voicelab.lab.load import load
    from voicelab.lab.nested import run
    from voicelab.lab.sink import Sink
    from voicelab.sim.phone import Carrier
    from voicelab.sim.realtime.server import LocalRealtime

__version__ = "0.1.0"

__all__ = [
    "Agent",
    "Audio",
    "AudioFormat",
    "Bridge",
    "Call",
    "Carrier",
    "HangUp",
    "Lab",
    "LocalRealtime",
    "Sink",
    "ToolCall",
    "VoicelabError",
    "check",
    "check_corpus",
    "diagnose",
    "diagnose_corpus",
    "load",
    "run",
]

_WHERE = {
    "Agent": "voicelab.lab.agent",
    "Audio": "voicelab.audio.clip",
    "AudioFormat": "voicelab.audio.format",
    "Bridge": "voicelab.lab.bridge",
    "Call": "voicelab.lab.call",
    "Carrier": "voicelab.sim.phone",
    "HangUp": "voicelab.call.turn",
    "Lab": "voicelab.lab.lab",
    "LocalRealtime": "voicelab.sim.realtime.server",
    "Sink": "voicelab.lab.sink",
    "ToolCall": "voicelab.call.turn",
    "VoicelabError": "voicelab.errors",
    "check": "voicelab.lab.check",
    "check_corpus": "voicelab.lab.corpus.corpus",
    "diagnose": "voicelab.lab.diagnose",
    "diagnose_corpus": "voicelab.lab.corpus.corpus",
    "load": "voicelab.lab.load",
    "run": "voicelab.lab.nested",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "Lab":
        _offer_live_views()
    value = globals()[name] = getattr(import_module(_WHERE[name]), name)
    return value


def _offer_live_views() -> None:
    """In a notebook's kernel, let a lab show its control panel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        from voicelab.widgets.offer import offer

        offer(kernel)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
