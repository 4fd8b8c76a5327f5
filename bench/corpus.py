"""How much sooner a corpus is done by two workers than by one, here and on a Dask cluster.

A corpus of small files (3 to 6 s, 8 kHz) is made on the fly: the bundled prompts one after the
other, and every fault of ``voicelab/audio/diagnosis/faults.py`` done to them. It is done by one
and by two processes of ``check_corpus`` and ``diagnose_corpus``, and by a Dask cluster of two
workers and of one. All tables must be the same, byte for byte. What the machine itself can give is
measured beside them: plain loops over the first 200 files in one process, and in two at once.

Processes are started anew in every run, and that counts; the loops and the cluster are started and
warmed before. Nothing else runs meanwhile: the cluster is there only while it is measured.

Run ``python bench/corpus.py`` for 16 files that are checked, in 20 s; ``--full`` checks 2,000 files
and diagnoses 600 of them, in a quarter of an hour; ``--full --verb diagnose`` diagnoses all 2,000.
``--json`` prints one JSON object.
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
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

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

LOOPS, LOOPED = "plain loops", 200
DIAGNOSED = 600
"""Of a full corpus, so that it takes no longer than a quarter of an hour."""

Pairs = list[tuple[Path, Path]]


class Way(NamedTuple):
    """What is done, by what, by how many of them."""

    verb: str
    place: str
    workers: int


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


def loop(verb: str, pairs: Pairs) -> None:
    """What a person writes without it: one file after the other."""
    for recording, reference in pairs:
        try:
            if verb == "check":
                voicelab.check(recording, reference)
            else:
                voicelab.diagnose(recording)
        except voicelab.VoicelabError:
            continue


class Times:
    """What every way took, in each round, and whether all tables are the same."""

    def __init__(self) -> None:
        self.took: dict[Way, list[tuple[int, float]]] = {}
        self._first: dict[str, pd.DataFrame] = {}

    def add(self, way: Way, files: int, run: Callable[[], pd.DataFrame | None]) -> None:
        """Run it and keep its time."""
        began_s = time.perf_counter()
        table = run()
        self.took.setdefault(way, []).append((files, time.perf_counter() - began_s))
        if table is not None and not table.equals(self._first.setdefault(way.verb, table)):
            raise SystemExit(f"{way}: another table than the first.")

    def rows(self) -> list[dict[str, Any]]:
        """Medians, and ratios to one worker of the same kind and to one plain loop."""
        rate = {
            way: [files / seconds for files, seconds in rounds] for way, rounds in self.took.items()
        }
        rows = []
        for way in sorted(self.took):
            one = rate[way._replace(workers=1)]
            plain = statistics.median(rate[Way(way.verb, LOOPS, 1)])
            speed_ups = [this / that for this, that in zip(rate[way], one, strict=True)]
            rows.append(
                {
                    **way._asdict(),
                    "files": self.took[way][0][0],
                    "seconds": round(statistics.median(s for _, s in self.took[way]), 2),
                    "files_a_second": round(statistics.median(rate[way]), 1),
                    "speed_up": round(statistics.median(speed_ups), 2),
                    "to_loop": round(statistics.median(rate[way]) / plain, 2),
                }
            )
        return rows


def measure(corpora: dict[str, Pairs], rounds: int) -> list[dict[str, Any]]:
    """Measure every way, one after the other, the pools in turns."""
    times = Times()
    for number in range(rounds):
        measure_loops(times, corpora)
        for verb, pairs in corpora.items():
            for workers in (1, 2) if number % 2 else (2, 1):
                times.add(
                    Way(verb, "processes", workers),
                    len(pairs),
                    partial(asyncio.run, corpus(verb, pairs, workers=workers)),
                )
        measure_dask(times, corpora)
    return times.rows()


def measure_loops(times: Times, corpora: dict[str, Pairs]) -> None:
    """Plain loops in one process and in two at once: what this machine can give."""
    for verb, pairs in corpora.items():
        some = pairs[:LOOPED]
        for workers in (1, 2):
            with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
                shares = [some[share::workers] for share in range(workers)]
                run = partial(side_by_side, pool, verb, shares)
                side_by_side(pool, verb, [share[:4] for share in shares])
                times.add(Way(verb, LOOPS, workers), len(some), run)


def side_by_side(pool: ProcessPoolExecutor, verb: str, shares: list[Pairs]) -> None:
    """Each share in a process of its own, at the same time."""
    for done in [pool.submit(loop, verb, share) for share in shares]:
        done.result()


def measure_dask(times: Times, corpora: dict[str, Pairs]) -> None:
    """A cluster of two workers, then the same with one of them gone."""
    import dask
    import distributed

    with ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.nanny.pre-spawn-environ": ENVIRONMENT}))
        cluster = stack.enter_context(
            distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
        )
        client = stack.enter_context(distributed.Client(cluster))
        for workers in (2, 1):
            cluster.scale(workers)
            while len(client.nthreads()) != workers:
                time.sleep(0.05)
            for verb, pairs in corpora.items():
                asyncio.run(corpus(verb, pairs[:8], client=client))
                times.add(
                    Way(verb, "dask", workers),
                    len(pairs),
                    partial(asyncio.run, corpus(verb, pairs, client=client)),
                )


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out for reading."""
    lines = [
        f"{'verb':<9} {'done by':<11} {'workers':>7} {'files':>6} {'s':>8} {'files a second':>15} "
        f"{'× one worker':>13} {'× a plain loop':>15}"
    ]
    lines += [
        f"{row['verb']:<9} {row['place']:<11} {row['workers']:>7} {row['files']:>6,} "
        f"{row['seconds']:>8.2f} "
        f"{row['files_a_second']:>15.1f} {row['speed_up']:>13.2f} {row['to_loop']:>15.2f}"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Make a corpus, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--files", type=int, help="default 16; 2,000 with --full")
    parser.add_argument("--verb", choices=VERBS, help="default: check; with --full both")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--full", action="store_true", help="2,000 files")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    files = options.files or (2000 if options.full else 16)
    with tempfile.TemporaryDirectory(prefix="voicelab-corpus-") as folder:
        pairs = write_corpus(Path(folder), files)
        corpora = {options.verb or "check": pairs}
        if options.full and options.verb is None:
            corpora["diagnose"] = pairs[:DIAGNOSED]
        load = os.getloadavg()[0]
        rows = measure(corpora, options.rounds)
    if options.json:
        print(json.dumps({"files": files, "rounds": options.rounds, "load": load, "rows": rows}))
        return
    print(
        f"{files:,} files, {options.rounds} round(s); load average {load:.1f} before, "
        f"{os.getloadavg()[0]:.1f} after; all tables the same"
    )
    print(table(rows))


if __name__ == "__main__":
    main()
