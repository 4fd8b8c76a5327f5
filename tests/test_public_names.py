"""What `import voicelab` offers, and what it must not cost."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import voicelab

NAMES = [
    "Agent", "Audio", "AudioFormat", "Bridge", "Call", "Carrier", "HangUp", "Lab", "LocalRealtime",
    "Sink", "ToolCall", "VoicelabError", "check", "check_corpus", "diagnose", "diagnose_corpus",
    "load", "run",
]  # fmt: skip
HEAVY = {
    "IPython",
    "aiohttp",
    "anywidget",
    "dask",
    "distributed",
    "ipywidgets",
    "matplotlib",
    "pandas",
    "scipy",
    "soundfile",
    "webrtcvad",
    "websockets",
}


def modules_after(statement: str) -> set[str]:
    program = f"import json, sys; {statement}; print(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return set(json.loads(done.stdout))


def test_all_is_frozen():
    assert voicelab.__all__ == NAMES
    assert len(voicelab.__all__) <= 25


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_there(name):
    assert getattr(voicelab, name).__name__ == name
    assert name in dir(voicelab)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        voicelab.nonsense  # noqa: B018


@pytest.mark.parametrize("statement", ["import voicelab", "from voicelab import Lab"])
def test_importing_is_light(statement):
    assert not HEAVY & modules_after(statement)
