import itertools

from voicelab.protocol import vobiz


def unmasked(frame):
    size, key = frame[1] & 0x7F, 2
    assert frame[1] & 0x80, "a client masks"
    if size == 126:
        size, key = int.from_bytes(frame[2:4], "big"), 4
    data = frame[key + 4 :]
    assert len(data) == size
    return bytes(a ^ b for a, b in zip(data, itertools.cycle(frame[key : key + 4])))


def test_a_call_is_what_the_provider_would_send():
    import wire

    call_id = wire.call_id(3, 12)
    start = vobiz.parse(unmasked(wire.start(call_id)))
    assert (start.call_id, start.encoding, start.rate_hz) == (call_id, "audio/x-l16", 8000)
    media = [vobiz.parse(unmasked(frame)) for frame in wire.media(call_id, 120)]
    assert [each.chunk for each in media] == list(range(1, 121))
    assert {each.stream_id for each in media} == {start.stream_id}
    assert b"".join(each.payload for each in media) == wire.audio(12, 120)
    assert wire.caller(call_id) == 12


def test_no_two_callers_say_the_same_and_speech_goes_on():
    import wire

    said = [wire.audio(index, 50) for index in range(300)]
    assert len(set(said)) == 300
    long = wire.audio(5, 3 * len(wire.speech()) // wire.FRAME_BYTES)
    assert long == long[: len(wire.speech())] * 3
    assert long.startswith(said[5])


def test_a_goodbye_is_an_ordinary_close():
    import wire

    frame = wire.goodbye()
    assert frame[0] == 0x88
    assert unmasked(frame) == (1000).to_bytes(2, "big")
