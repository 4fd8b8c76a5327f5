"""A seeded sample of voices, faults, severities and noises; bench/diagnosis.py tries them all."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import noisy, prompt
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.faults import FAULTS, break_audio

SNRS_DB = (None, 20, 8)
PROMPTS = ("order", "greeting", "question")
HARD = ("clipped", "packet-loss", "reordering", "chunk-clicks")
TOLD = [fault for fault in FAULTS if not fault.startswith("rate-")]  # test_pace.py tries rates


def sample():
    for number, fault in enumerate(TOLD):
        for severity in (0, 1, 2):
            turn = number + severity
            yield fault, severity, PROMPTS[turn % 3], SNRS_DB[(turn // 3 + severity) % 3]


@pytest.mark.parametrize(("fault", "severity", "name", "snr_db"), list(sample()))
def test_nothing_is_named_wrongly(fault, severity, name, snr_db):
    good = noisy(prompt(name), snr_db, np.random.default_rng(severity))
    named = diagnose(Audio(*break_audio(fault, good, 8000, severity, seed=severity))).fault
    may_not_know = fault in HARD and snr_db == 8
    assert named in ((fault, "unknown") if may_not_know else (fault,))
