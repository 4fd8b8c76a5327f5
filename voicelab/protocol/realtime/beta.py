"""The dialect of before May 2026, which some servers still speak, mapped to GA's and back."""

from __future__ import annotations

from typing import Any


def to_ga(data: dict[str, Any]) -> dict[str, Any]:
    """Return a beta event in GA's names and shapes."""
    return data


def to_beta(data: dict[str, Any]) -> dict[str, Any]:
    """Return a GA event in beta's names and shapes."""
    return data
