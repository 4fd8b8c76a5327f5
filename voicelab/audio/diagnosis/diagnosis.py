"""What a diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

from voicelab.audio.clip import Audio


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One explanation of what is heard.

    Parameters
    ----------
    fault : str
        Its name, such as ``mulaw-as-alaw``; ``none`` and ``unknown`` are names too.
    confidence : float
        0 to 1.
    evidence : str
        What speaks for it, in a sentence.
    """

    fault: str
    confidence: float
    evidence: str

    def as_json(self) -> dict[str, Any]:
        """The same as a dict."""
        return {
            "fault": self.fault,
            "confidence": round(self.confidence, 3),
            "evidence": self.evidence,
        }


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What went wrong with some audio, and how it sounds once that is undone.

    Parameters
    ----------
    hypotheses : tuple of Hypothesis
        The likeliest first; never empty.
    heard : Audio
        What was given.
    repaired : Audio
        The same with the first fault undone; what cannot be undone is left as it is.
    """

    hypotheses: tuple[Hypothesis, ...]
    heard: Audio = field(repr=False)
    repaired: Audio = field(repr=False)

    @property
    def fault(self) -> str:
        """Name of the likeliest fault."""
        return self.hypotheses[0].fault

    @property
    def verdict(self) -> str:
        """The likeliest explanation in one sentence."""
        best = self.hypotheses[0]
        return f"{MEANINGS[best.fault]}: {best.evidence}."

    def as_json(self) -> dict[str, Any]:
        """``verdict`` and ``hypotheses``, ready for JSON."""
        return {
            "verdict": self.verdict,
            "hypotheses": [hypothesis.as_json() for hypothesis in self.hypotheses],
        }

    def __str__(self) -> str:
        lines = [self.verdict]
        lines += [f"  {h.confidence:4.0%}  {h.fault:18} {h.evidence}" for h in self.hypotheses]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{h.confidence:.0%}</td><td><code>{h.fault}</code></td>"
            f"<td style='text-align:left'>{escape(h.evidence)}</td></tr>"
            for h in self.hypotheses
        )
        return (
            f"<p><b>{escape(self.verdict)}</b></p><table>{rows}</table>"
            f"<p>as heard {self.heard._repr_html_()}</p>"
            f"<p>repaired {self.repaired._repr_html_()}</p>"
        )


MEANINGS = {
    "none": "Nothing is wrong",
    "unknown": "This cannot be told",
    "l16-byte-order": "The bytes of each 16-bit sample are swapped",
    "mulaw-as-alaw": "Mu-law was decoded as A-law",
    "alaw-as-mulaw": "A-law was decoded as mu-law",
    "linear-as-mulaw": "16-bit samples were decoded as mu-law",
    "mulaw-as-pcm8": "G.711 was taken for 8-bit samples",
    "mulaw-as-pcm16": "G.711 was taken for 16-bit samples",
    "rate-half": "It is played at half its true rate",
    "rate-double": "It is played at twice its true rate",
    "rate-triple": "It is played at three times its true rate",
    "rate-44100-48000": "44100 and 48000 Hz were confused",
    "double-encoded": "It was encoded twice",
    "bits-inverted": "The bits of each byte are inverted",
    "base64-twice": "It is still base64: encoded twice, decoded once",
    "wav-header": "WAV headers are played as sound",
    "stereo-as-mono": "Two interleaved channels are played as one",
    "odd-byte-slip": "A byte is missing, so that samples begin in their middle",
    "continuous-mulaw": "The continuous mu-law was used instead of G.711",
    "clipped": "It is clipped",
    "dc-offset": "The wave does not lie around zero",
    "silent": "There is only silence",
    "one-sided": "All samples lie on one side of zero",
    "packet-loss": "Frames are missing",
    "repeats": "Frames are repeated",
    "reordering": "Frames are in the wrong order",
    "chunk-clicks": "It was resampled chunk by chunk",
}
"""What each name of a fault means, in words."""
