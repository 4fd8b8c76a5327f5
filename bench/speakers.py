"""Speech and noise to try the clinic on: espeak-ng in many voices, recordings, five noises."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import lfilter, resample_poly

from voicelab.audio.samples import Int16Array

PROMPTS = Path(__file__).parents[1] / "data" / "prompts"
PEAK = 16_000
LOUDEST = 32_000
NOISES = ("white", "pink", "babble", "hum", "crackle")

SENTENCES = {
    "en": "Good morning, I would like to order two pizzas and a bottle of water, please. "
    "My address is forty two Station Road, and I am at home until half past seven.",
    "de": "Guten Morgen, ich möchte bitte zwei Karten für den Zug nach Hamburg bestellen. "
    "Fährt er auch am Sonntag, und wann komme ich dort an?",
    "fr": "Bonjour, je voudrais prendre rendez-vous avec le docteur pour jeudi matin. "
    "Est-ce que neuf heures serait possible, ou bien plus tard dans la journée?",
    "es": "Buenos días, llamo porque mi paquete no ha llegado todavía. "
    "El número de pedido es cuatro siete dos nueve, ¿puede usted mirar dónde está?",
    "it": "Buongiorno, vorrei sapere se la mia macchina è pronta. "
    "L'ho portata lunedì scorso e mi avevate detto che ci volevano tre giorni.",
    "pt": "Bom dia, queria mudar a data da minha viagem para a próxima semana. "
    "Quanto custa, e posso escolher outro lugar no avião?",
    "nl": "Goedemorgen, ik bel over de rekening die ik gisteren heb gekregen. "
    "Volgens mij klopt het bedrag niet, kunt u dat voor mij nakijken?",
    "sv": "God morgon, jag skulle vilja boka ett bord för fyra personer i kväll. "
    "Vi kommer klockan sju, och en av oss äter inte fisk.",
    "pl": "Dzień dobry, chciałbym zamówić taksówkę na lotnisko jutro rano. "
    "Samolot odlatuje o ósmej, więc najlepiej około szóstej.",
    "ru": "Доброе утро, я хотел бы узнать, когда откроется ваш магазин. "
    "Мне нужно забрать заказ, который я сделал на прошлой неделе.",
    "tr": "Günaydın, dün aldığım telefon çalışmıyor ve onu değiştirmek istiyorum. "
    "Faturam yanımda, ne zaman gelebilirim?",
    "hi": "नमस्ते, मुझे कल सुबह के लिए एक टैक्सी चाहिए। कृपया बताइए कि स्टेशन तक कितना किराया लगेगा।",
    "cmn": "早上好，我想订一张明天去上海的火车票。请问几点出发，票价是多少？",
    "fi": "Hyvää huomenta, haluaisin varata ajan hammaslääkärille ensi viikolle. "
    "Sopisiko tiistai aamupäivällä, vai onko teillä vain iltaaikoja?",
}
VOICES = (
    ("en-us", 170), ("en-gb+f3", 160), ("de+m3", 175), ("fr-fr+f2", 165), ("it+m7", 180),
    ("es+f4", 170), ("ru+m2", 160), ("sv+f1", 150), ("nl+m5", 185), ("pl+f5", 170),
    ("pt-br+m1", 175), ("tr+m4", 165), ("hi+f2", 160), ("cmn+m6", 170), ("fi+f3", 180),
    ("en-gb-scotland+m8", 155), ("en-us+klatt2", 170), ("de+klatt4", 165), ("en-us+Andrea", 170),
    ("es-419+Mario", 165), ("en-gb-x-rp+steph", 160), ("fr-be+Hugo", 170), ("en-us+whisper", 160),
    ("it+linda", 165),
)  # fmt: skip
"""Names of espeak-ng, and words a minute."""


def speakers(
    count: int, rate_hz: int, speech: Path | None = None
) -> Iterator[tuple[str, Int16Array]]:
    """So many voices of a rate, as names and samples, and every recording of a folder.

    A recording below that rate is left out.
    """
    for name, words in VOICES[:count]:
        yield name, scaled(*spoken(name, words), rate_hz)
    for path in sorted(speech.glob("*.wav")) if speech else ():
        samples, from_hz = soundfile.read(path, dtype="int16")
        if from_hz >= rate_hz:
            yield path.stem, scaled(samples, from_hz, rate_hz)


def scaled(samples: Int16Array, from_hz: int, to_hz: int, peak: int = PEAK) -> Int16Array:
    """Convert, and bring to a common peak."""
    common = int(np.gcd(from_hz, to_hz))
    wide = resample_poly(samples.astype(np.float64), to_hz // common, from_hz // common)
    return np.rint(wide * (peak / np.abs(wide).max())).astype(np.int16)


def noisy(
    samples: Int16Array, snr_db: float | None, kind: str, rate_hz: int, rng: np.random.Generator
) -> Int16Array:
    """Add a noise of :data:`NOISES`, so far below the level of speech.

    Where the sum would not fit in 16 bits, all of it is quieter: a good recording is not clipped.
    """
    if snr_db is None:
        return samples
    wide = samples.astype(np.float64)
    active = np.abs(wide) > 0.05 * np.abs(wide).max()
    level = np.sqrt(np.mean(wide[active] ** 2)) * 10 ** (-snr_db / 20)
    noise = _noise(kind, wide.size, rate_hz, rng)
    noise = noise - noise.mean()
    together = wide + noise * (level / np.sqrt(np.mean(noise**2)))
    together *= min(1.0, LOUDEST / np.abs(together).max())
    return np.rint(together).astype(np.int16)


def _noise(kind: str, size: int, rate_hz: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    white = rng.standard_normal(size)
    if kind == "white":
        return white
    if kind == "pink":
        pink = lfilter([0.05, -0.096, 0.051, -0.0044], [1, -2.495, 2.017, -0.522], white)
        return np.asarray(lfilter([1, -1], [1, -0.99], pink))  # no microphone hears below 10 Hz
    if kind == "hum":
        t = np.arange(size) / rate_hz
        first = rng.choice((50, 60))
        hum = sum(
            np.sin(2 * np.pi * first * n * t + rng.uniform(0, 6)) / n for n in (1, 2, 3, 5, 7)
        )
        return np.asarray(hum + 0.1 * white)
    if kind == "crackle":
        # no louder than a voice: where only crackles are cut off, speech is not clipped
        clicks = np.clip(white, -1.5, 1.5) * (rng.random(size) < 80 / rate_hz) * 15
        return np.asarray(lfilter([1], [1, -0.6], clicks) + 0.3 * white)
    voices = [scaled(*spoken(*voice), rate_hz).astype(np.float64) for voice in VOICES[2:8]]
    return np.asarray(sum(np.resize(np.roll(v, int(rng.integers(v.size))), size) for v in voices))


@cache
def spoken(name: str, words: int) -> tuple[Int16Array, int]:
    """A voice's sentences at so many words a minute, and their rate."""
    if shutil.which("espeak-ng") is None:
        raise SystemExit("These voices are spoken by espeak-ng: install it (Debian: espeak-ng).")
    language = name.split("-")[0].split("+")[0]
    command = ["espeak-ng", "-v", name, "-s", str(words), "--stdout", SENTENCES[language]]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout
    return soundfile.read(io.BytesIO(spoken), dtype="int16")
