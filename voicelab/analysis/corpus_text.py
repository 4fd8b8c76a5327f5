"""The rows of a corpus as a person reads them on a terminal: the few columns that count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Row = Mapping[str, Any]

_NOTHING: Final = "-"


def corpus_text(verb: str, rows: Sequence[Row]) -> str:
    """Lay rows out in columns, the sentence last.

    Parameters
    ----------
    verb : {"check", "diagnose"}
    rows : sequence of dict
        As :func:`~voicelab.analysis.corpus_table.corpus_table` takes them, decoded.
    """
    heads, cells = _TABLES[verb]
    lines = [heads, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads) - 1)]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = cells[:-1]
    columns = [f"{first:<{widths[0]}}"]
    columns += [f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True)]
    return "  ".join([*columns, cells[-1]]).rstrip()


def _checked(row: Row) -> tuple[str, ...]:
    if row["error"] is not None:
        return (row["recording"], *["error", *[_NOTHING] * 5], row["error"])
    return (
        row["recording"],
        "yes" if row["exact"] else "no",
        _number(row["delay_ms"], 2),
        _number(row["drift_ppm"], 1),
        f"{row['gaps']:,}",
        _number(row["segsnr_db"], 1),
        _number(row["stoi"], 3),
        _cut(row) + row["verdict"],
    )


def _diagnosed(row: Row) -> tuple[str, ...]:
    if row["error"] is not None:
        return (row["path"], "error", _NOTHING, row["error"])
    sure = f"{row['confidence']:.0%}"
    return (row["path"], row["fault"], sure, _cut(row) + row["evidence"])


_TABLES: Final[dict[str, tuple[tuple[str, ...], Callable[[Row], tuple[str, ...]]]]] = {
    "check": (
        ("recording", "exact", "delay ms", "drift ppm", "faults", "segSNR dB", "STOI", "verdict"),
        _checked,
    ),
    "diagnose": (("file", "fault", "sure", "evidence"), _diagnosed),
}


def _number(value: float | None, digits: int) -> str:
    return _NOTHING if value is None else f"{value + 0.0:,.{digits}f}"


def _cut(row: Row) -> str:
    missing_s = row.get("cut_short_s")
    return f"(cut short by {missing_s:,.2f} s) " if missing_s else ""
