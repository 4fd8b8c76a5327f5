"""What a line on a terminal says of a long work."""

import importlib.util
import sys

import pytest

from voicelab.cli.steps import STEPS, step_of
from voicelab.cli.working import Working


@pytest.mark.parametrize("module", STEPS)
def test_every_step_is_a_module(module):
    assert importlib.util.find_spec(module) is not None


def called_in(modules: list[str]) -> str | None:
    """The step of a stack that goes through functions of these modules, the outermost first."""

    def innermost():
        return step_of(sys._getframe())

    call = innermost
    for module in reversed(modules):
        scope = {"__name__": module, "inner": call}
        exec("def outer():\n    return inner()", scope)
        call = scope["outer"]
    return call()


def test_the_outermost_step_is_told():
    align = "voicelab.audio.compare.alignment"
    assert called_in(["voicelab.audio.compare.check", align, "numpy"]) == STEPS[align]
    assert called_in([align, "voicelab.audio.compare.sound"]) == STEPS[align]
    assert (
        called_in(["voicelab.audio.diagnosis.blind.any"]) == STEPS["voicelab.audio.diagnosis.blind"]
    )
    assert called_in(["voicelab.lab.check"]) is None
    assert step_of(None) is None


def test_the_line_says_what_and_how_long():
    assert Working("comparing").words() == "comparing … 0 s"
