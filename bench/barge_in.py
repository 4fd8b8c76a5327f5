"""Barge-in: how soon the agent is silent once the caller speaks, and what the model is told of it.

Simulated callers say a word, wait until the agent has been answering for a while, and interrupt it,
each at a time of its own, over real sockets: strict carrier, voicelab's sink with an agent, and the
local Realtime server. The carrier acknowledges late, by up to 150 ms, each call by another delay.
What was heard is known to the sample: the item's own samples are found again in the caller's ear.

Run ``python bench/barge_in.py``, with ``--full`` for 50 interruptions, ``--json`` for one JSON
object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from interruption import Evidence, Interruption, Spoilt, measure

from voicelab.audio.format import AudioFormat
from voicelab.audio.resample import resample
from voicelab.audio.samples import Int16Array
from voicelab.audio.wav import wav_bytes
from voicelab.call.conversation_settings import ConversationSettings
from voicelab.call.model_audio import model_format
from voicelab.call.settings import StreamSettings
from voicelab.net.agent_options import AgentOptions
from voicelab.net.options import SinkOptions
from voicelab.net.session import Session
from voicelab.net.sink import SinkServer
from voicelab.net.upstream_options import UpstreamOptions
from voicelab.sim.caller import Caller
from voicelab.sim.phone import Carrier
from voicelab.sim.prompts import prompt_names, prompt_path
from voicelab.sim.realtime.server import LocalRealtime
from voicelab.sim.simulated_call import SimulatedCall
from voicelab.sim.speech import Speech
from voicelab.store.journal import read_journal

NEAR_MS = 40
SLACK_MS = 2
"""A truncation is told in whole ms, and ``clearAudio`` takes a moment to be carried out."""
AT_A_TIME = 5
APART_S = 0.37
"""Between two calls' beginnings, so that they are in different places of their 20 ms."""
FIRST = "yes"
ANSWERED_S = 0.6
"""After the caller's word the agent is silent for so long: 500 ms of silence end a turn."""
INTO_S = (0.3, 3.0)
ANSWER_S = (8.0, 0.3)
LOUD = 6000
SPOKEN_S = 1.2
CALL_S = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One call: what the caller interrupts with, when, and how late the carrier acknowledges."""

    number: int
    prompt: str
    wait_s: float
    ack_s: float

    @classmethod
    def drawn(cls, number: int, seed: int) -> Plan:
        """Draw call ``number``; the same for the same seed."""
        draw = random.Random(f"{seed} barge-in {number}")
        return cls(
            number,
            draw.choice(sorted(prompt_names())),
            ANSWERED_S + draw.uniform(*INTO_S),
            round(draw.uniform(0, 0.15), 3),
        )

    def caller(self, line: AudioFormat) -> tuple[Caller, float]:
        """Who calls, and when its first loud sample of the interruption comes, in seconds."""
        word, interruption = _spoken(FIRST, line.rate_hz), _spoken(self.prompt, line.rate_hz)
        silence = np.zeros(int(self.wait_s * line.rate_hz), np.int16)
        samples = np.concatenate(
            [word, silence, interruption[: int(SPOKEN_S * line.rate_hz)]], dtype=np.int16
        )
        loud_s = (word.size + silence.size) / line.rate_hz
        return Caller.from_samples(samples, line.rate_hz, line), loud_s


def _spoken(prompt: str, rate_hz: int) -> Int16Array:
    """A prompt from its first loud sample to its last."""
    speech = Speech.read(prompt_path(prompt))
    samples = resample(speech.samples, speech.rate_hz, rate_hz)
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) >= LOUD)
    return samples[loud[0] : loud[-1] + 1]


def answers(folder: Path, rate_hz: int) -> Path:
    """A script of two answers, each of noise in which no sample is 0."""
    lines = []
    for number, seconds in enumerate(ANSWER_S):
        draw = np.random.default_rng(number)
        size = int(seconds * rate_hz)
        noise = (draw.integers(1000, 6000, size) * draw.choice((-1, 1), size)).astype(np.int16)
        path = folder / f"answer-{number}.wav"
        path.write_bytes(wav_bytes(noise, rate_hz))
        lines.append(str(path))
    script = folder / "script.json"
    script.write_text(json.dumps(lines), "utf-8")
    return script


async def interrupt(sink: SinkServer, line: AudioFormat, plan: Plan) -> Interruption:
    """Place one call, and take it apart when it is over."""
    caller, loud_s = plan.caller(line)
    carrier = Carrier(
        f"{sink.url}/",
        strict=True,
        hold_s=0.8,
        faults={"played-delay": plan.ack_s},
        seed=plan.number,
    )
    call = await carrier.dial(lambda _: caller)
    zero_ns = time.monotonic_ns() - int(call.duration_s * 1e9)
    result = await call.ended(CALL_S)
    session = _session(sink, call)
    await asyncio.wait_for(session.closed.wait(), CALL_S)
    if result.offences or result.failed:
        raise Spoilt(f"the carrier has this to say: {result.offences or result.notes}")
    assert session.recording.files is not None
    return measure(
        Evidence(
            line,
            loud_s,
            read_journal(session.recording.files.journal).moments,
            (session.stream.zero_ns - zero_ns) / 1e9,
            call.heard_pcm(),
        )
    )


def _session(sink: SinkServer, call: SimulatedCall) -> Session:
    return next(each for each in sink.registry if each.stream.call_id == call.call_id)


async def interruptions(count: int, seed: int, line: AudioFormat) -> list[Interruption]:
    """Place all calls, a few at a time.

    Raises
    ------
    ExceptionGroup of Spoilt
        Where a call cannot be measured, or a promise was broken in it.
    """
    room = asyncio.Semaphore(AT_A_TIME)
    with tempfile.TemporaryDirectory() as name:
        script = await asyncio.to_thread(answers, Path(name), model_format(line).rate_hz)
        async with LocalRealtime(f"script:{script}") as model:
            options = SinkOptions(
                port=0,
                recordings=Path(name) / "recordings",
                webhook_log=Path(name) / "webhook.log",
                stream=StreamSettings(format=line, byte_order="little"),
                agent=AgentOptions(
                    upstream=UpstreamOptions(url=model.url),
                    conversation=ConversationSettings(greeting=False),
                    full_journal=True,
                ),
            )
            sink = SinkServer(options)
            await sink.start()

            async def placed(plan: Plan) -> Interruption:
                await asyncio.sleep(APART_S * (plan.number % AT_A_TIME))
                async with room:
                    try:
                        return await interrupt(sink, line, plan)
                    except Spoilt as reason:
                        raise Spoilt(f"{plan}: {reason}") from None

            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [
                        group.create_task(placed(Plan.drawn(number, seed)))
                        for number in range(count)
                    ]
            finally:
                await sink.aclose()
    return [task.result() for task in tasks]


def report(found: list[Interruption]) -> dict[str, Any]:
    """Distributions; those with a stall inside the item apart."""
    whole = [each for each in found if not each.stalled]
    return {
        "interruptions": len(found),
        "whole": spread(whole),
        "stalled": spread([each for each in found if each.stalled]),
        "calls": [asdict(each) | {"error_ms": each.error_ms} for each in found],
    }


def spread(found: list[Interruption]) -> dict[str, Any]:
    """How the figures of some interruptions are distributed."""
    if not found:
        return {"count": 0}
    names = ("reaction_ms", "vad_ms", "voicelab_ms", "flush_ms", "error_ms")
    figures = {name: [getattr(each, name) for each in found] for name in names}
    return {
        "count": len(found),
        "acked": sum(each.acked for each in found),
        "near": sum(abs(each.error_ms) <= NEAR_MS for each in found),
        "as_said": sum(abs(each.error_ms) <= each.doubt_ms + SLACK_MS for each in found),
        **{
            name: {
                "min": min(values),
                "p50": float(np.percentile(values, 50)),
                "p90": float(np.percentile(values, 90)),
                "max": max(values),
            }
            for name, values in figures.items()
        },
    }


def table(told: dict[str, Any]) -> str:
    """Lay the report out for reading."""
    rows = {
        "the model's server notices": "vad_ms",
        "voicelab": "voicelab_ms",
        "carrier, until the last sample": "flush_ms",
        "caller's first loud sample to agent's last": "reaction_ms",
        "audio_end_ms minus heard": "error_ms",
    }
    lines = []
    for title, key in (("no stall in the item", "whole"), ("a stall in the item", "stalled")):
        if not (part := told[key])["count"]:
            lines.append(f"{title}: none")
            continue
        lines.append(
            f"{title}: {part['count']}, audio_end_ms within {NEAR_MS} ms of the ear in "
            f"{part['near']}, within voicelab's own uncertainty in {part['as_said']}"
        )
        lines.append(f"  {'ms':<42} {'min':>7} {'p50':>7} {'p90':>7} {'max':>7}")
        for name, figure in rows.items():
            values = "".join(
                f" {part[figure][each]:>7.1f}" for each in ("min", "p50", "p90", "max")
            )
            lines.append(f"  {name:<42}{values}")
    return "\n".join([*lines, *map(outlier, *far(told["calls"]))])


def far(calls: list[dict[str, Any]]) -> tuple[list[int], list[dict[str, Any]]]:
    """Numbers and figures of calls in which the model was told wrong."""
    numbers = [at for at, call in enumerate(calls) if abs(call["error_ms"]) > NEAR_MS]
    return numbers, [calls[at] for at in numbers]


def outlier(number: int, call: dict[str, Any]) -> str:
    """One of them in words."""
    stalled = " (stalled)" if call["stalled"] else ""
    source = "acknowledged" if call["acked"] else "estimated"
    return (
        f"call {number}{stalled}: told {call['told_ms']} ms as {source}, "
        f"±{call['doubt_ms']:.1f}; heard {call['heard_ms']:.1f}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, help="of interruptions (10; 50 with --full)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--format", default="mulaw/8000", help="of the line (%(default)s)")
    parser.add_argument("--full", action="store_true", help="50 interruptions, more than a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    count = options.count or (50 if options.full else 10)
    line = AudioFormat.parse(options.format)
    try:
        told = report(asyncio.run(interruptions(count, options.seed, line)))
    except* Spoilt as spoilt:
        raise SystemExit("\n".join(map(str, spoilt.exceptions))) from None
    if options.json:
        print(json.dumps({"format": options.format, "seed": options.seed, **told}))
        return
    print(f"{count} interruptions on {options.format}, acknowledged up to 150 ms late")
    print(table(told))


if __name__ == "__main__":
    main()
