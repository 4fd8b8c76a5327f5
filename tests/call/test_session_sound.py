import numpy as np

from voicelab.audio.g711 import ulaw_decode
from voicelab.call.session_sound import SessionSound
from voicelab.protocol import realtime


def test_pcm_is_as_it_came_and_half_a_sample_waits():
    sound = SessionSound()
    assert sound.read(b"\1\0\2") == b"\1\0"
    assert sound.read(b"\3\4") == b"\2\3"
    assert sound.read(b"\5") == b"\4\5"


def test_g711_is_decoded_to_24_khz_in_chunks_of_any_length():
    sound, whole = SessionSound(), SessionSound()
    for each in (sound, whole):
        each.use(realtime.PCMU)
    noise = np.random.default_rng(1).integers(0, 255, 1600, np.uint8).tobytes()
    pieces = [sound.read(noise[at : at + 77]) for at in range(0, 1600, 77)]
    together = whole.read(noise)
    assert b"".join(pieces) == together
    assert len(together) >= 2 * 3 * 1500
    assert np.abs(np.frombuffer(together, "<i2")).max() > np.abs(ulaw_decode(noise)).max() / 2


def test_what_is_no_format_changes_nothing():
    sound = SessionSound()
    for odd in (None, 5, {}, {"type": 3}, {"type": "audio/opus"}, []):
        sound.use(odd)
        assert str(sound.format) == "l16/24000"
    sound.use(realtime.PCMA)
    assert str(sound.format) == "alaw/8000"
