"""How much sooner a corpus is done by two workers than by one, here and on a Dask cluster.

A corpus of small files (3 to 6 s, 8 kHz) is made on the fly: the bundled prompts one after the
other, and every fault of ``voicelab/audio/diagnosis/faults.py`` done to them. It is checked and
diagnosed by a plain loop in one process, by one and by two processes of
``check_corpus``/``diagnose_corpus``, and by a Dask cluster of one and of two workers. All tables
must be the same, byte for byte.

Processes are started anew in every run, and that counts; the clusters are started and warmed
before. Run ``python bench/corpus.py`` for a small corpus, ``--full`` for 2,000 files, ``--json``
for one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import soundfile
from speakers import PROMPTS, scaled

import voicelab
from voicelab.audio.diagnosis.faults import FAULTS, break_audio
from voicelab.audio.samples import Int16Array
from voicelab.audio.wav import wav_bytes

RATE_HZ = 8000
SHORTEST_S, LONGEST_S = 3.0, 6.0
REFERENCES = 40
VERBS = ("check", "diagnose")
ENVIRONMENT = {f"{name}_NUM_THREADS": 1 for name in ("OPENBLAS", "OMP", "MKL")}
"""Of Dask's workers, as it has it but for MALLOC_TRIM_THRESHOLD_ (docs/corpora.md)."""

Pairs = list[tuple[Path, Path]]
Run = Callable[[Pairs], Coroutine[Any, Any, pd.DataFrame]]


def prompts(rng: np.random.Generator) -> Iterator[Int16Array]:
    """The bundled prompts in ever new orders, cut to pieces of 3 to 6 s."""
    known = [
        scaled(*soundfile.read(path, dtype="int16"), RATE_HZ)
        for path in sorted(PROMPTS.glob("*.wav"))
    ]
    while True:
        together = np.concatenate([known[n] for n in rng.permutation(len(known))])
        length = int(rng.uniform(SHORTEST_S, LONGEST_S) * RATE_HZ)
        begin = int(rng.integers(together.size - length))
        yield together[begin : begin + length]


def write_corpus(folder: Path, count: int) -> Pairs:
    """So many recordings, each beside one of at most 40 references."""
    rng = np.random.default_rng(22)
    references = []
    for number, (good, _) in enumerate(zip(prompts(rng), range(min(count, REFERENCES)))):  # noqa: B905
        path = folder / f"reference-{number:02}.wav"
        path.write_bytes(wav_bytes(good, RATE_HZ))
        references.append((path, good))
    pairs = []
    for number in range(count):
        reference, good = references[number % len(references)]
        fault = FAULTS[number % len(FAULTS)]
        heard, rate_hz = break_audio(fault, good, RATE_HZ, severity=number % 3, seed=number)
        path = folder / f"{number:04}-{fault}.wav"
        path.write_bytes(wav_bytes(heard, rate_hz))
        pairs.append((path, reference))
    return pairs


def corpus(verb: str, pairs: Pairs, **where: Any) -> Coroutine[Any, Any, pd.DataFrame]:
    """Do the verb to all."""
    if verb == "check":
        return voicelab.check_corpus(pairs, progress=False, **where)
    return voicelab.diagnose_corpus([path for path, _ in pairs], progress=False, **where)


async def loop(verb: str, pairs: Pairs) -> None:
    """What a person writes without it: one file after the other, here."""
    for recording, reference in pairs:
        try:
            if verb == "check":
                voicelab.check(recording, reference)
            else:
                voicelab.diagnose(recording.read_bytes())
        except voicelab.VoicelabError:
            continue


def measure(pairs: Pairs, rounds: int) -> list[dict[str, Any]]:
    """Measure every way, in turns."""
    import dask
    import distributed

    with ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.nanny.pre-spawn-environ": ENVIRONMENT}))
        clients = {}
        for workers in (1, 2):
            cluster = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=workers, threads_per_worker=1, dashboard_address=":0"
                )
            )
            clients[workers] = stack.enter_context(distributed.Client(cluster))
        rows = []
        for verb in VERBS:
            ways: dict[tuple[str, int], Callable[[], Coroutine[Any, Any, Any]]] = {
                ("loop", 1): lambda verb=verb: loop(verb, pairs)
            }
            for workers, client in clients.items():
                ways["processes", workers] = lambda verb=verb, workers=workers: corpus(
                    verb, pairs, workers=workers
                )
                ways["dask", workers] = lambda verb=verb, client=client: corpus(
                    verb, pairs, client=client
                )
                asyncio.run(corpus(verb, pairs[: 8 * workers], client=client))
            asyncio.run(loop(verb, pairs[:8]))
            rows += timed(verb, ways, rounds, len(pairs))
    return rows


def timed(
    verb: str,
    ways: dict[tuple[str, int], Callable[[], Coroutine[Any, Any, Any]]],
    rounds: int,
    files: int,
) -> list[dict[str, Any]]:
    """Run all ways in turns; medians, and ratios to one worker of the same kind."""
    took: dict[tuple[str, int], list[float]] = {way: [] for way in ways}
    first: pd.DataFrame | None = None
    for number in range(rounds):
        order = list(ways)
        for way in order[number % len(order) :] + order[: number % len(order)]:
            began_s = time.perf_counter()
            table = asyncio.run(ways[way]())
            took[way].append(time.perf_counter() - began_s)
            if table is None:
                continue
            first = table if first is None else first
            if not table.equals(first):
                raise SystemExit(f"{verb}: {way} gave another table than the first.")
    rows = []
    for (place, workers), seconds in took.items():
        middle = statistics.median(seconds)
        speed_ups = [one / this for one, this in zip(took[place, 1], seconds, strict=True)]
        rows.append(
            {
                "verb": verb,
                "place": place,
                "workers": workers,
                "seconds": round(middle, 2),
                "files_a_second": round(files / middle, 1),
                "speed_up": round(statistics.median(speed_ups), 2),
                "to_loop": round(statistics.median(took["loop", 1]) / middle, 2),
            }
        )
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out for reading."""
    lines = [
        f"{'verb':<9} {'done by':<11} {'workers':>7} {'s':>8} {'files a second':>15} "
        f"{'× one worker':>13} {'× a plain loop':>15}"
    ]
    lines += [
        f"{row['verb']:<9} {row['place']:<11} {row['workers']:>7} {row['seconds']:>8.2f} "
        f"{row['files_a_second']:>15.1f} {row['speed_up']:>13.2f} {row['to_loop']:>15.2f}"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Make a corpus, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--files", type=int, help="default 40; 2,000 with --full")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--full", action="store_true", help="2,000 files")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    files = options.files or (2000 if options.full else 40)
    with tempfile.TemporaryDirectory(prefix="voicelab-corpus-") as folder:
        pairs = write_corpus(Path(folder), files)
        load = os.getloadavg()[0]
        rows = measure(pairs, options.rounds)
    if options.json:
        print(json.dumps({"files": files, "rounds": options.rounds, "rows": rows}))
        return
    print(
        f"{files:,} files, {options.rounds} round(s) in turns; load average {load:.1f} before, "
        f"{os.getloadavg()[0]:.1f} after; all tables the same"
    )
    print(table(rows))


if __name__ == "__main__":
    main()
