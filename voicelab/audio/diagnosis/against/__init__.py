"""Diagnosis with a reference: lay the recording on it, then look at what it does not tell."""

from __future__ import annotations

from voicelab.audio.diagnosis.against.reference import Reference
from voicelab.audio.diagnosis.against.weighing import find_against

__all__ = ["Reference", "find_against"]
