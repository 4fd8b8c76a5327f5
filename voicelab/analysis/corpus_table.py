"""The rows of a corpus as a table, whose columns and types are the same however the rows are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import pandas as pd

_TEXT, _FLOAT, _INT, _BOOL = "object", "float64", "Int64", "boolean"

CHECK_COLUMNS: Final = {
    "recording": _TEXT,
    "reference": _TEXT,
    "error": _TEXT,
    "seconds": _FLOAT,
    "cut_short_s": _FLOAT,
    "verdict": _TEXT,
    "exact": _BOOL,
    "format": _TEXT,
    "equal_share": _FLOAT,
    "one_step_off_share": _FLOAT,
    "first_difference": _INT,
    "delay_ms": _FLOAT,
    "drift_ppm": _FLOAT,
    "inverted": _BOOL,
    "gaps": _INT,
    "gaps_ms": _FLOAT,
    "gain_db": _FLOAT,
    "active_dbfs": _FLOAT,
    "peak_dbfs": _FLOAT,
    "noise_dbfs": _FLOAT,
    "offset": _FLOAT,
    "clipped_runs": _INT,
    "clipped_samples": _INT,
    "snr_db": _FLOAT,
    "segsnr_db": _FLOAT,
    "codec_snr_db": _FLOAT,
    "codec_segsnr_db": _FLOAT,
    "spectral_distance_db": _FLOAT,
    "filtered": _BOOL,
    "low_hz": _FLOAT,
    "high_hz": _FLOAT,
    "echo_ms": _FLOAT,
    "echo_db": _FLOAT,
    "bandwidth_hz": _FLOAT,
    "stoi": _FLOAT,
    "pesq": _FLOAT,
    "windows_scored": _INT,
    "windows": _INT,
    "reference_cut_short_s": _FLOAT,
}
"""Of a corpus that was checked, in this order, with the type of each in pandas' words."""

DIAGNOSE_COLUMNS: Final = {
    "path": _TEXT,
    "reference": _TEXT,
    "error": _TEXT,
    "seconds": _FLOAT,
    "cut_short_s": _FLOAT,
    "fault": _TEXT,
    "confidence": _FLOAT,
    "evidence": _TEXT,
    "second": _TEXT,
    "second_confidence": _FLOAT,
    "verdict": _TEXT,
}
"""Of a corpus that was diagnosed."""

COLUMNS: Final = {"check": CHECK_COLUMNS, "diagnose": DIAGNOSE_COLUMNS}


def corpus_table(verb: str, rows: Sequence[bytes]) -> pd.DataFrame:
    """One row a file, in the order given.

    Parameters
    ----------
    verb : {"check", "diagnose"}
    rows : sequence of bytes
        JSON objects. What they lack is None in a column of text, else NaN or NA; what is no column
        is left out.
    """
    columns = COLUMNS[verb]
    values: dict[str, list[object]] = {name: [] for name in columns}
    for text in rows:
        row = json.loads(text)
        for name, column in values.items():
            column.append(row.get(name))
    return pd.DataFrame(
        {name: pd.Series(values[name], dtype=kind) for name, kind in columns.items()}
    )
