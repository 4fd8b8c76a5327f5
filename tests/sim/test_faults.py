from __future__ import annotations

import dataclasses
import json
import math

import pytest

from voicelab.errors import SettingError
from voicelab.sim import Faults
from voicelab.sim.faults import dice, fault_lines
from voicelab.sim.switches import SWITCHES


def test_every_switch_is_a_field_and_every_field_a_switch():
    fields = [field.name for field in dataclasses.fields(Faults)]
    assert fields == [switch.field for switch in SWITCHES.values()]


@pytest.mark.parametrize(
    "given",
    [
        {"loss": 0.1, "flat-start": True, "dtmf": "12@"} | {"dtmf": "1@0.5,2@1"},
        {"loss": "0.1", "flat_start": True, "dtmf": "12", "reset": False, "swap": None},
        ["loss=0.1", "flat-start", "dtmf=12"],
        ("flat-start", "dtmf = 1@0.5, 2@1.0", "loss=.1"),
        Faults(loss=0.1, flat_start=True, dtmf=(("1", 0.5), ("2", 1.0))),
    ],
)
def test_the_same_faults_however_they_are_written(given):
    faults = Faults.of(given)
    assert faults == Faults(loss=0.1, flat_start=True, dtmf=(("1", 0.5), ("2", 1.0)))
    assert list(faults.as_dict()) == ["flat-start", "dtmf", "loss"]
    assert faults


def test_one_name_alone_and_none_at_all():
    assert Faults.of("jitter=20") == Faults(jitter=20)
    assert not Faults.of(None)
    assert not Faults.of({"loss": False})
    assert repr(Faults.of(["reset", "loss=0.5"])) == "<Faults loss=0.5 reset>"
    assert Faults.of("reset").reset == math.inf
    json.dumps(Faults.of("reset").as_dict(), allow_nan=False)


@pytest.mark.parametrize("switch", SWITCHES.values(), ids=list(SWITCHES))
def test_every_switch_has_a_value_of_its_own(switch):
    given = {switch.name: True} if switch.bare is not None else {switch.name: "1"}
    assert getattr(Faults.of(given), switch.field) is not None
    (line,) = [line for line in fault_lines() if line.startswith(switch.usage + " ")]
    assert switch.says in line


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("los", "Did you mean loss"),
        ("flatstart=1", "Did you mean flat-start"),
        ("zebra", "There are flat-start, connected-first"),
        ("loss=2", "a share from 0 to 1"),
        ("loss=x", "a share from 0 to 1"),
        ("loss=nan", "a share from 0 to 1"),
        ("jitter=0", "milliseconds"),
        ("reset=-1", "seconds"),
        ("media-before-start=1.5", "whole number"),
        ("flat-start=7", "takes no value"),
        ("dtmf", "Write dtmf=KEYS"),
        ("dtmf=x", "keys of 0-9"),
        ("dtmf=1@x", "seconds"),
        ("both-tracks=none", "by track or by stream"),
        ([3], "NAME or NAME=VALUE"),
    ],
)
def test_what_cannot_be_a_fault_is_told(given, said):
    with pytest.raises(SettingError, match=said):
        Faults.of(given)


def test_dice_depend_on_the_seed_and_the_fault_alone():
    assert dice(1, "loss").random() == dice(1, "loss").random()
    assert len({dice(s, f).random() for s in (1, 2) for f in ("loss", "swap")}) == 4
