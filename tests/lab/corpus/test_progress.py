import io
import sys
from types import SimpleNamespace

import pytest

from voicelab.lab.corpus import progress
from voicelab.lab.corpus.progress import ProgressLine, Reporter


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=100.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_the_line_says_how_far_how_fast_and_how_long_still(clock):
    line = ProgressLine("check", 2000)
    assert line.words() == "check: 0 of 2,000 files"
    clock.now += 20
    line.count(1000, 800, True)
    assert line.words() == (
        "check: 1,000 of 2,000 files, 1 with an error, 200 done before, 40 a second, 25 s left"
    )
    assert line.bar().startswith("█" * 15 + "·" * 15)
    assert 'value="1000" max="2000"' in line._repr_html_()
    line.count(2000, 1800, False)
    line.ended_s = clock.now
    assert line.words().endswith("90 a second, 20 s in all")
    assert "<progress" not in line._repr_html_()


def test_without_a_total_nothing_is_promised(clock):
    line = ProgressLine("diagnose", None)
    clock.now += 1
    line.count(250, 250, False)
    assert line.bar() == line.words() == "diagnose: 250 files, 250 a second"
    assert "value" not in line._repr_html_()


def test_an_empty_corpus_has_a_line_too():
    assert ProgressLine("check", 0).bar() == "check: 0 of 0 files"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (59, "59 s"), (245, "4 min 05 s"), (7800, "2 h 10 min")]
)
def test_times_are_told_as_people_do(seconds, words):
    assert progress._time_words(seconds) == words


async def test_a_callable_is_told_of_each_row():
    told = []
    async with Reporter("check", 2, lambda *args: told.append(args)) as reporter:
        reporter(1, 1, False)
        reporter(2, 2, True)
    assert told == [(1, 2), (2, 2)]


async def test_a_terminal_shows_a_line_and_clears_it(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    async with Reporter("check", 1, None) as reporter:
        reporter(1, 1, False)
    shown = terminal.getvalue()
    assert "1 of 1 files" in shown
    assert shown.endswith("\r\033[K")


@pytest.mark.parametrize("asked", [None, False])
async def test_where_nobody_sees_it_nothing_is_shown(monkeypatch, capsys, asked):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    async with Reporter("check", 1, asked) as reporter:
        reporter(1, 1, False)
    assert sys.stderr.getvalue() == ""
    assert capsys.readouterr().out == ""


async def test_a_notebook_shows_one_line_that_changes(monkeypatch):
    import IPython
    import IPython.display

    shown = []

    class Handle:
        def update(self, line):
            shown.append(("update", repr(line)))

    def display(line, *, display_id):
        assert display_id is True
        shown.append(("display", repr(line)))
        return Handle()

    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr(IPython.display, "display", display)
    async with Reporter("check", 2, None) as reporter:
        reporter(1, 1, False)
        reporter(2, 2, False)
    assert [kind for kind, _ in shown] == ["display", "update", "update"]
    assert "2 of 2 files" in shown[-1][1]
