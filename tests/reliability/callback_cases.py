"""Faults of the provider's HTTP callbacks."""

from __future__ import annotations

from .cases import Run, case

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
    return f"{refused} refused, logged as absent, each a fact in the journal; {run.exact()}"


@case("wrong-signature", "refused with 403, logged and noted; the call is recorded", **TOKEN)
def _(run: Run) -> str:
    assert signatures(run) == {"invalid"}
    refused = run.lab.sink.server.webhooks.counts["signature invalid"]
    assert refused == len(run.entries) > 0
    assert (in_journal(run), run.noted("callback_refused")) == (0, refused)
    return f"{refused} refused, logged as invalid, each a fact in the journal; {run.exact()}"


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
