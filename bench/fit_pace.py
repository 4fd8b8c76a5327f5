"""Fit the judgement of pace: which measures of speech tell how fast it is played.

    python bench/fit_pace.py --measure 3500 --seed 1 measured-1.npz --speech FOLDER …
    python bench/fit_pace.py --fit measured-1.npz measured-2.npz

The first breaks so many random utterances and measures them; the second prints how often a voice
that was left out is judged wrongly, and writes voicelab/audio/diagnosis/pace_table.py. The table
that stands there is of 14,000 utterances: 1150 of espeak-ng, 160 of Festival and Flite, and 470 of
people, from the telephone prompts in five languages and the children's game that Debian packages
as asterisk-core-sounds-*, asterisk-prompt-* and ktuberling-data.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
from pace_corpus import RATES, Sound, at, no_speech, recorded, said, spoken
from scipy.optimize import minimize

from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.speech import measure_speech

TABLE = Path(__file__).parents[1] / "voicelab" / "audio" / "diagnosis" / "pace_table.py"
SPEEDS = (0.5, 1, 2, 3)
NO_SPEECH = 4
UNITS = 32
FOLDS = 4
_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.intp]


def measure(count: int, seed: int, folders: list[Path], music: list[Path], out: Path) -> None:
    """Measure random utterances; a tenth of them is no speech."""
    rng = np.random.default_rng(seed)
    people = [path for folder in folders for path in sorted(folder.rglob("*.wav"))]
    tunes = [at(*recorded(path), 8000) for path in music]
    others = _voices(rng)
    rows, kinds, names = [], [], []
    for number in range(count):
        if rng.random() < 0.1:
            kind, rate_hz = NO_SPEECH, int(rng.choice((8000, 16_000, 24_000, 48_000)))
            name, heard = f"no speech {seed} {number}", no_speech(rate_hz, rng, tunes)
        else:
            kind = int(rng.choice((0, 1, 1, 2, 3)))
            pairs = RATES[SPEEDS[kind]]
            true_hz, rate_hz = pairs[rng.integers(len(pairs))]
            if people and rng.random() < 0.5:
                path = people[rng.integers(len(people))]
                name, samples, from_hz = path.stem.split("_")[0], *recorded(path)
            else:
                name, samples, from_hz = spoken(int(rng.integers(1 << 31)))
            heard = said(samples, from_hz, true_hz, rng, others)
        speech = measure_speech(Heard(heard, rate_hz))
        if speech is not None:
            rows.append(speech.measures)
            kinds.append(kind)
            names.append(name)
    np.savez_compressed(out, measures=np.array(rows), kinds=kinds, names=names)


def _voices(rng: np.random.Generator) -> Iterator[Sound]:
    """Voices for a babble: the same few, again and again."""
    few = [spoken(int(rng.integers(1 << 31))) for _ in range(20)]
    yield from itertools.cycle([at(samples, rate_hz, 8000) for _, samples, rate_hz in few])


def scaled(measures: _Floats, middle: _Floats, spread: _Floats) -> _Floats:
    """As the judgement sees them; what could not be measured says nothing."""
    return np.nan_to_num(np.clip((measures - middle) / spread, -4, 4))


def fit(rows: _Floats, kinds: _Ints, seed: int = 0) -> tuple[_Floats, _Floats]:
    """Two layers, tanh and softmax; weights are kept small, answers a little unsure."""
    rng = np.random.default_rng(seed)
    count, width = rows.shape
    outputs = NO_SPEECH + 1
    wide = np.c_[rows, np.ones(count)]
    wanted = np.eye(outputs)[kinds] * 0.98 + 0.02 / outputs
    shapes = ((width + 1, UNITS), (UNITS + 1, outputs))
    cut = (width + 1) * UNITS

    def loss(values: _Floats) -> tuple[float, _Floats]:
        first, second = values[:cut].reshape(shapes[0]), values[cut:].reshape(shapes[1])
        inner = np.tanh(wide @ first)
        scores = inner @ second[:-1] + second[-1]
        scores -= scores.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(scores).sum(axis=1))
        off = (np.exp(scores - log_sum[:, None]) - wanted) / count
        kept = 5e-4 * float((first[:-1] ** 2).sum() + (second[:-1] ** 2).sum())
        to_second = np.r_[inner.T @ off, off.sum(axis=0)[None]]
        to_first = wide.T @ (off @ second[:-1].T * (1 - inner**2))
        to_second[:-1] += 1e-3 * second[:-1]
        to_first[:-1] += 1e-3 * first[:-1]
        mean = float((log_sum - (scores * wanted).sum(axis=1)).mean())
        return mean + kept, np.r_[to_first.ravel(), to_second.ravel()]

    start = np.r_[
        rng.standard_normal(cut) * 0.5 / np.sqrt(width),
        rng.standard_normal((UNITS + 1) * outputs) * 0.3,
    ]
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return best[:cut].reshape(shapes[0]), best[cut:].reshape(shapes[1])


def odds(rows: _Floats, first: _Floats, second: _Floats) -> _Floats:
    """Probabilities, shape (n, 5)."""
    scores = np.tanh(rows @ first[:-1] + first[-1]) @ second[:-1] + second[-1]
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(likely / likely.sum(axis=1, keepdims=True))


def left_out(rows: _Floats, kinds: _Ints, names: npt.NDArray[np.str_]) -> _Floats:
    """Judge each voice by what was fitted to the others."""
    fold = np.array([int(hashlib.md5(str(n).encode()).hexdigest(), 16) % FOLDS for n in names])
    judged = np.zeros((len(rows), NO_SPEECH + 1))
    for part in range(FOLDS):
        judged[fold == part] = odds(
            rows[fold == part], *fit(rows[fold != part], kinds[fold != part])
        )
    return judged


def written(name: str, values: _Floats, decimals: int) -> str:
    """Rows of whole numbers."""
    numbers = [f"{value:.0f}" for value in np.rint(values.ravel() * 10**decimals)]
    lines, line = [], ""
    for number in numbers:
        if len(line) + len(number) + 1 > 98:
            lines.append(line)
            line = ""
        line = f"{line} {number}".strip()
    text = "\n".join([*lines, line])
    return (
        f'{name}: Final = table(\n    """\n{text}\n""",\n    {values.shape},\n    {decimals},\n)\n'
    )


HEAD = '''"""Weights of the judgement of pace, as bench/fit_pace.py has fitted them."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt


def table(text: str, shape: tuple[int, ...], decimals: int) -> npt.NDArray[np.float64]:
    """Read whole numbers; `decimals` of each stand behind the point."""
    values: npt.NDArray[np.float64] = np.array(text.split(), np.float64) / 10**decimals
    return values.reshape(shape)


'''


def main() -> None:
    """Measure, or fit and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--measure", type=int, help="so many utterances")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speech", type=Path, nargs="*", default=[], help="folders of recordings")
    parser.add_argument("--music", type=Path, nargs="*", default=[], help="files of music")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.seed, options.speech, options.music, options.files[0])
    if not options.fit:
        return
    parts = [np.load(path) for path in options.files]
    measures, kinds, names = (
        np.concatenate([part[key] for part in parts]) for key in ("measures", "kinds", "names")
    )
    middle = np.round(np.nanmean(measures, axis=0), 2)
    spread = np.round(np.nanstd(measures, axis=0) + 0.01, 2)
    rows = scaled(measures, middle, spread)
    judged = left_out(rows, kinds, names)
    fine = judged[:, 1] + judged[:, NO_SPEECH]
    good = (kinds == 1) | (kinds == NO_SPEECH)
    for limit in (0.5, 0.3, 0.2, 0.1, 0.05, 0.02):
        print(f"good at {limit}: {(fine[good] < limit).mean():.3%} doubted, "
              f"{(fine[~good] >= limit).mean():.3%} of the faults missed")  # fmt: skip
    first, second = fit(rows, kinds)
    tables = (
        written("MIDDLE", middle, 2),
        written("SPREAD", spread, 2),
        written("FIRST", first, 2),
        written("SECOND", second, 2),
    )
    TABLE.write_text(HEAD + "\n".join(tables))


if __name__ == "__main__":
    main()
