import json

import pytest

from voicelab.protocol import realtime, vobiz


def texts(frames):
    """What frames carry, read as a server would."""
    from exchange import messages

    return [payload for _, _, payload in messages([(0, b"".join(frames))])]


@pytest.mark.parametrize("name", ["mulaw", "l16"])
def test_a_telephone_speaks_as_the_provider_does(name):
    from dialects import DIALECTS, voice

    dialect = DIALECTS[name]
    said = voice(3, 10, dialect.line)
    start = vobiz.parse(texts([dialect.opening("call")])[0].decode())
    assert (start.encoding, start.rate_hz) == (dialect.line.mime, 8000)
    media = [vobiz.parse(text.decode()) for text in texts(dialect.spoken("call", said))]
    assert [each.chunk for each in media] == list(range(1, 11))
    assert b"".join(each.payload for each in media) == said
    play = vobiz.build(vobiz.PlayAudio("s", dialect.line.mime, 8000, said[:100]))
    assert dialect.heard(play.encode()) == said[:100]
    assert dialect.heard(vobiz.build(vobiz.Checkpoint("s", "c")).encode()) is None


def test_a_browser_speaks_in_binary_frames_and_a_client_in_events():
    from dialects import BROWSER, DIRECT, voice

    said = voice(0, 5, BROWSER.line)
    assert texts(BROWSER.spoken("call", said)) == [
        said[at : at + 960] for at in range(0, 4800, 960)
    ]
    events = [realtime.parse_client(text.decode()) for text in texts(DIRECT.spoken("call", said))]
    assert b"".join(each.audio for each in events) == said
    assert BROWSER.opening("call") == b""
    update = realtime.parse_client(texts([DIRECT.opening("call")])[0].decode())
    assert isinstance(update, realtime.SessionUpdate)


def test_the_model_speaks_events_that_a_client_reads():
    from dialects import BROWSER
    from model import Session

    class Nowhere:
        def fileno(self):
            return -1

    session = Session(Nowhere(), 4)
    session.format = BROWSER.line
    spoken = [realtime.parse(text.decode()) for text in texts(session.spoken(3))]
    kinds = [each.type for each in spoken]
    assert kinds[0] == "response.created"
    assert kinds[1:-2] == ["response.output_audio.delta"] * 3
    assert kinds[-2:] == ["response.output_audio.done", "response.done"]
    assert b"".join(each.delta for each in spoken[1:-2]) == session.said
    assert len({each.event_id for each in spoken}) == 6


def test_no_two_voices_say_the_same():
    from dialects import BROWSER, MODEL_VOICES, voice

    indices = [*range(50), *range(MODEL_VOICES, MODEL_VOICES + 50)]
    assert len({voice(index, 50, BROWSER.line) for index in indices}) == 100
    long = voice(0, 3000, BROWSER.line)
    assert long[: 50 * 960] == voice(0, 50, BROWSER.line)


def test_frames_are_read_whatever_pieces_they_came_in():
    import wire
    from exchange import BINARY, TEXT, messages

    long = bytes(range(256)) * 300
    stream = wire.client_frame(TEXT, b"hello") + wire.client_frame(BINARY, long[:60_000])
    stream += b"\x81\x05world" + b"\x82\x7e\x01\x00" + bytes(256)
    stream += b"\x82\x7f" + (70_000).to_bytes(8, "big") + long[:70_000] + b"\x81\x7e"
    pieces = [(at, stream[at : at + 777]) for at in range(0, len(stream), 777)]
    found = list(messages(pieces))
    assert [(opcode, payload) for _, opcode, payload in found] == [
        (TEXT, b"hello"),
        (BINARY, long[:60_000]),
        (TEXT, b"world"),
        (BINARY, bytes(256)),
        (BINARY, long[:70_000]),
    ]
    assert found[0][0] == 0
    assert found[-1][0] == pieces[-1][0]


def test_the_model_asks_for_nothing_but_json():
    from model import server_text

    data = server_text({"type": "session.created", "session": {}})
    assert data[0] == 0x81
    assert json.loads(texts([data])[0])["type"] == "session.created"
