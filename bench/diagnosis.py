"""How often each fault is named: voices x faults x severities x noises.

``python bench/diagnosis.py``; ``--against`` gives the reference too, ``--faults a,b`` and
``--voices N`` look at less, ``--misses`` lists what was not named, ``--write`` tries all of it
blind and with the reference and writes docs/diagnosis.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from speakers import NOISES, VOICES, noisy, speakers

from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis import diagnose
from voicelab.audio.diagnosis.faults import FAULTS, break_audio

SNRS_DB = (None, 20, 8)
LENIENT_BELOW_DB = 15
RATES = ("rate-half", "rate-double", "rate-triple", "rate-44100-48000")
HARD = ("clipped", "packet-loss", "reordering", "chunk-clicks")
PAGE = Path(__file__).parents[1] / "docs" / "diagnosis.md"
TURNS = "turns"
MARK = "<!-- what follows is written by bench/diagnosis.py --write -->"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was done, and what was named."""

    fault: str
    voice: str
    noise: str
    severity: int
    snr_db: int | None
    named: str
    evidence: str

    @property
    def grade(self) -> str:
        """``right``, ``unknown`` where nobody could know, or ``wrong``."""
        if self.named == self.fault:
            return "right"
        buried = self.snr_db is not None and self.snr_db < LENIENT_BELOW_DB
        lenient = self.fault in RATES or (self.fault in HARD and buried)
        return "unknown" if self.named == "unknown" and lenient else "wrong"


def answers(task: tuple[str, int, str, bool, Path | None]) -> list[Answer]:
    """Try one fault with one noise on all voices."""
    fault, count, kind, against, speech = task
    rate_hz = 16_000 if fault == "rate-half" else 8000
    found = []
    for number, (voice, samples) in enumerate(speakers(count, rate_hz, speech)):
        for snr_db in SNRS_DB:
            for severity in (0, 1, 2):
                turn = NOISES[(number + severity) % len(NOISES)] if kind == TURNS else kind
                rng = np.random.default_rng([number, severity, NOISES.index(turn)])
                good = noisy(samples, snr_db, turn, rate_hz, rng)
                heard = Audio(*break_audio(fault, good, rate_hz, severity, seed=number))
                reference = Audio(samples, rate_hz) if against else None
                best = diagnose(heard, reference).hypotheses[0]
                found.append(
                    Answer(fault, voice, turn, severity, snr_db, best.fault, best.evidence)
                )
    return found


def table(found: list[Answer]) -> Iterator[str]:
    """How many are right, fault by fault and noise by noise."""
    yield "| fault | no noise | 20 dB | 8 dB | `unknown`, as it may | wrong |"
    yield "|---|---|---|---|---|---|"
    for fault in _faults(found):
        rows = [answer for answer in found if answer.fault == fault]
        cells = []
        for snr_db in SNRS_DB:
            right = [row.grade == "right" for row in rows if row.snr_db == snr_db]
            cells.append(f"{sum(right)} of {len(right)}")
        others = Counter(row.named for row in rows if row.grade == "wrong")
        wrong = ", ".join(f"`{name}` {count}" for name, count in others.most_common())
        unknown = sum(row.grade == "unknown" for row in rows)
        yield f"| `{fault}` | {' | '.join(cells)} | {unknown or ''} | {wrong} |"


def confusion(found: list[Answer]) -> Iterator[str]:
    """What was done, row by row, and what was named, column by column."""
    names = [*FAULTS, "unknown"]
    counts = Counter((answer.fault, answer.named) for answer in found)
    yield f"| | done | {' | '.join(str(n) for n in range(1, len(names) + 1))} |"
    yield f"|---|---|{'---|' * len(names)}"
    for number, fault in enumerate(names, 1):
        cells = " | ".join(str(counts[fault, name] or "") for name in names)
        yield f"| {number} | `{fault}` | {cells} |"


def summary(found: list[Answer]) -> Iterator[str]:
    """The three shares that are asked for."""
    buried = {None: False, 20: False, 8: True}
    groups = {
        "to be named": [
            a for a in found if a.fault not in RATES and not (a.fault in HARD and buried[a.snr_db])
        ],
        "rates": [a for a in found if a.fault in RATES],
        f"{', '.join(HARD)} at 8 dB": [a for a in found if a.fault in HARD and buried[a.snr_db]],
    }
    for name, rows in groups.items():
        if rows:
            grades = Counter(row.grade for row in rows)
            shares = ", ".join(
                f"{grade} {grades[grade] / len(rows):.1%}"
                for grade in ("right", "unknown", "wrong")
            )
            yield f"- {name}: {shares} of {len(rows)}"


def _faults(found: list[Answer]) -> list[str]:
    return [fault for fault in FAULTS if any(answer.fault == fault for answer in found)]


def tried(options: argparse.Namespace, against: bool) -> list[Answer]:
    """All answers."""
    tasks = [
        (fault, options.voices, kind, against, options.speech)
        for fault in options.faults.split(",")
        for kind in options.noises.split(",")
    ]
    found = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for task, part in zip(tasks, pool.map(answers, tasks), strict=True):
            print(f"\r{task[0]:20} {task[2]:8}", end="", file=sys.stderr)
            found += part
    print(file=sys.stderr)
    return found


def write(blind: list[Answer], known: list[Answer]) -> None:
    """Put the tables under the text of the page."""
    head = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    parts = [
        MARK,
        "",
        f"Blind {_size(blind)}, with the reference {_size(known)}.",
        "",
        "## Blind",
        "",
        *summary(blind),
        "",
        *table(blind),
        "",
        "### What was named for what",
        "",
        *confusion(blind),
        "",
        "## With the reference",
        "",
        *summary(known),
        "",
        *table(known),
        "",
        "### What was named for what, with the reference",
        "",
        *confusion(known),
    ]
    PAGE.write_text(head + "\n".join(parts) + "\n", encoding="utf-8")


def _size(found: list[Answer]) -> str:
    return f"{len(found):,} recordings of {len({answer.voice for answer in found})} voices"


def main() -> None:
    """Try, print, perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--faults", default=",".join(FAULTS))
    parser.add_argument("--voices", type=int, default=len(VOICES))
    parser.add_argument("--noises", default=TURNS, help=f"{TURNS}, or of {','.join(NOISES)}")
    parser.add_argument("--speech", type=Path, help="a folder of recordings of people")
    parser.add_argument("--against", action="store_true", help="with the reference")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--write", action="store_true", help="write docs/diagnosis.md")
    options = parser.parse_args()
    if options.write:
        blind, known = tried(options, against=False), tried(options, against=True)
        write(blind, known)
        return
    found = tried(options, options.against)
    print("\n".join([*table(found), "", *summary(found)]))
    if options.misses:
        for answer in found:
            if answer.grade == "wrong":
                print(answer)


if __name__ == "__main__":
    main()
