"""G.711 beside the ITU reference: who agrees with it, and how long each takes.

All 65,536 samples are encoded and all 256 codes decoded. voicelab is held to the SHA-256 of what
the ITU-T G.191 reference gives, and the others are then compared with voicelab, sample by sample,
also on a bundled prompt. Times are CPU of a program that has its samples in memory: a frame of 20
ms, and a block of a million samples. sox is a program of its own, whose start is measured apart.

Run ``python bench/g711.py``, or with ``--json`` for one JSON object.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from companders import ALL, LAWS, Compander, Unavailable

from voicelab.store.sound_file import read_sound

SWEEP = np.arange(-32768, 32768).astype(np.int16)
CODES = np.arange(256).astype(np.uint8)
FRAME, BLOCK = 160, 1_000_000
SIZES = {"frame": FRAME, "block": BLOCK}
FRAMES = 300
ROUNDS = 9

REFERENCE = {
    "mulaw": (
        "90c29de505fb68e766118303bd552a16005dcf810873698bee1d8f3b247ce28c",
        "3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827",
    ),
    "alaw": (
        "38488f6fd710f4686360edc4d38639f96c491595ef93f8eb8d62d5e07ca6ce7b",
        "e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174",
    ),
}
"""SHA-256 of the reference's codes of SWEEP, and of its samples of CODES in little-endian."""

WAYS = ("encode", "decode")
PROMPT = Path(__file__).parents[1] / "data" / "prompts" / "order.wav"

Int16 = npt.NDArray[np.int16]
Uint8 = npt.NDArray[np.uint8]


def found(law: str) -> tuple[dict[str, Compander], dict[str, str]]:
    """Those of a law that are here, by name, and why the others are not."""
    here, absent = {}, {}
    for name, get in ALL.items():
        try:
            here[name] = get(law)
        except Unavailable as reason:
            absent[name] = str(reason)
    return here, absent


def outputs(compander: Compander) -> tuple[Uint8, Int16]:
    """Its codes of all samples, and its samples of all codes."""
    codes = np.frombuffer(compander.encode(compander.given(SWEEP)), np.uint8)
    samples = np.frombuffer(compander.decode(compander.given(CODES)), np.int16)
    return codes, samples


def is_reference(law: str, codes: Uint8, samples: Int16) -> bool:
    """Whether these are what the ITU's program gives."""
    hashes = (hashlib.sha256(each.tobytes()).hexdigest() for each in (codes, samples.astype("<i2")))
    return tuple(hashes) == REFERENCE[law]


def agreement(codes: Uint8, samples: Int16, right: tuple[Uint8, Int16]) -> dict[str, int]:
    """Count where an implementation differs from the reference.

    Returns
    -------
    dict
        ``encode_differs`` of 65,536; ``negative`` and ``worse``: how many of these are negative
        samples, and how many come out farther from what went in; ``decode_differs`` of 256, and
        ``decode_off_by`` at most, in steps of 16 bits.
    """
    right_codes, levels = right
    differs = codes != right_codes
    error, least = (np.abs(levels[each].astype(int) - SWEEP) for each in (codes, right_codes))
    return {
        "encode_differs": int(differs.sum()),
        "negative": int((differs & (SWEEP < 0)).sum()),
        "worse": int((error > least).sum()),
        "decode_differs": int((samples != levels).sum()),
        "decode_off_by": int(np.abs(samples.astype(int) - levels).max()),
    }


def spoken_share(compander: Compander, reference: Compander) -> float:
    """How much of a spoken sentence it encodes to other codes than the reference."""
    samples = read_sound(PROMPT)[0].samples
    codes = np.frombuffer(compander.encode(compander.given(samples)), np.uint8)
    return float(np.mean(codes != reference.encode(samples)))


def cpu_s() -> float:
    """CPU time of this process and of those it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def seconds(call: Callable[[Any], Any], given: Any, times: int) -> float:
    """CPU time of a call, the mean of some."""
    start = cpu_s()
    for _ in range(times):
        call(given)
    return (cpu_s() - start) / times


def speed(here: dict[str, Compander]) -> dict[str, dict[str, float]]:
    """Time all of them in turns.

    Returns
    -------
    dict
        By name, the least of all rounds: ``encode_frame``, ``encode_block``, ``decode_frame``,
        ``decode_block`` in ns a sample. A program has ``start_ms`` instead of frames, and its
        blocks are without it.
    """
    rng = np.random.default_rng(1)
    samples = np.clip(rng.laplace(0, 2000, BLOCK), -32768, 32767).astype(np.int16)
    data = {"encode": samples, "decode": rng.integers(0, 256, BLOCK).astype(np.uint8)}
    taken: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in here}
    for _ in range(ROUNDS):
        for name, each in here.items():
            for way in WAYS:
                call = getattr(each, way)
                frame, block = each.given(data[way][:FRAME]), each.given(data[way])
                times = 1 if each.is_process else FRAMES
                taken[name][f"{way}_frame"].append(seconds(call, frame, times))
                taken[name][f"{way}_block"].append(seconds(call, block, 1))
    return {name: _per_sample(each, taken[name]) for name, each in here.items()}


def _per_sample(each: Compander, taken: dict[str, list[float]]) -> dict[str, float]:
    least = {name: min(times) for name, times in taken.items()}
    if not each.is_process:
        sizes = {f"{way}_{size}": n for way in WAYS for size, n in SIZES.items()}
        return {name: 1e9 * took / sizes[name] for name, took in least.items()}
    start = min(least["encode_frame"], least["decode_frame"])
    blocks = {f"{way}_block": 1e9 * (least[f"{way}_block"] - start) / BLOCK for way in WAYS}
    return blocks | {"start_ms": 1000 * start}


def measure(law: str) -> list[dict[str, Any]]:
    """Measure everybody at one law.

    Raises
    ------
    SystemExit
        Where voicelab is not what the ITU's program is.
    """
    here, absent = found(law)
    right = outputs(here["voicelab"])
    if not is_reference(law, *right):
        raise SystemExit(f"voicelab's {law} is not what the ITU-T G.191 reference gives")
    times = speed(here)
    rows: list[dict[str, Any]] = []
    for name, each in here.items():
        ours = times["voicelab"]
        ratios = {key: round(ns / ours[key], 1) for key, ns in times[name].items() if key in ours}
        row = {"law": law, "by": name, "version": each.version}
        row |= agreement(*outputs(each), right)
        row["speech_differs"] = round(spoken_share(each, here["voicelab"]), 4)
        row["ns_a_sample"] = {key: round(ns, 2) for key, ns in times[name].items()}
        row["start_ms"] = row["ns_a_sample"].pop("start_ms", None)
        rows.append(row | {"times_voicelab": ratios})
    return rows + [{"law": law, "by": name, "absent": why} for name, why in absent.items()]


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out for reading."""
    timed = [f"{way}_{size}" for way in WAYS for size in SIZES]
    lines = [
        f"{'':33}{'of 65,536 samples':>24}{'of speech':>11}{'of 256 codes':>15}"
        "   ns a sample, and times voicelab",
        f"{'law':6}{'by':27}{'differ':>8}{'negative':>9}{'worse':>7}{'differ':>11}"
        f"{'differ':>8}{'off by':>7}   "
        + "".join(f"{name.replace('_', ', '):<17}" for name in timed).rstrip(),
    ]
    for row in rows:
        head = f"{row['law']:6}{' '.join((row['by'], row.get('version', ''))):27}"
        if "absent" in row:
            lines.append(f"{head}absent: {row['absent']}")
            continue
        line = f"{head}{row['encode_differs']:>8}{row['negative']:>9}{row['worse']:>7}"
        line += f"{row['speech_differs']:>11.1%}{row['decode_differs']:>8}{row['decode_off_by']:>7}"
        line += "   " + "".join(f"{_time(row, name):<17}" for name in timed)
        lines.append(line.rstrip())
    return "\n".join(lines)


def _time(row: dict[str, Any], name: str) -> str:
    ns = row["ns_a_sample"].get(name)
    if ns is None:
        return f"{row['start_ms']:.1f} ms a start"
    return f"{ns:6.2f} ×{row['times_voicelab'][name]}"


def main() -> None:
    """Measure both laws and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    rows = [row for law in LAWS for row in measure(law)]
    if as_json:
        print(json.dumps({**SIZES, "rounds": ROUNDS, "rows": rows}))
    else:
        print(f"differences from ITU-T G.191; a frame is {FRAME} samples, a block {BLOCK:,};")
        print(f"CPU time, the quickest of {ROUNDS} rounds in turns")
        print(table(rows))


if __name__ == "__main__":
    main()
