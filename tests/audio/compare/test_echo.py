"""An echo is named, and passes for nothing else."""

import numpy as np
import pytest

from voicelab.audio.clip import Audio
from voicelab.audio.compare import check
from voicelab.audio.g711 import ulaw_decode, ulaw_encode


def echoed(samples, delay, level_db):
    late = np.zeros(len(samples))
    late[delay:] = samples[: len(samples) - delay] * 10 ** (level_db / 20)
    return np.clip(np.rint(samples + late), -32768, 32767).astype(np.int16)


def report(heard, said, rate_hz=8000):
    return check(Audio(heard, rate_hz), Audio(said, 8000), scores=False)


def mulaw(samples):
    return ulaw_decode(ulaw_encode(samples))


@pytest.mark.parametrize("delay", [160, 483, 800, 2400])
@pytest.mark.parametrize("level_db", [-6, -12, -20])
@pytest.mark.parametrize("line", [lambda x: x, mulaw], ids=("l16", "mulaw"))
def test_delay_and_level_are_found_and_no_fault_is_told(speech, delay, level_db, line):
    got = report(line(echoed(speech, delay, level_db)), speech)
    assert got.echo_ms == pytest.approx(delay / 8, abs=0.2)
    assert got.echo_db == pytest.approx(level_db, abs=0.7)
    assert not got.faults
    assert got.delay_ms == pytest.approx(0.0, abs=0.1)
    assert abs(got.gain_db) < 0.2
    assert got.verdict.startswith("Another copy of the reference is heard ")
    assert got.verdict.count(";") == 0


def test_it_is_found_upside_down_late_and_behind_noise(speech, noisy):
    heard = np.concatenate((np.zeros(333, np.int16), echoed(speech, 800, -10)))
    assert report(heard, speech).echo_ms == pytest.approx(100, abs=0.2)
    inverted = (2 * speech.astype(int) - echoed(speech, 800, -10)).clip(-32768, 32767)
    assert report(inverted.astype(np.int16), speech).echo_ms == pytest.approx(100, abs=0.2)
    got = report(noisy(echoed(speech, 800, -10), 20), speech)
    assert got.echo_ms == pytest.approx(100, abs=0.2)
    assert not got.faults


def test_what_is_lost_beside_it_is_told_too(speech, loud_frames):
    heard = echoed(speech, 800, -10)
    for frame in loud_frames[10:100:20]:
        heard[frame * 160 : (frame + 1) * 160] = 0
    got = report(heard, speech)
    assert got.echo is not None
    assert [fault.kind for fault in got.faults] == ["gap"] * 5


def test_it_is_louder_together_than_full_scale_and_still_told(speech):
    loud = (speech.astype(float) * 32000 / np.abs(speech).max()).astype(np.int16)
    got = report((echoed(loud // 2, 800, -6)).astype(np.int16), loud)
    assert got.echo_ms == pytest.approx(100, abs=0.2)
    assert got.gain_db == pytest.approx(-6.02, abs=0.1)


def test_nothing_else_passes_for_one(speech, noisy, loud_frames):
    wave = np.sin(np.arange(len(speech)) * 2 * np.pi / 400)
    lost = speech.copy()
    for frame in loud_frames[10:400:9]:
        lost[frame * 160 : (frame + 1) * 160] = lost[(frame - 1) * 160 : frame * 160]
    heards = {
        "itself": speech,
        "mulaw": mulaw(speech),
        "noise": noisy(speech, 10),
        "hum": speech + 400 * wave,
        "louder and quieter": speech * (1 + 0.4 * wave),
        "clipped": np.clip(speech, -3000, 3000),
        "repeats": lost,
        "muffled": np.convolve(speech, np.ones(6) / 6, "same"),
    }
    for name, heard in heards.items():
        assert report(np.rint(heard).astype(np.int16), speech).echo is None, name
