import numpy as np

from voicelab.analysis.figures import AGENT, CALLER, FAULT, Lane, Mark, call_figure


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
