from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from voicelab.audio.byteorder import ByteOrderDetector, ByteOrderGuess, guess_byte_order
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode

PROMPTS = Path(__file__).parents[2] / "data" / "prompts"
RATES_HZ = (8000, 16000, 24000)
ORDERS = {"little": "<i2", "big": ">i2"}

# The payload of the provider's documented media event: a quiet line.
DOCUMENTED = base64.b64decode("+P/4/wgACAAIAAgA+P/o//j/+P/4//j/CAAIAAgACAAIAAgACAAIAPj/")


def int16(values):
    return np.clip(np.rint(values), -32768, 32767).astype(np.int16)


def voice(rate_hz, seconds=2.0, peak=8000, seed=1):
    """A gliding voice with syllables, a hiss between them, and a quiet line below."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(rate_hz * seconds)) / rate_hz
    phase = 2 * np.pi * np.cumsum(130 + 30 * np.sin(2 * np.pi * 0.7 * t)) / rate_hz
    tones = sum(np.sin(k * phase + k * k) / (1 + abs(k - 4)) for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 3 * t), 0, 1)
    hiss = 0.1 * np.clip(-np.sin(2 * np.pi * 3 * t), 0, 1) * rng.normal(0, 1, t.size)
    sound = syllables * tones / np.abs(tones).max() + hiss
    return int16(peak * sound + rng.normal(0, 3, t.size))


def windows(samples, rate_hz):
    size = rate_hz // 5
    return [samples[at : at + size] for at in range(0, samples.size - size + 1, size)]


def orders_of(samples, rate_hz):
    """What is guessed of each 0.2 s, as if it came little-endian; both orders agree on it."""
    guessed = []
    for window in windows(samples, rate_hz):
        little = guess_byte_order(window.astype("<i2").tobytes())
        big = guess_byte_order(window.astype(">i2").tobytes())
        mirrored = {"little": "big", "big": "little", None: None}
        assert big.order == mirrored[little.order]
        guessed.append(little.order)
    return guessed


def test_the_documented_payload_is_little_endian():
    guess = guess_byte_order(DOCUMENTED)
    assert guess.order == "little"
    assert "±128" in guess.reason
    swapped = np.frombuffer(DOCUMENTED, np.int16).byteswap().tobytes()
    assert guess_byte_order(swapped).order == "big"


@pytest.mark.parametrize("peak", [30, 300, 3000, 12000, 25000])
@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_voice_is_told_in_every_fifth_of_a_second(rate_hz, peak):
    assert set(orders_of(voice(rate_hz, peak=peak), rate_hz)) == {"little"}


@pytest.mark.parametrize("law", [(ulaw_encode, ulaw_decode), (alaw_encode, alaw_decode)])
@pytest.mark.parametrize("peak", [100, 3000, 32000, 200000])
@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_voice_that_was_g711_is_told(rate_hz, peak, law):
    encode, decode = law
    sound = decode(encode(voice(rate_hz, peak=peak)))
    assert set(orders_of(sound, rate_hz)) == {"little"}


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("peak", [60000, 300000, 3000000])
@pytest.mark.parametrize("rail", [32767, 20000, 4096, 1000])
def test_clipped_voice_is_never_told_wrong(rate_hz, peak, rail):
    clipped = np.clip(voice(rate_hz, peak=peak), -rail, rail).astype(np.int16)
    assert "big" not in orders_of(clipped, rate_hz)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("peak", [30, 3000, 20000])
@pytest.mark.parametrize("offset", [-2000, 20, 256, 3000])
def test_an_offset_is_never_told_wrong(rate_hz, peak, offset):
    sound = int16(voice(rate_hz, peak=peak).astype(int) + offset)
    assert "big" not in orders_of(sound, rate_hz)


@pytest.mark.parametrize("peak", [300, 3000, 30000, 300000])
@pytest.mark.parametrize("bits", [4, 8])
def test_coarse_samples_are_never_told_wrong(peak, bits):
    step = 1 << (16 - bits)
    coarse = int16(voice(8000, peak=peak).astype(int) // step * step)
    assert "big" not in orders_of(coarse, 8000)


@pytest.mark.parametrize("shape", ["sine", "square", "triangle", "saw", "random square"])
@given(
    peak=st.floats(2, 32767),
    freq_hz=st.floats(20, 3900) | st.sampled_from([250.0, 400.0, 500.0, 1000.0, 2000.0]),
    seed=st.integers(0, 999),
)
@settings(deadline=None, derandomize=True)
def test_tones_are_never_told_wrong(shape, peak, freq_hz, seed):
    turn = np.arange(1600) * freq_hz / 8000 + seed / 999
    wave = {
        "sine": lambda: np.sin(2 * np.pi * turn),
        "square": lambda: np.sign(np.sin(2 * np.pi * turn)),
        "triangle": lambda: 2 * np.abs(2 * (turn % 1) - 1) - 1,
        "saw": lambda: 2 * (turn % 1) - 1,
        "random square": lambda: np.random.default_rng(seed).choice([-1, 1], turn.size),
    }[shape]()
    assert "big" not in orders_of(int16(peak * wave), 8000)


@given(seed=st.integers(0, 10_000), spread=st.sampled_from([1, 10, 100, 1000, 5000]))
@settings(deadline=None)
def test_noise_below_full_scale_is_told_right(seed, spread):
    noise = int16(np.random.default_rng(seed).normal(0, spread, 1600))
    assert orders_of(noise, 8000) == ["little"]


@given(seed=st.integers(0, 10_000))
@settings(deadline=None)
def test_random_bytes_tell_nothing(seed):
    guess = guess_byte_order(np.random.default_rng(seed).bytes(3200))
    assert guess.order is None
    assert guess.confidence == 0


def clipped_noise(rng):
    """Rails, mostly, and they swap to small numbers: 16384 and -16384 read as 64 and 192."""
    return np.clip(rng.normal(0, 30_000, 1600), -16384, 16384)


def coarse_clipped_noise(rng):
    """Multiples of 256 swap to small numbers, and the rails 32767 and -32768 to -129 and 128."""
    return np.rint(rng.normal(0, 25_000, 4800) / 256) * 256


def ramps(rng):
    """Slopes that keep the low byte as it is."""
    turn = np.arange(1600) / 120 + rng.random()
    return 15360 * (2 * np.abs(2 * (turn % 1) - 1) - 1)


def rough_saw(rng):
    """Nearly at half the sampling rate and folded, rougher than random bytes."""
    turn = np.arange(1600) * 3873.0732421875 / 8000 + rng.random()
    return np.rint(36468 * (2 * (turn % 1) - 1) / 256) * 256 + rng.choice([0, 0, 1], 1600)


def whisper_when_swapped(rng):
    """Levels close to multiples of 256, which swap to small numbers."""
    return rng.choice(np.arange(-27, 28) * 256.3, 1600)


def idle_low_byte(rng):
    """Two loud levels at multiples of 256 with a little noise on them."""
    return rng.choice([-0x5F00, 0x5F00], 1600) + rng.normal(0, 15, 1600)


def steps_with_noise(rng):
    """Many loud levels at multiples of 512 with a little noise on them."""
    return rng.choice(np.arange(-10, 11) * 0x0C00, 1600) + rng.normal(0, 4, 1600)


def loud_noise(rng):
    """Noise so loud that both bytes look random."""
    return rng.normal(0, 11_000, 1600)


@pytest.mark.parametrize(
    "sound",
    [
        clipped_noise,
        coarse_clipped_noise,
        ramps,
        rough_saw,
        whisper_when_swapped,
        idle_low_byte,
        steps_with_noise,
        loud_noise,
    ],
)
def test_sounds_made_to_mislead_tell_nothing(sound):
    for seed in range(5):
        assert set(orders_of(int16(sound(np.random.default_rng(seed))), 8000)) == {None}


@given(data=st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes_give_mirrored_answers(data):
    data = data[: len(data) // 2 * 2]
    one = guess_byte_order(data)
    other = guess_byte_order(np.frombuffer(data, np.int16).byteswap().tobytes())
    assert {one.order, other.order} in ({None}, {"little", "big"})
    assert one.confidence == pytest.approx(other.confidence)
    assert 0 <= one.confidence <= 1


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(1600),
        np.full(1600, 8),
        np.full(1600, -1),
        np.full(1600, 0x1234),
        np.repeat([0x0101, 0x0202, 0x7F7F, -1], 400),
        np.tile([0, -1], 800),
        np.random.default_rng(1).integers(-128, 128, 1600) * 257,
    ],
)
def test_silence_and_symmetric_bytes_tell_nothing(samples):
    assert guess_byte_order(samples.astype(np.int16).tobytes()).order is None


@pytest.mark.parametrize("nothing", [b"", b"\x01", DOCUMENTED[:8]])
def test_too_little_tells_nothing(nothing):
    assert guess_byte_order(nothing).order is None


def test_half_a_sample_at_the_end_is_ignored():
    assert guess_byte_order(DOCUMENTED + b"\x7f").order == "little"


def test_the_reason_is_a_sentence_with_figures():
    said = guess_byte_order(voice(8000).tobytes())
    assert said.order == "little"
    assert said.confidence > 0.8
    assert said.reason.startswith("read as little-endian neighbouring samples differ by ")
    assert ", as big-endian by 2" in said.reason
    decoded = ulaw_decode(ulaw_encode(voice(8000, peak=32000)))
    assert "levels of mu-law" in guess_byte_order(decoded.tobytes()).reason
    assert "0 of 800 samples" in guess_byte_order(bytes(1600)).reason


def test_a_guess_is_a_value():
    assert ByteOrderGuess(None, 0.0, "x") == ByteOrderGuess(None, 0.0, "x")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_detector_tells_a_quiet_line_within_a_fifth_of_a_second(rate_hz, order):
    line = np.resize(np.frombuffer(DOCUMENTED, np.int16), rate_hz // 5)
    data = line.astype(ORDERS[order]).tobytes()
    detector = ByteOrderDetector(rate_hz)
    frame = rate_hz // 50 * 2
    answers = [detector.feed(data[at : at + frame]) for at in range(0, len(data), frame)]
    assert len(answers) == 10
    assert answers[-1] is not None
    assert answers[-1].order == order


@pytest.mark.parametrize("chunk", [1, 3, 320, 1_000_000])
def test_the_detector_does_not_mind_chunks(chunk):
    data = bytes(32000) + voice(8000, 0.5).astype(">i2").tobytes()
    detector = ByteOrderDetector()
    for at in range(0, len(data), chunk):
        detector.feed(data[at : at + chunk])
    assert detector.guess.order == "big"


@pytest.mark.parametrize("order", ["<i2", ">i2"])
def test_a_last_look_tells_of_what_was_too_short_for_a_first(order):
    detector = ByteOrderDetector()
    assert detector.feed(voice(8000, 0.1).astype(order).tobytes()) is None
    assert detector.last_look().order == {"<i2": "little", ">i2": "big"}[order]


def test_only_silence_is_told_from_nothing_at_all():
    detector = ByteOrderDetector()
    detector.feed(bytes(32000))
    assert detector.last_look().order is None
    assert "only silence" in detector.guess.reason


def test_the_detector_stays_with_its_decision():
    detector = ByteOrderDetector()
    assert detector.guess.order is None
    assert "no audio" in detector.guess.reason
    decided = detector.feed(voice(8000, 0.5).tobytes())
    assert decided is not None
    assert decided.order == "little"
    assert detector.feed(voice(8000, 0.5).astype(">i2").tobytes()) is decided
    assert detector.guess is decided


def test_the_detector_waits_through_silence_and_noise():
    detector = ByteOrderDetector()
    assert detector.feed(bytes(160_000)) is None
    assert detector.feed(np.random.default_rng(2).bytes(160_000)) is None
    assert detector.guess.order is None
    assert "does not tell" in detector.guess.reason
    assert detector.feed(voice(8000).tobytes()).order == "little"


def test_the_detector_holds_a_second_at_most():
    detector = ByteOrderDetector(16000)
    for seed in range(40):
        detector.feed(np.random.default_rng(seed).bytes(6401))
        assert len(detector._held) <= 32000 + 6400


def test_prompts_are_told_in_every_fifth_of_a_second():
    paths = sorted(PROMPTS.glob("*.wav"))
    if not paths:
        pytest.skip("there are no prompts")
    for path in paths:
        samples, rate_hz = soundfile.read(path, dtype="int16")
        guessed = orders_of(samples, rate_hz)
        assert "big" not in guessed
        assert "little" in guessed
