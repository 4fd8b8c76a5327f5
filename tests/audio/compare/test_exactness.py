"""Exactness, and what differs only because somebody else encoded."""

from __future__ import annotations

import numpy as np
import pytest

from voicelab.audio.clip import Audio
from voicelab.audio.compare import check
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode


def report(heard, said, heard_hz=8000, said_hz=8000):
    return check(Audio(heard, heard_hz), Audio(said, said_hz), scores=False)


def rounded(samples, unit):
    """As an encoder sees a sample that rounds it to its own bits where others cut off."""
    whole = np.floor(samples / unit + 0.5) * unit
    return np.clip(whole, -32768, 32767).astype(np.int16)


@pytest.mark.parametrize(
    ("encode", "decode", "unit", "name"),
    [(ulaw_encode, ulaw_decode, 4, "mu-law"), (alaw_encode, alaw_decode, 8, "A-law")],
)
def test_another_encoder_is_named(speech, encode, decode, unit, name):
    got = report(decode(encode(rounded(speech, unit))), speech)
    assert not got.exact
    assert got.exactness.other_encoder
    assert got.exactness.equal + got.exactness.one_step_off == got.exactness.compared
    assert got.verdict.startswith(f"G.711 {name} from another encoder: ")
    assert "one step off, all at decision boundaries: nothing to do." in got.verdict
    assert "one step off at a decision boundary" in dict(row[:2] for row in got.rows())["exact"]
    assert 0 < got.as_dict()["one_step_off_share"] < 0.2


def test_a_second_coding_is_no_other_encoder(speech):
    once = alaw_decode(alaw_encode(speech))
    assert not report(ulaw_decode(ulaw_encode(once)), speech).exactness.other_encoder
    assert not report(alaw_decode(alaw_encode(speech // 2 * 2 + 40)), speech).exact


def test_one_changed_code_is_no_other_encoder(speech):
    heard = ulaw_decode(ulaw_encode(speech))
    heard[12345] += 8
    assert not report(heard, speech).exactness.other_encoder


def test_a_law_at_another_rate_is_said(speech):
    got = report(ulaw_decode(ulaw_encode(speech)), speech, 16000, 16000)
    assert not got.exact
    assert got.format is None
    assert got.verdict.startswith("It is mu-law at 16000 Hz, where G.711 has 8000")
    assert dict(row[:2] for row in got.rows())["format"].startswith("mu-law at 16000 Hz")


@pytest.mark.parametrize("length", [1, 2, 100])
def test_what_is_too_short_is_not_exact(speech, length):
    got = report(speech[8000 : 8000 + length], speech)
    assert not got.exact
    assert got.alignment is None
    assert "too short to compare" in got.verdict
