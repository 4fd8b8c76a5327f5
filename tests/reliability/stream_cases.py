"""Faults of start and end, of keys and of acknowledgements."""

from __future__ import annotations

import numpy as np

from voicelab import Lab
from voicelab.lab.call import Call

from .cases import FRAME, Run, case, reach


async def asks_twice(lab: Lab, call: Call) -> None:
    """Play two pieces, each with a checkpoint behind it."""
    (session,) = lab.sink.server.registry.running
    for name in ("one", "two"):
        session.stream.play(np.full(FRAME, 900, np.int16))
        session.stream.checkpoint(name)
    await reach(lambda: session.stream.samples > 2 * 8000)


async def barges_in(lab: Lab, call: Call) -> None:
    """Play, and clear it twice."""
    (session,) = lab.sink.server.registry.running
    for _ in range(2):
        session.stream.play(np.full(10 * FRAME, 900, np.int16))
        session.stream.clear()
    await reach(lambda: session.stream.samples > 2 * 8000)


@case("flat-start", "the call has its ids and its format; nothing is lost")
def _(run: Run) -> str:
    (start,) = run.wire("start")
    assert "start" not in start
    assert run.call.journal.header["stream_id"] == start["streamId"] == run.call.result.stream_id
    assert run.call.facts.format == "l16/8000"
    return f"ids and format read; {run.exact()}"


@case("connected-first", "the unknown message is counted and journalled; nothing is lost")
def _(run: Run) -> str:
    assert run.names("connected", "start") == ["connected", "start"]
    assert run.health["odd"] == {"unknown_event": 1}
    return f"1 unknown event counted; {run.exact()}"


@case("media-before-start=10", "early frames are kept and put in place; nothing is lost")
def _(run: Run) -> str:
    assert run.names("media", "start").index("start") == 10
    assert run.health["before_start"] == 10
    return f"10 frames before start; {run.exact()}"


@case("media-before-start=60", "more than 1 s of it: the asked-for format is assumed, no loss")
def _(run: Run) -> str:
    assert run.noted("format_assumed") == 1
    assert run.call.journal.header["call_id"] is None
    (adopted,) = [m.data for m in run.moments if m.name == "adopted"]
    assert run.call.facts.id == adopted["id"] != run.call.journal.header["id"]
    assert run.call.facts.call_id == run.call.result.call_id
    assert min(m.t_ns for m in run.moments if m.leg == "webhook") < 0
    return f"format assumed after 50 frames, ids and answer taken when start came; {run.exact()}"


@case("duplicate-start=0.5", "the second start changes nothing and is counted")
def _(run: Run) -> str:
    assert len(run.wire("start")) == 2
    assert run.health["odd"] == {"duplicate_start": 1}
    return f"1 counted; {run.exact()}"


@case("inbound-stop", "an early word that the stream ends; the close is the end")
def _(run: Run) -> str:
    (stop,) = run.wire("stop")
    assert stop["reason"] == "callended"
    assert run.noted("stop_received") == 1
    assert run.call.facts.ended_why == "stop"
    return f"ended by stop, closed with 1000; {run.exact()}"


@case("reset=2", "what came before the reset is recorded, the files are finished")
def _(run: Run) -> str:
    kept = len(run.recorded)
    assert np.array_equal(run.recorded, run.sent[:kept])
    assert 0 < kept <= len(run.sent)
    (ended,) = [m.data for m in run.moments if m.leg == "lab" and m.name == "ended"]
    assert ended["why"] == "closed"
    assert "Hangup" in run.callbacks()
    lost = (len(run.sent) - kept) // FRAME
    how = f'"{ended["detail"]}", code {ended["code"]}'
    return f"{how}; {kept} samples exact, {lost} frames not read"


@case("reconnect=1", "a second recording continues the first; together they hold every sample")
def _(run: Run) -> str:
    first, second = sorted(run.lab.calls(), key=lambda call: call.files.stem)
    assert second.journal.header["continues"] == first.id
    assert second.journal.header["call_id"] == first.journal.header["call_id"]
    assert second.journal.header["stream_id"] != first.journal.header["stream_id"]
    joined = np.concatenate([first.audio().samples, second.audio().samples])
    assert np.array_equal(joined, run.sent)
    sizes = " + ".join(str(len(call.audio().samples)) for call in (first, second))
    return f"`continues` names the first; {sizes} samples, joined exact"


@case("dtmf=1@0.5,#@1.2", "each key is in the journal; the audio is untouched")
def _(run: Run) -> str:
    keys = [text["dtmf"]["digit"] for text in run.wire("dtmf")]
    assert keys == ["1", "#"]
    return f"keys {' '.join(keys)}; {run.exact()}"


@case("played-delay=1", "a late playedStream is taken when it comes", asks_twice)
def _(run: Run) -> str:
    order = run.names("playedStream", "media", "checkpoint")
    between = order[: order.index("playedStream")].count("media")
    assert [text["name"] for text in run.wire("playedStream")] == ["one", "two"]
    assert between > 25
    return f"2 of 2 came, the first {between} frames into the call; {run.exact()}"


@case("played-lost", "without playedStream the call goes on", asks_twice)
def _(run: Run) -> str:
    assert run.names("checkpoint") == ["checkpoint"] * 2
    assert run.wire("playedStream") == []
    return f"0 of 2 came; {run.exact()}"


@case("played-stream-id", "the field nobody documents does no harm", asks_twice)
def _(run: Run) -> str:
    ids = {text["streamId"] for text in run.wire("playedStream")}
    assert ids == {run.call.result.stream_id}
    return f"2 of 2 read; {run.exact()}"


@case("cleared-delay=1", "a late clearedAudio is taken when it comes", barges_in)
def _(run: Run) -> str:
    order = run.names("clearedAudio", "media")
    between = order.index("clearedAudio")
    assert order.count("clearedAudio") == 2
    assert between > 25
    return f"2 of 2 came, the first {between} frames into the call; {run.exact()}"


@case("cleared-lost", "without clearedAudio the call goes on", barges_in)
def _(run: Run) -> str:
    assert run.names("clearAudio") == ["clearAudio"] * 2
    assert run.wire("clearedAudio") == []
    return f"0 of 2 came; {run.exact()}"
