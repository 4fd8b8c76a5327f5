"""How exactly `check` lays a recording on its reference, and what it and `diagnose` cost.

Speech goes through lines whose effect on every sample is known (``lines.py``), and the lag that
`check` tells is compared with the true one wherever somebody speaks. The cost is CPU time of one
call in a process of its own, as a multiple of real time, and by how much the process grew in it,
its audio being in memory already.

Speech is espeak-ng's in many voices, without a sentence twice, or the bundled prompts where that
is not installed. Run ``python bench/compare.py`` for a little of it, ``--full`` for an hour and
three, ``--json`` for one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import soundfile
from lines import Line, said, through
from speakers import PROMPTS, VOICES, scaled, spoken

from voicelab.audio.clip import Audio
from voicelab.audio.compare import check
from voicelab.audio.compare.alignment import Alignment, align
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.samples import Int16Array

RATE_HZ = 8000
BAR_MS = 0.2
AROUND_S = 0.02
SLOWEST, STEP = -50, 7
"""Words a minute beside a voice's own, so that no sentence is said twice alike."""

LINES = {
    "delay -2 s": Line(-2.0),
    "delay 2 s, A-law": Line(2.0, law="alaw"),
    "-0.51234 s, 100 ppm": Line(-0.51234, 100),
    "0.3 s, -100 ppm, pink noise 8 dB": Line(0.3, -100, noise="pink", snr_db=8),
    "5 % silenced": Line(0.3, loss="silenced"),
    "5 % repeated, 100 ppm": Line(0.3, 100, "repeated"),
    "5 % doubled": Line(-2.0, loss="doubled"),
    "5 % cut": Line(0.3, loss="cut"),
    "5 % cut, L16": Line(-2.0, loss="cut", law="l16"),
    "5 % cut of 10 ms": Line(0.3, loss="cut", frame_ms=10),
    "5 % cut of 30 ms, -100 ppm": Line(2.0, -100, "cut", frame_ms=30),
    "5 % cut, 100 ppm": Line(0.3, 100, "cut"),
    "5 % cut, pink noise 20 dB": Line(0.3, loss="cut", noise="pink", snr_db=20),
    "5 % cut, babble 10 dB": Line(0.3, loss="cut", noise="babble", snr_db=10),
    "5 % cut, white noise 10 dB": Line(0.3, loss="cut", snr_db=10),
    "5 % cut, white noise 5 dB": Line(0.3, loss="cut", snr_db=5),
    "5 % doubled, babble 10 dB, 100 ppm": Line(0.3, 100, "doubled", noise="babble", snr_db=10),
}
COSTS = {
    "mu-law": Line(0.3),
    "5 % silenced": Line(0.3, loss="silenced"),
    "100 ppm": Line(0.3, 100),
    "white noise 20 dB": Line(0.3, snr_db=20),
    "5 % cut": Line(0.3, loss="cut"),
}
CALLS = (("check", True), ("diagnose", False), ("diagnose", True))
"""Verbs, and whether the reference is given."""
QUICK_LINES = ("-0.51234 s, 100 ppm", "5 % silenced", "5 % cut", "5 % cut, babble 10 dB")
QUICK_COSTS = ("mu-law", "5 % cut")

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")

Row = dict[str, Any]


def sentences(voice: int) -> Iterator[Int16Array]:
    """Sentences without end, from one of the voices on, none of them twice alike."""
    rng = np.random.default_rng(voice)
    if shutil.which("espeak-ng") is None:
        prompts = [
            scaled(*soundfile.read(p, dtype="int16"), RATE_HZ) for p in PROMPTS.glob("*.wav")
        ]
        while True:
            yield prompts[int(rng.integers(len(prompts)))]
    words_more = SLOWEST
    while True:
        for name, words in (*VOICES[voice:], *VOICES[:voice]):
            yield scaled(*spoken(name, words + words_more), RATE_HZ)
        words_more += STEP


def speech(seconds: float, voice: int = 0) -> Int16Array:
    """So much speech, with pauses of 0.2 to 1.2 s."""
    rng = np.random.default_rng(voice)
    parts: list[Int16Array] = []
    length = 0
    for sentence in sentences(voice):
        pause = np.zeros(int(rng.uniform(0.2, 1.2) * RATE_HZ), np.int16)
        parts += [sentence, pause]
        length += len(sentence) + len(pause)
        if length >= seconds * RATE_HZ:
            break
    return np.concatenate(parts)[: round(seconds * RATE_HZ)]


def accuracy(line: Line, seconds: float, voice: int, seed: int) -> Row:
    """Compare the lags that are told with the true ones."""
    reference = speech(seconds, voice)
    heard, place = through(reference, line, RATE_HZ, seed)
    found = align(heard, reference, RATE_HZ)
    if found is None:
        return {"found": False, "within": 0.0, "away": 0.0, "drift_ppm": np.inf, "delay_ms": np.inf}
    judged = np.flatnonzero(said(reference, place, RATE_HZ))
    error_ms = np.abs(lags(found, judged) - (judged - place[judged])) * 1000 / RATE_HZ
    away = far_from_steps(place, line, judged)
    begin = judged[judged < judged[0] + RATE_HZ // 2]  # a step may lie in the first word
    delays_ms = 1000 * (begin - place[begin] * (1 + line.drift_ppm * 1e-6)) / RATE_HZ
    return {
        "found": True,
        "delay_ms": float(np.abs(found.delay_ms - delays_ms).min()),
        "drift_ppm": abs(found.drift_ppm - line.drift_ppm),
        "within": float((error_ms <= BAR_MS).mean()),
        "away": float((error_ms[away] <= BAR_MS).mean()),
    }


def lags(found: Alignment, at: np.typing.NDArray[np.int64]) -> np.typing.NDArray[np.float64]:
    """The lag at many samples of the recording."""
    ends = np.array([segment.end for segment in found.segments])
    of_segment = np.array([segment.lag for segment in found.segments])
    which = np.minimum(np.searchsorted(ends, at, "right"), len(ends) - 1)
    return np.asarray(of_segment[which] + found.slope * at)


def far_from_steps(
    place: np.typing.NDArray[np.float64], line: Line, at: np.typing.NDArray[np.int64]
) -> np.typing.NDArray[np.bool_]:
    """Samples that lie 20 ms or farther from all that was done to the time."""
    advance = np.diff(place)
    steps = np.flatnonzero(~(np.abs(advance - 1) < 0.5))
    if line.loss in ("none", "silenced", "repeated") or not len(steps):
        return np.ones(len(at), np.bool_)
    after = np.searchsorted(steps, at)
    before = np.abs(at - steps[np.maximum(after - 1, 0)])
    behind = np.abs(at - steps[np.minimum(after, len(steps) - 1)])
    return np.asarray(np.minimum(before, behind) > AROUND_S * RATE_HZ)


def accuracies(options: argparse.Namespace) -> Iterator[Row]:
    """Every line with every voice."""
    names = LINES if options.full else QUICK_LINES
    voices = range(0, len(VOICES), 3) if options.full else (0, 5)
    seconds = 60 if options.full else 10
    for name in names:
        rows = [accuracy(LINES[name], seconds, k, options.seed + k) for k in voices]
        yield {
            "line": name,
            "delay_ms": max(row["delay_ms"] for row in rows),
            "drift_ppm": max(row["drift_ppm"] for row in rows),
            "within": float(np.mean([row["within"] for row in rows])),
            "within_least": min(row["within"] for row in rows),
            "away": float(np.mean([row["away"] for row in rows])),
            "away_least": min(row["away"] for row in rows),
        }


def costs(options: argparse.Namespace) -> Iterator[Row]:
    """Every call in a process of its own."""
    hours = (1, 3) if options.full else (1 / 12,)
    calls = CALLS if options.full else CALLS[:2]
    with tempfile.TemporaryDirectory() as folder:
        for n_hours in hours:
            seconds = 3600 * n_hours
            reference = Path(folder) / "reference.wav"
            samples = speech(seconds)
            soundfile.write(reference, samples, RATE_HZ)
            names = COSTS if options.full and n_hours == 1 else QUICK_COSTS
            for name in names:
                recording = Path(folder) / "recording.wav"
                heard, _ = through(samples, COSTS[name], RATE_HZ, options.seed)
                soundfile.write(recording, heard, RATE_HZ)
                for verb, against in calls:
                    arguments = [verb, str(recording), str(reference) if against else ""]
                    yield {
                        "call": f"{verb}{', reference' if against and verb == 'diagnose' else ''}",
                        "line": name,
                        "hours": n_hours,
                        **alone(arguments),
                    }


def alone(arguments: list[str]) -> Row:
    """Run one call in a process of its own."""
    command = [sys.executable, __file__, "--alone", *arguments]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(told))


def call(verb: str, recording: str, reference: str) -> Row:
    """What one call costs here."""
    heard = Audio(*soundfile.read(recording, dtype="int16"))
    known = Audio(*soundfile.read(reference, dtype="int16")) if reference else None
    told = run(verb, first(heard), known and first(known))  # what is imported costs nothing later
    forget_peak()
    begun_kb, begun_s = peak_kb(), time.process_time()
    told = run(verb, heard, known)
    cpu_s = time.process_time() - begun_s
    return {
        "cpu_s": cpu_s,
        "times": heard.duration_s / cpu_s,
        "mb": None if begun_kb is None else ((peak_kb() or 0) - begun_kb) / 1024,
        "verdict": told,
    }


def run(verb: str, heard: Audio, known: Audio | None) -> str:
    """Check or diagnose."""
    if verb == "check" and known is not None:
        return check(heard, known).verdict
    return diagnose(heard, known).verdict


def first(audio: Audio) -> Audio:
    """The first ten seconds."""
    return Audio(audio.samples[: 10 * audio.rate_hz], audio.rate_hz)


def forget_peak() -> None:
    """Let the peak be what the process has now: it was born with that of its parent."""
    if STATUS.exists():
        CLEAR.write_text("5")


def peak_kb() -> int | None:
    """The most memory that this process has had; None where Linux does not say so."""
    if not STATUS.exists():
        return None
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--full", action="store_true", help="all lines and voices, an hour, three")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("accuracy", "cost"))
    parser.add_argument("--alone", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(call(*options.alone)))
        return
    show = (lambda *words: None) if options.json else print
    told: dict[str, list[Row]] = {"accuracy": [], "cost": []}
    if options.only != "cost":
        show(f"{'':36}delay    drift    of what is said, lag within {BAR_MS} ms (least voice)")
        show(f"{'line':36}max ms   max ppm  all                 20 ms from steps")
        for row in accuracies(options):
            told["accuracy"].append(row)
            show(
                f"{row['line']:36}{row['delay_ms']:<9.3f}{row['drift_ppm']:<9.2f}"
                f"{row['within']:8.2%} ({row['within_least']:7.2%}) "
                f"{row['away']:8.2%} ({row['away_least']:7.2%})"
            )
    if options.only != "accuracy":
        show(f"\n{'call':22}{'line':20}{'hours':>6}{'CPU s':>8}{'x real time':>13}{'MB more':>9}")
        for row in costs(options):
            told["cost"].append(row)
            more = "unknown" if row["mb"] is None else f"{row['mb']:.0f}"
            show(
                f"{row['call']:22}{row['line']:20}{row['hours']:6.2f}{row['cpu_s']:8.2f}"
                f"{row['times']:13,.0f}{more:>9}"
            )
    if options.json:
        print(json.dumps(told))


if __name__ == "__main__":
    main()
