"""``docs/journal.md`` is the contract: the code, the sample and the page agree."""

import ast
import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

from voicelab import load

ROOT = Path(__file__).parents[2]
CONTRACT = (ROOT / "docs" / "journal.md").read_text()
(SAMPLE,) = (ROOT / "recordings" / "sample").glob("*.journal.jsonl")
LEGS = {"carrier", "model", "browser", "webhook", "lab", "sim"}
HEADER = {"voicelab", "id", "call_id", "stream_id", "started", "formats", "config", "continues"}


def documented() -> set[str]:
    facts = CONTRACT.split("## Facts")[1].split("\n## ")[0]
    rows = [row.split("|")[2] for row in facts.splitlines() if row.startswith(("| lab", "| sim"))]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def noted() -> set[str]:
    """Names that the code puts into journals: first arguments of note, _note and _odd."""
    names = set()
    for path in (ROOT / "voicelab").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in {"note", "_note", "_odd"} and "sim" not in path.parts:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    names.add(first.value)
    return names


def test_every_fact_the_code_notes_is_documented():
    names = noted()
    assert len(names) > 10
    assert names <= documented()


def test_the_sample_keeps_the_contract():
    first, *lines = [json.loads(line) for line in SAMPLE.read_bytes().splitlines()]
    assert first.keys() == HEADER - {"continues"}
    assert first["voicelab"] == 1
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first["id"])
    for line in lines:
        assert list(line)[:3] == ["t", "leg", "way"]
        assert isinstance(line["t"], int)
        assert line["leg"] in LEGS
        assert line["way"] in {"in", "out"}
        (kind,) = line.keys() - {"t", "leg", "way"}
        assert kind in {"m", "text", "bin", "ev"}
        if kind == "ev":
            assert line["ev"]["name"] in documented()


def test_the_sample_holds_its_own_sound():
    call = load(SAMPLE)
    payloads = [
        base64.b64decode(message["media"]["payload"])
        for message in (json.loads(m.data) for m in call.moments() if m.leg == "carrier")
        if message["event"] == "media"
    ]
    assert np.array_equal(np.frombuffer(b"".join(payloads), "<i2"), call.audio().samples)
    assert call.facts.ended_why == "closed"
    assert len(call.files.existing()) == 4


@pytest.mark.parametrize("word", ["voicelab", *sorted(HEADER), *sorted(LEGS)])
def test_the_page_names_everything(word):
    assert f"`{word}`" in CONTRACT
