"""What a diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis.words import MEANINGS, REMEDIES


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
    assumed : str
        What was taken for granted of samples or bytes that came without a rate; else nothing.
    """

    hypotheses: tuple[Hypothesis, ...]
    heard: Audio = field(repr=False)
    repaired: Audio = field(repr=False)
    assumed: str = ""

    @property
    def fault(self) -> str:
        """Name of the likeliest fault."""
        return self.hypotheses[0].fault

    @property
    def verdict(self) -> str:
        """The likeliest explanation, and what to do about it, in one sentence.

        Its evidence stands with the hypothesis.
        """
        best = self.hypotheses[0]
        if best.fault == "unknown":  # its evidence ends with what would settle it
            return f"{MEANINGS['unknown']}: {best.evidence}."
        why = f"{best.evidence}; " if best.fault == "none" else ""
        return f"{MEANINGS[best.fault]}: {why}{self.remedy}."

    @property
    def remedy(self) -> str:
        """What to do about the likeliest fault."""
        return REMEDIES[self.fault]

    def as_json(self) -> dict[str, Any]:
        """``verdict`` and ``hypotheses``, ready for JSON."""
        return {
            "verdict": self.verdict,
            "hypotheses": [hypothesis.as_json() for hypothesis in self.hypotheses],
        }

    def __str__(self) -> str:
        lines = [self.verdict]
        widest = max(len(hypothesis.fault) for hypothesis in self.hypotheses)
        lines += [
            f"  {h.confidence:4.0%}  {h.fault:{widest}}  {h.evidence}" for h in self.hypotheses
        ]
        return "\n".join([*lines, *([self.assumed] if self.assumed else [])])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{h.confidence:.0%}</td><td><code>{h.fault}</code></td>"
            f"<td style='text-align:left'>{escape(h.evidence)}</td></tr>"
            for h in self.hypotheses
        )
        return (
            f"<p><b>{escape(self.verdict)}</b></p><table>{rows}</table><p>{escape(self.assumed)}</p>"
            f"<p>as heard {self.heard._repr_html_()}</p>"
            f"<p>repaired {self.repaired._repr_html_()}</p>"
        )
