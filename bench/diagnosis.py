"""How often `diagnose` names a fault: voices x faults x severities x noises.

Every fault of ``voicelab/audio/diagnosis/faults.py`` is done to every voice, mild, plain and
severe, without noise and with noise 20 and 8 dB below the speech, added before the fault.

Run ``python bench/diagnosis.py``; ``--against`` gives the reference too, ``--faults a,b`` and
``--voices N`` look at less, ``--misses`` lists what was not named, ``--write`` writes the table to
docs/diagnosis.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from speakers import NOISES, VOICES, noisy, speakers

from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.faults import FAULTS, break_audio

SNRS_DB = (None, 20, 8)
PAGE = Path(__file__).parents[1] / "docs" / "diagnosis.md"

Answer = tuple[str, str, str, int, int | None, str, str]
"""Fault, voice, noise, severity, SNR, what was named first, and why."""


def answers(task: tuple[str, int, str, bool, Path | None]) -> list[Answer]:
    """Try one fault with one noise on all voices."""
    fault, count, kind, against, speech = task
    rate_hz = 16_000 if fault == "rate-half" else 8000
    found = []
    for number, (voice, samples) in enumerate(speakers(count, rate_hz, speech)):
        for snr_db in SNRS_DB:
            for severity in (0, 1, 2):
                rng = np.random.default_rng([number, severity, NOISES.index(kind)])
                good = noisy(samples, snr_db, kind, rate_hz, rng)
                heard = Audio(*break_audio(fault, good, rate_hz, severity, seed=number))
                reference = Audio(samples, rate_hz) if against else None
                best = diagnose(heard, reference).hypotheses[0]
                found.append((fault, voice, kind, severity, snr_db, best.fault, best.evidence))
    return found


def table(found: list[Answer]) -> Iterator[str]:
    """The rows of the page."""
    by_fault: dict[str, list[Answer]] = defaultdict(list)
    for answer in found:
        by_fault[answer[0]].append(answer)
    yield "| fault | no noise | 20 dB | 8 dB | named instead |"
    yield "|---|---|---|---|---|"
    for fault, rows in by_fault.items():
        cells = []
        for snr_db in SNRS_DB:
            named = [row[5] == fault for row in rows if row[4] == snr_db]
            cells.append(f"{sum(named)} of {len(named)}")
        others = Counter(row[5] for row in rows if row[5] != fault)
        instead = ", ".join(f"`{name}` {count}" for name, count in others.most_common())
        yield f"| `{fault}` | {' | '.join(cells)} | {instead} |"


def main() -> None:
    """Try, print, perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--faults", default=",".join(FAULTS))
    parser.add_argument("--voices", type=int, default=len(VOICES))
    parser.add_argument("--noises", default="white", help=f"of {','.join(NOISES)}")
    parser.add_argument("--speech", type=Path, help="a folder of recordings of people")
    parser.add_argument("--against", action="store_true", help="with the reference")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    tasks = [
        (fault, options.voices, kind, options.against, options.speech)
        for fault in options.faults.split(",")
        for kind in options.noises.split(",")
    ]
    found = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for task, part in zip(tasks, pool.map(answers, tasks), strict=True):
            print(f"\r{task[0]:20} {task[2]:8}", end="", file=sys.stderr)
            found += part
    print(file=sys.stderr)
    print("\n".join(table(found)))
    if options.misses:
        for fault, voice, kind, severity, snr_db, named, why in found:
            if named != fault:
                print(f"{fault} {severity} {voice} {kind} {snr_db}: {named}: {why}")


if __name__ == "__main__":
    main()
