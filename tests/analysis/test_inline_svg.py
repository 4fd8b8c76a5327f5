import re
from xml.etree import ElementTree

import numpy as np

from voicelab.analysis.figures import AGENT, CALLER, Lane, call_figure
from voicelab.analysis.level_figure import level_figure


def svg(name="waves", label="two & waves"):
    noise = np.random.default_rng(1).integers(-9000, 9000, 8000).astype(np.int16)
    lanes = [Lane("a <lane>", noise, 8000, CALLER), Lane("other", noise, 8000, AGENT)]
    return call_figure(lanes).svg(name, label)


def test_a_figure_is_an_element_of_a_page():
    drawn = svg()
    root = ElementTree.fromstring(drawn)
    assert root.tag == "svg"
    assert root.get("role") == "img"
    assert root.get("aria-label") == "two & waves"
    assert root.get("viewBox")
    assert "http" not in drawn
    assert "a &lt;lane&gt;" in drawn


def test_its_identifiers_are_its_own():
    first, second = (set(re.findall(r'\bid="([^"]*)"', svg(name))) for name in ("one", "two"))
    assert first
    assert not first & second
    for reference in re.findall(r'(?:url\(|href=")#([^")]*)', svg("one")):
        assert reference in first


def test_the_page_chooses_colours_and_letters():
    drawn = svg()
    assert f"var(--blue, {CALLER.lower()})" in drawn
    assert f"var(--vermilion, {AGENT.lower()})" in drawn
    assert "var(--ink, #7a7a7a)" in drawn
    assert "var(--letters, sans-serif)" in drawn
    assert "DejaVu" not in drawn


def test_it_is_the_same_every_time():
    assert svg() == svg()


def test_letters_stay_letters():
    drawn = level_figure(np.arange(-3000, 3000, dtype=np.int16)).svg("levels", "levels")
    assert "μ-law" in drawn
    assert ">1,000<" in drawn or "1,024" in drawn
