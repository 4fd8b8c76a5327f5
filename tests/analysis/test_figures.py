import io

import numpy as np
import pytest
from matplotlib import colors, image

from voicelab.analysis.figures import AGENT, CALLER, FAULT, MARK, Lane, Mark, Spread, call_figure


def test_lanes_share_one_time_axis_and_one_scale_per_level():
    quiet = np.full(8000, 50, np.int16)
    loud = np.full(24000, 20000, np.int16)
    figure = call_figure(
        [Lane("caller", quiet, 8000, CALLER), Lane("agent", loud, 8000, AGENT)],
        [Mark(1.0, "lost", 0.5, FAULT), Mark(2.0, "here")],
        "title",
    )
    first, second = figure.axes
    assert first.get_xlim() == second.get_xlim() == (0.0, 3.0)
    assert first.get_ylim()[1] == 0.01
    assert second.get_ylim()[1] == 1.0
    assert [text.get_text() for text in first.texts] == ["lost", "here"]


def test_a_figure_shows_itself_as_png():
    png, size = call_figure([Lane("caller", np.zeros(0, np.int16), 8000, CALLER)])._repr_png_()
    assert png.startswith(b"\x89PNG")
    assert size["width"] == 648


def spread_axes(frames, jitter_ms=5.0):
    lanes = [Lane("caller", np.zeros(8000, np.int16), 8000, CALLER)] * 2
    return call_figure(lanes, spread=Spread(frames, jitter_ms)).axes


def test_beside_the_lanes_stands_how_evenly_the_frames_came():
    first, second, spread = spread_axes({0.1: 5, 4.7: 20, 5.6: 75})
    assert first.get_xlim() == second.get_xlim() == (0.0, 1.0)
    assert [round(bar.get_height()) for bar in spread.patches] == [5, 20, 75]
    right = [10 ** bar.get_x() for bar in spread.patches]
    assert right == pytest.approx([0.1, 4.7, 5.6])
    (line,) = spread.lines
    assert 10 ** line.get_xdata()[0] == pytest.approx(5.0)
    assert [text.get_text() for text in spread.texts] == ["jitter 5 ms"]


def test_its_scale_is_the_same_but_for_the_worst_calls():
    usual = spread_axes({0.1: 1})[-1], spread_axes({820.0: 1}, 800)[-1]
    assert usual[0].get_xlim() == usual[1].get_xlim()
    assert 10 ** usual[0].get_xlim()[1] == pytest.approx(1000)
    assert 10 ** spread_axes({8200.0: 1}, 8000)[-1].get_xlim()[1] == pytest.approx(10_000)


def test_bars_and_line_are_seen():
    lanes = [Lane("caller", np.zeros(8000, np.int16), 8000, FAULT)]
    drawn = []
    for frames in ({10.0: 1}, {10.0: 1, 100.0: 1}):
        png, _ = call_figure(lanes, spread=Spread(frames, 0.5))._repr_png_()
        pixels = image.imread(io.BytesIO(png))[:, -200:]
        ink = [
            (np.abs(pixels - colors.to_rgba(colour)).max(axis=2) < 0.02).sum()
            for colour in (CALLER, MARK)
        ]
        drawn.append(ink)
    assert drawn[0][0] > 200
    assert drawn[1][0] == pytest.approx(2 * drawn[0][0], rel=0.1)
    assert min(drawn[0][1], drawn[1][1]) > 100
