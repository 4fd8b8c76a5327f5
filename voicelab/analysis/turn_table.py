"""Turns as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields

import pandas as pd

from voicelab.analysis.turns import CallTurn


def turn_table(turns: Sequence[CallTurn]) -> pd.DataFrame:
    """One row a turn, one column an attribute of :class:`CallTurn`; what is unknown is NaN."""
    names = [each.name for each in fields(CallTurn)]
    table = pd.DataFrame([asdict(turn) for turn in turns], columns=names)
    table["tools"] = table["tools"].map("; ".join)
    numbers = [name for name in names if name.endswith(("_s", "_ms"))]
    table[numbers] = table[numbers].astype(float).round(3)
    return table
