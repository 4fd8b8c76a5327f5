"""One call through every fault alone, over real sockets: what is promised is what is recorded."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voicelab import Lab
from voicelab.lab.call import Call
from voicelab.sim.prompts import prompt_path
from voicelab.sim.switches import SWITCHES

pytestmark = pytest.mark.net

FRAME = 160
SPEED = 10
PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


@dataclass
class Run:
    """A call that is over, and all there is to know about it."""

    lab: Lab
    call: Call
    moments: list[Any]
    entries: list[dict[str, Any]]
    health: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.health = self.call.facts.health

    @property
    def sent(self) -> np.ndarray:
        return self.call.sent_pcm()

    @property
    def recorded(self) -> np.ndarray:
        return self.call.audio().samples

    def done(self, fault: str) -> list[int]:
        """The chunks a fault befell, from the simulator's own facts."""
        facts = [m.data for m in self.moments if m.leg == "sim" and m.name == "fault"]
        return [fact.get("chunk") for fact in facts if fact["fault"] == fault]

    def wire(self, event: str) -> list[dict[str, Any]]:
        """What the sink got from the carrier, in order."""
        texts = [json.loads(m.data) for m in self.moments if (m.leg, m.way) == ("carrier", "in")]
        return [text for text in texts if text["event"] == event]

    def names(self, *events: str) -> list[str]:
        """The order in which these came from or went to the carrier."""
        texts = [json.loads(m.data) for m in self.moments if m.leg == "carrier"]
        return [text["event"] for text in texts if text["event"] in events]

    def noted(self, name: str) -> int:
        return sum(m.leg == "lab" and m.name == name for m in self.moments)

    def callbacks(self) -> list[str]:
        return [entry["Event"] for entry in self.entries]

    def exact(self) -> str:
        assert len(self.sent) > 3 * 8000
        assert np.array_equal(self.recorded, self.sent)
        assert self.health["lost"] == self.health["late"] == self.health["jumps"] == 0
        return f"exact, {len(self.sent)} samples"

    def silent_at(self, chunks: list[int]) -> str:
        """The recording is what was sent, with silence for these frames and nothing moved."""
        want = self.sent.copy()
        for chunk in chunks:
            want[(chunk - 1) * FRAME : chunk * FRAME] = 0
        assert np.array_equal(self.recorded, want[: len(self.recorded)])
        return f"{len(chunks)} of {len(want) // FRAME} frames"


Check = Callable[[Run], str]
Agent = Callable[[Lab, Call], Awaitable[None]]


@dataclass(frozen=True)
class Case:
    fault: str
    promised: str
    check: Check
    agent: Agent | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.fault.partition("=")[0]


CASES: list[Case] = []


def case(fault: str, promised: str, agent: Agent | None = None, **options: Any) -> Callable:
    def keep(check: Check) -> Check:
        CASES.append(Case(fault, promised, check, agent, options))
        return check

    return keep


async def reach(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - a counter tells nobody
            await asyncio.sleep(0.005)


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


# start


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


# the end


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
    assert len(run.sent) - kept <= 50 * FRAME
    (ended,) = [m.data for m in run.moments if m.leg == "lab" and m.name == "ended"]
    assert ended["why"] == "closed"
    assert "Hangup" in run.callbacks()
    lost = (len(run.sent) - kept) // FRAME
    return f'"{ended["detail"]}", code {ended["code"]}; {kept} samples exact, {lost} frames unsent'


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


# keys and acknowledgements


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


# frames


@case("jitter=80", "late frames in order: nothing is lost, the jitter is measured")
def _(run: Run) -> str:
    assert run.health["jitter_ms"] > 0
    assert run.health["duplicates"] == run.health["filled"] == 0
    assert run.health["odd"] == {}
    return f"{run.exact()}; nothing counted but jitter"


@case("burst=200", "frames that come ten at a time are all there")
def _(run: Run) -> str:
    assert run.health["duplicates"] == run.health["filled"] == 0
    assert run.health["odd"] == {}
    return f"{run.exact()}; nothing counted but jitter"


@case("loss=0.05", "a missing frame is silence in its place, counted; the rest stands")
def _(run: Run) -> str:
    lost = run.done("loss")
    seen = run.silent_at(lost)
    last = max(text["media"]["chunk"] for text in run.wire("media"))
    assert run.health["lost"] == sum(chunk < last for chunk in lost) > 3
    return f"{seen} lost, {run.health['lost']} counted; all others exact in place"


@case("duplicate=0.05", "the first copy counts, the second is counted")
def _(run: Run) -> str:
    assert run.health["duplicates"] == len(run.done("duplicate")) > 3
    return f"{run.health['duplicates']} duplicates counted; {run.exact()}"


@case("swap=0.05", "a frame that comes after the next goes into its place")
def _(run: Run) -> str:
    assert np.array_equal(run.recorded, run.sent)
    assert run.health["filled"] == len(run.done("swap")) > 3
    assert run.health["lost"] == run.health["late"] == 0
    return f"{run.health['filled']} put back; exact, {len(run.sent)} samples"


def damaged(run: Run, lengths: dict[int, int]) -> np.ndarray:
    """What was sent, with these frames cut to fewer samples; what follows moves up."""
    frames = run.sent.reshape(-1, FRAME)
    return np.concatenate([f[: lengths.get(n, FRAME)] for n, f in enumerate(frames, 1)])


@case("odd=0.05", "half a sample is dropped and counted; all whole ones are there")
def _(run: Run) -> str:
    chunks = run.done("odd")
    assert run.health["odd"] == {"odd_length": len(chunks)}
    assert len(chunks) > 3
    assert np.array_equal(run.recorded, damaged(run, dict.fromkeys(chunks, FRAME - 1)))
    return f"{len(chunks)} counted; {len(run.recorded)} whole samples, exact"


@case("split=0.05", "a sample cut in two by a frame's end is put together again")
def _(run: Run) -> str:
    chunks = run.done("split")
    assert len(chunks) > 3
    whole = run.recorded
    assert np.array_equal(whole, run.sent[: len(whole)])
    assert len(run.sent) - len(whole) <= 1
    return f"{len(chunks)} put together, {run.health['odd']['odd_length']} odd frames; exact"


@case("short=0.05", "a short frame is taken as it is")
def _(run: Run) -> str:
    chunks = run.done("short")
    assert len(chunks) > 3
    assert np.array_equal(run.recorded, damaged(run, dict.fromkeys(chunks, FRAME // 2)))
    return f"{len(chunks)} short frames; all {len(run.recorded)} samples that were sent, exact"


@case("both-tracks=track", "the outbound track is counted and kept out of the recording")
def _(run: Run) -> str:
    assert run.health["other_track"] > 100
    return f"{run.health['other_track']} frames of the other track counted; {run.exact()}"


@case("both-tracks=stream", "the same where chunks are numbered over both")
def _(run: Run) -> str:
    assert run.health["other_track"] > 100
    return f"{run.health['other_track']} frames of the other track counted; {run.exact()}"


# callbacks

TOKEN = {"auth_token": "test_token_0001", "signatures": "require"}
STORY = ["StartStream", "DroppedStream", "Hangup"]


def signatures(run: Run) -> set[str]:
    return {entry["_voicelab"]["signature"] for entry in run.entries}


def in_journal(run: Run) -> int:
    texts = [m for m in run.moments if (m.leg, m.way) == ("webhook", "in")]
    return len(texts) - 1  # the first is the request for the answer


@case(
    "unsigned",
    "refused with 403 where signatures are required, noted; the call is recorded",
    **TOKEN,
)
def _(run: Run) -> str:
    assert signatures(run) == {"absent"}
    refused = run.lab.sink.server.webhooks.counts["signature absent"]
    assert refused == len(run.entries) > 0
    assert (in_journal(run), run.noted("callback_refused")) == (0, refused)
    return (
        f"{refused} refused, logged as absent, {refused} such facts in the journal; {run.exact()}"
    )


@case("wrong-signature", "refused with 403, logged and noted; the call is recorded", **TOKEN)
def _(run: Run) -> str:
    assert signatures(run) == {"invalid"}
    refused = run.lab.sink.server.webhooks.counts["signature invalid"]
    assert refused == len(run.entries) > 0
    assert (in_journal(run), run.noted("callback_refused")) == (0, refused)
    return (
        f"{refused} refused, logged as invalid, {refused} such facts in the journal; {run.exact()}"
    )


@case(
    "duplicate-callbacks", "each is answered 200, logged and in the journal; nothing else happens"
)
def _(run: Run) -> str:
    assert sorted(run.callbacks()) == sorted(STORY * 2)
    assert in_journal(run) == 6
    return f"{len(run.entries)} logged, 6 in the journal; {run.exact()}"


@case("reordered-callbacks", "each finds its call, Hangup first too")
def _(run: Run) -> str:
    assert run.callbacks() == ["Hangup", "DroppedStream", "StartStream"]
    assert in_journal(run) == 3
    return f"{', '.join(run.callbacks())}: all in the journal; {run.exact()}"


@case("get-callbacks", "read from the query, logged and in the journal")
def _(run: Run) -> str:
    assert {entry["_voicelab"]["method"] for entry in run.entries} == {"GET"}
    assert sorted(run.callbacks()) == sorted(STORY)
    assert in_journal(run) == 3
    return f"3 of 3 by GET; {run.exact()}"


@case("degraded=0.5", "the callback is logged and in the journal; the call goes on")
def _(run: Run) -> str:
    assert sorted(run.callbacks()) == sorted([*STORY, "DegradedStream"])
    return f"1 DegradedStream; {run.exact()}"


@case("plus-numbers", "numbers are kept as they came")
def _(run: Run) -> str:
    numbers = {entry[name] for entry in run.entries for name in ("From", "To")}
    assert numbers == {"+15550100001", "+15550100002"}
    return f"{' and '.join(sorted(numbers))}; {run.exact()}"


# one test for all


@pytest.mark.parametrize("case", CASES, ids=[case.fault for case in CASES])
async def test_a_fault(tmp_path, case, table):
    log = tmp_path / "webhooks.log"
    options = {"recordings": tmp_path / "r", "webhook_log": log, **case.options}
    async with await Lab.open(port=0, **options) as lab:
        call = await lab.dial(
            prompt_path("order"), faults=[case.fault], seed=7, speed=SPEED, strict=True
        )
        if case.agent:
            await case.agent(lab, call)
        await call.ended(timeout=40)
        for session in lab.sink.server.registry:
            await session.ended.wait()
        assert call.result.faults[case.name] > 0
        assert call.result.faults.keys() == {case.name}
        assert call.result.ended_by == "caller"
        assert call.result.offences == () or case.agent
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        run = Run(lab, call, call.journal.moments, entries)
        settings = [m.data for m in run.moments if m.leg == "sim" and m.name == "faults"]
        assert settings[0]["seed"] == 7
        table(case.fault, case.promised, case.check(run))


def test_every_fault_has_its_case_and_its_row():
    cases = {case.fault for case in CASES}
    assert {case.partition("=")[0] for case in cases} == set(SWITCHES)
    rows = re.findall(r"^\| `([^`]+)` \| .+ \| .+ \|$", PAGE.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(cases)
