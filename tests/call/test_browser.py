"""A browser's connection without a socket, on a fake clock."""

import base64
import json

import numpy as np
import pytest

from voicelab.call.browser import BrowserStream
from voicelab.call.connection import StreamState
from voicelab.call.listener import StreamListener
from voicelab.protocol import realtime

SESSION = {"type": "realtime", "instructions": "Be brief."}


class Socket:
    def __init__(self):
        self.texts, self.closed, self.takes = [], None, True

    def send_text(self, text):
        self.texts.append(text)
        return self.takes

    def close(self, code, reason):
        self.closed = (code, reason)


class Model:
    def __init__(self):
        self.sent, self.closed = [], None

    def send(self, event):
        if not isinstance(event, str):
            realtime.build(event)
        self.sent.append(event)
        return True

    def close(self, code=1000, reason=""):
        self.closed = self.closed or (code, reason)


class Ear(StreamListener):
    def __init__(self):
        self.moments, self.caller, self.agent = [], [], []

    def on_moment(self, moment):
        self.moments.append(moment)

    def on_audio(self, offset, pcm):
        self.caller.append((offset, pcm))

    def on_agent_audio(self, offset, pcm):
        self.agent.append((offset, pcm))

    def facts(self):
        return [m.data for m in self.moments if m.kind == "ev"]


class Bench:
    """One stream with everything around it."""

    def __init__(self, **options):
        self.now_ns = 5_000_000_000
        self.socket, self.model, self.ear = Socket(), Model(), Ear()
        self.stream = BrowserStream("id", self.socket, lambda: self.now_ns, self.model, **options)
        self.stream.audience.add(self.ear)
        self.stream.begin(SESSION)

    def at(self, ms):
        self.now_ns = 5_000_000_000 + ms * 1_000_000
        return self.stream

    def said(self, event):
        raw = json.dumps(event)
        self.stream.on_model_event(raw, realtime.parse(raw))
        return raw

    def delta(self, pcm, item="item_1"):
        return self.said(
            {
                "type": "response.output_audio.delta",
                "event_id": "e",
                "response_id": "r",
                "item_id": item,
                "output_index": 0,
                "content_index": 0,
                "delta": base64.b64encode(pcm).decode(),
            }
        )


@pytest.fixture
def bench():
    return Bench()


def append(pcm):
    audio = base64.b64encode(pcm).decode()
    return json.dumps({"type": "input_audio_buffer.append", "audio": audio})


def test_it_begins_with_the_session_and_nothing_else(bench):
    assert [(type(e).__name__, e.session) for e in bench.model.sent] == [("SessionUpdate", SESSION)]
    bare = BrowserStream("id", Socket(), lambda: 0, model := Model())
    bare.begin(None)
    assert model.sent == []


def test_audio_of_both_kinds_is_the_callers(bench):
    bench.at(20).on_binary(b"\1\0" * 480)
    bench.at(40).on_text(append(b"\2\0" * 480))
    assert bench.ear.caller == [(0, b"\1\0" * 480), (480, b"\2\0" * 480)]
    assert bench.model.sent[1].audio == b"\1\0" * 480
    assert bench.model.sent[2] == append(b"\2\0" * 480)
    assert bench.stream.samples == 960


def test_a_pause_is_noted(bench):
    bench.at(20).on_binary(bytes(960))
    bench.at(1020).on_binary(bytes(960))
    (pause,) = [fact for fact in bench.ear.facts() if fact["name"] == "pause"]
    assert (pause["samples"], pause["at"]) == (23520, 480)


def test_an_odd_byte_waits_for_the_next_frame(bench):
    bench.at(20).on_binary(b"\1\0\2")
    bench.at(20).on_binary(b"\3")
    assert b"".join(pcm for _, pcm in bench.ear.caller) == b"\1\0\2\3"
    assert b"".join(event.audio for event in bench.model.sent[1:]) == b"\1\0\2\3"


@pytest.mark.parametrize("raw", ["", "{", "[]", "null", '{"x":1}', '{"type":5}', "[" * 5000])
def test_what_is_no_event_is_answered_and_not_forwarded(bench, raw):
    bench.at(1).on_text(raw)
    assert len(bench.model.sent) == 1
    (told,) = map(json.loads, bench.socket.texts)
    assert (told["type"], told["error"]["code"]) == ("error", "malformed")
    assert bench.stream.health.odd == {"malformed": 1}
    assert bench.ear.moments[0].kind == "text"
    assert bench.stream.state is StreamState.OPEN


def test_an_event_with_odd_fields_is_the_servers_to_judge(bench):
    raw = '{"type":"conversation.item.truncate","item_id":{}}'
    bench.at(1).on_text(raw)
    assert bench.model.sent[1:] == [raw]
    assert bench.socket.texts == []
    assert bench.stream.health.odd == {"odd_event": 1}


def test_an_empty_frame_is_refused(bench):
    bench.at(1).on_binary(b"")
    assert len(bench.model.sent) == 1
    assert json.loads(bench.socket.texts[0])["error"]["code"] == "not_sent"


def test_played_is_ours_and_places_the_agent(bench):
    bench.at(100)
    bench.delta(b"\7\0" * 2400)
    bench.at(300).on_text('{"type":"voicelab.played","item_id":"item_1","ms":100}')
    assert len(bench.model.sent) == 1
    assert bench.ear.agent == [(4800, b"\7\0" * 2400)]
    bench.stream.on_text('{"type":"voicelab.played","item_id":"other","ms":100}')
    assert bench.stream.health.odd == {"played_unknown": 1}


@pytest.mark.parametrize(
    "raw",
    [
        '{"type":"voicelab.played"}',
        '{"type":"voicelab.played","item_id":"a","ms":-5}',
        '{"type":"voicelab.played","item_id":"a","ms":1e300}',
        '{"type":"voicelab.played","item_id":"a","ms":"x"}',
        '{"type":"voicelab.other"}',
    ],
)
def test_what_is_meant_for_us_and_makes_no_sense_is_answered(bench, raw):
    bench.at(1).on_text(raw)
    assert len(bench.model.sent) == 1
    assert json.loads(bench.socket.texts[0])["type"] == "error"


def test_without_a_word_from_the_client_it_is_estimated(bench):
    bench.at(100)
    bench.delta(b"\7\0" * 24000)
    bench.at(300).tick()
    bench.at(600)
    bench.said({"type": "input_audio_buffer.speech_started", "item_id": "u", "audio_start_ms": 1})
    bench.at(650).on_text(
        '{"type":"conversation.item.truncate","item_id":"item_1","content_index":0,"audio_end_ms":400}'
    )
    heard = np.zeros(40000, np.int16)
    for offset, pcm in bench.ear.agent:
        heard[offset : offset + len(pcm) // 2] = np.frombuffer(pcm, "<i2")
    assert np.flatnonzero(heard).tolist() == list(range(2400, 2400 + 400 * 24))


def test_a_session_in_g711_is_recorded_at_24_khz(bench):
    audio = {"input": {"format": realtime.PCMU}, "output": {"format": realtime.PCMA}}
    bench.said({"type": "session.updated", "event_id": "e", "session": {"audio": audio}})
    bench.at(1000).on_binary(b"\x00" * 8000)
    bench.delta(b"\x2a" * 800)
    bench.at(9000).tick()
    (offset, pcm), *_ = bench.ear.caller
    assert offset + len(pcm) // 2 == 24000
    assert abs(len(pcm) // 2 - 24000) < 100
    assert abs(sum(len(pcm) for _, pcm in bench.ear.agent) // 2 - 2400) < 100


def test_every_event_of_the_model_reaches_the_client_untouched(bench):
    raws = [bench.delta(b"\1\0"), bench.said({"type": "of.tomorrow", "x": 1})]
    raws.append('{"type":"response.output_audio.delta","delta":5}')
    bench.stream.on_model_event(raws[-1], realtime.parse(raws[-1]))
    assert bench.socket.texts == raws


def test_garbage_of_the_model_is_counted_and_kept_from_the_client(bench):
    bench.stream.on_model_event("{", realtime.parse("{"))
    assert bench.socket.texts == []
    assert bench.stream.health.odd == {"model_malformed": 1}


def test_the_model_is_gone(bench):
    bench.stream.on_model_close("expired", 1001, "The session reached its limit.")
    assert json.loads(bench.socket.texts[-1])["error"]["code"] == "model_expired"
    assert bench.socket.closed == (1001, "The session reached its limit.")
    bench.stream.on_close(1001)
    assert bench.stream.end.why == "model"


def test_the_client_is_gone(bench):
    bench.stream.on_close(1006, "the connection broke")
    assert bench.model.closed == (1000, "the client left")
    bench.stream.on_model_close("shutdown", 1000, "the client left")
    assert bench.socket.closed is None
    assert bench.stream.end.why == "closed"


def test_a_close_from_here_closes_both_at_once(bench):
    bench.stream.close(1001, "shutdown", "voicelab is closing")
    assert bench.socket.closed[0] == 1001
    assert bench.model.closed is not None
    bench.stream.on_text('{"type":"response.create"}')
    bench.stream.on_binary(b"\1\0")
    assert len(bench.model.sent) == 1
    assert not bench.stream.inject({"type": "message"}, respond=False)


def test_an_item_for_the_model(bench):
    item = realtime.system_text("The tool is done.")
    assert bench.stream.inject(item, respond=True)
    assert [type(e).__name__ for e in bench.model.sent[1:]] == [
        "ConversationItemCreate",
        "ResponseCreate",
    ]
    assert bench.model.sent[1].item == item
    assert [m.leg for m in bench.ear.moments if m.kind == "m"] == ["lab", "lab"]


def test_a_line_break_in_json_makes_a_text(bench):
    bench.at(1).on_text('{"type":\n"response.create"}')
    assert bench.ear.moments[-1].kind == "text"
    assert bench.model.sent[1] == '{"type":\n"response.create"}'


def test_early_audio_that_was_dropped_is_counted(bench):
    bench.stream.on_model_open(12.3456, 3)
    assert bench.stream.health.odd == {"early_dropped": 3}
    assert bench.ear.facts()[-1] == {"name": "model_open", "connect_ms": 12.3, "dropped": 3}
