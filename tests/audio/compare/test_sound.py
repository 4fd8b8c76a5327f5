"""Rates at which nobody records are compared all the same, at a bounded cost."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.diagnosis.voices import prompt
from voicelab.audio.clip import Audio
from voicelab.audio.compare import check


@pytest.mark.parametrize("rate_hz", [8001, 9999, 44_099, 96_001, 192_000, 767_957])
def test_odd_rates_have_no_drift(rate_hz):
    said = prompt("yes")
    wide = np.interp(
        np.arange(len(said) * rate_hz // 8000) * 8000 / rate_hz, np.arange(len(said)), said
    )
    report = check(Audio(said, 8000), Audio(np.rint(wide).astype(np.int16), rate_hz))
    assert report.alignment is not None
    assert report.alignment.delay_ms == pytest.approx(0, abs=0.1)
    assert abs(report.alignment.drift_ppm) < (1 if rate_hz <= 192_000 else 6)
