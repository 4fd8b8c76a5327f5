"""Voices x faults x severities x noises: how often each fault is named; writes the page."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.audio.diagnosis.voices import noisy, prompt, voice
from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.faults import FAULTS, break_audio

WRITE = os.environ.get("VOICELAB_WRITE_DIAGNOSIS") == "1"
PAGE = Path(__file__).parents[3] / "docs" / "diagnosis.md"
SNRS_DB = (None, 20, 8)
PROMPTS = ("greeting", "order")
VOICES = ("de+m3",)
CERTAIN = ("l16-byte-order", "mulaw-as-alaw", "double-encoded", "packet-loss", "repeats")
HEAD = """# Diagnosis

How often `voicelab.diagnose` names a fault without a reference. Each fault of
`voicelab/audio/diagnosis/faults.py` is done to {voices} voices of 8 kHz (bundled prompts and
espeak-ng), mild, plain and severe, without noise and with white noise 20 and 8 dB below the
speech, added before the fault. The rates are told by a reference only. Written by

    VOICELAB_WRITE_DIAGNOSIS=1 python -m pytest tests/audio/diagnosis/test_matrix.py

| fault | no noise | 20 dB | 8 dB | named instead |
|---|---|---|---|---|
"""


def good_voices(rate_hz):
    spoken = [prompt(name, rate_hz) for name in PROMPTS]
    return spoken + [said for name in VOICES if (said := voice(name, rate_hz)) is not None]


def answers(fault, voices, rate_hz, snr_db):
    for number, samples in enumerate(voices):
        for severity in (0, 1, 2):
            rng = np.random.default_rng([number, severity])
            heard = break_audio(fault, noisy(samples, snr_db, rng), rate_hz, severity, seed=number)
            yield diagnose(Audio(*heard)).fault


def row(fault):
    rate_hz = 16_000 if fault == "rate-half" else 8000
    voices = good_voices(rate_hz)
    cells, others = [], Counter()
    for snr_db in SNRS_DB:
        said = Counter(answers(fault, voices, rate_hz, snr_db))
        cells.append(f"{said.pop(fault, 0)} of {3 * len(voices)}")
        others += said
    instead = ", ".join(f"`{name}` {count}" for name, count in others.most_common())
    return f"| `{fault}` | {' | '.join(cells)} | {instead} |"


@pytest.mark.skipif(WRITE, reason="the page is being written")
@pytest.mark.parametrize("fault", CERTAIN)
@pytest.mark.parametrize("snr_db", SNRS_DB)
def test_never_taken_for_another(fault, snr_db):
    assert set(answers(fault, [prompt("order")], 8000, snr_db)) == {fault}


@pytest.mark.platform
@pytest.mark.skipif(not WRITE, reason="writes docs/diagnosis.md only when asked to")
def test_write_the_page():
    rows = [row(fault) for fault in FAULTS]
    PAGE.write_text(HEAD.format(voices=len(good_voices(8000))) + "\n".join(rows) + "\n")
