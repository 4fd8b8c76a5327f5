"""environment.yml, constraints.txt and pyproject.toml tell the same story."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NAMED_BY_CONDA = {"pysoundfile": "soundfile"}
THE_EIGHT = [
    "ipywidgets",
    "jupyterlab",
    "matplotlib",
    "nest-asyncio",
    "numpy",
    "scipy",
    "soundfile",
    "websockets",
]


def name_of(requirement: str) -> str:
    return re.split(r"[\s<>=!~;\[]", requirement, maxsplit=1)[0].lower()


@pytest.fixture(scope="module")
def conda_lines():
    text = (ROOT / "environment.yml").read_text("utf-8")
    return re.findall(r"^  - ([^\s#:]+)(?: *#.*)?$", text, re.MULTILINE)


@pytest.fixture(scope="module")
def pinned():
    text = (ROOT / "constraints.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("==") for line in lines)


def test_conda_installs_the_eight_packages(conda_lines):
    named = {NAMED_BY_CONDA.get(name_of(line), name_of(line)) for line in conda_lines}
    assert named - {"conda-forge", "python", "pip"} == set(THE_EIGHT)


def test_the_eight_are_dependencies():
    assert set(THE_EIGHT) <= {name_of(requirement) for requirement in PROJECT["dependencies"]}


def test_python_bound_is_the_same(conda_lines):
    assert f"python{PROJECT['requires-python']}" in conda_lines


def test_pip_installs_the_checkout():
    assert "- pip:\n      - -e .[dev]" in (ROOT / "environment.yml").read_text("utf-8")


def test_every_requirement_is_pinned(pinned):
    extras = PROJECT["optional-dependencies"]
    wanted = {name_of(each) for each in [*PROJECT["dependencies"], *extras["dev"]]}
    assert wanted <= {name.lower() for name in pinned}


def test_pins_are_plain_versions(pinned):
    assert all(re.fullmatch(r"[0-9]+(\.[0-9]+)*(\.post[0-9]+)?", each) for each in pinned.values())


def test_ipykernel_is_held_where_sliders_work(pinned):
    assert pinned["ipykernel"] == "7.3.0"
