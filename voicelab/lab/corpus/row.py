"""The work on one file of a corpus: an order in, a row out. Whatever is wrong is in the row."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any, Final

from voicelab import __version__
from voicelab.audio.compare.wording import length
from voicelab.errors import FormatError, StateError, VoicelabError
from voicelab.store.results import compact
from voicelab.store.sound_file import opened

LISTED_GAPS: Final = 1000
"""So many gaps stand in a row; all are counted."""

LOST: Final = (
    "The worker process that had it in hand died, and the next one too: perhaps there is too "
    "little memory for it, or its decoder crashes. Try it alone."
)
"""The error of a file that no worker survives."""

HUNG: Final = (
    "The worker process that had it in hand was not done in {} and was ended, and so was the next "
    "one: perhaps its decoder hangs, or what it lies on does not answer. Copy it to another place, "
    "or convert it to a WAV, and try it alone."
)
"""The error of a file with which no worker comes to an end."""

AGAIN: Final = b'"again":true'
"""In a row whose error may pass: no memory, no permission, too many open files."""

Order = dict[str, Any]
"""``given`` and ``paths`` of an item, ``verb``, and the settings."""


def answers(orders: list[Order], version: str) -> list[bytes]:
    """All rows of a batch: what a worker of a cluster runs.

    Raises
    ------
    StateError
        Where this is another version of voicelab than the one that asks, or only one of them has
        the package pesq.
    """
    if version != __version__:
        raise StateError(
            f"A worker has voicelab {__version__}, and this is {version}: rows would differ. "
            "Install the same version on all."
        )
    if any(order.get("pesq", scores_pesq()) != scores_pesq() for order in orders):
        raise StateError(
            "The package pesq is installed here or on a worker, but not on both: rows would "
            "differ. Install it on all, or on none."
        )
    return [answer(order) for order in orders]


def answer(order: Order) -> bytes:
    """The row of one order, as JSON."""
    begun = _begun(order)
    try:
        return compact(_plain(begun | _VERBS[order["verb"]](order)))
    except FormatError as error:  # it lies in the file, and stays while that does
        return compact(begun | {"error": str(error)})
    except (VoicelabError, OSError) as error:
        why = str(error)
    except Exception as error:  # a corpus goes on whatever a file does to us
        why = f"{type(error).__name__}: {error}"
    return compact(begun | {"error": why, "again": True})


def lost(order: Order, after_s: float | None) -> bytes:
    """The row of an order that no worker survives, or that is not done after so many seconds."""
    error = LOST if after_s is None else HUNG.format(length(after_s))
    return compact(_begun(order) | {"error": error})


def renamed(row: bytes, order: Order) -> bytes:
    """A row of the same files, with the names by which they are asked for now."""
    begun = _begun(order)
    got = json.loads(row)
    return compact({**got, **{name: begun[name] for name in begun if name != "error"}})


def scores_pesq() -> bool:
    """Whether the package pesq is installed here."""
    from voicelab.audio.compare.quality import has_pesq

    return has_pesq()


def _begun(order: Order) -> dict[str, Any]:
    name = "recording" if order["verb"] == "check" else "path"
    recording, reference = order["given"]
    return {name: recording, "reference": reference, "error": None}


def _check(order: Order) -> dict[str, Any]:
    from voicelab.lab.check import check

    recording, reference = _both(order, needed=True)
    report = check(
        recording, reference, order["format"], full=order["full"], channel=order["channel"]
    )
    found = report.as_dict()
    gaps = found["gaps"]
    return {
        "seconds": round(report.recording.duration_s, 6),
        **found,
        "gaps": len(gaps),
        "gaps_ms": round(sum(gap["length_ms"] for gap in gaps), 3),
        "gap_list": gaps[:LISTED_GAPS],
    }


def _diagnose(order: Order) -> dict[str, Any]:
    from voicelab.lab.diagnose import diagnose
    from voicelab.lab.sound import holds_a_header

    given, *reference = _both(order, needed=False)
    found = diagnose(
        given,
        reference[0] if reference else None,
        order["hint"],
        None if holds_a_header(given) else order["format"],
        channel=order["channel"],
    )
    listed = [hypothesis.as_json() for hypothesis in found.hypotheses]
    second = listed[1] if len(listed) > 1 else {}
    return {
        "seconds": round(found.heard.duration_s, 6),
        "assumed": found.assumed or None,
        "cut_short_s": round(found.heard.cut_short_s, 6),
        **listed[0],
        "second": second.get("fault"),
        "second_confidence": second.get("confidence"),
        "verdict": found.verdict,
        "hypotheses": listed,
    }


_VERBS: Final[dict[str, Callable[[Order], dict[str, Any]]]] = {
    "check": _check,
    "diagnose": _diagnose,
}


def _both(order: Order, needed: bool) -> list[Path]:
    """The files of an order: the recording, and the reference where there is one."""
    paths = []
    for given, path in zip(order["given"], order["paths"], strict=True):
        if path is not None:
            opened(Path(path)).close()
            paths.append(Path(path))
        elif given is not None:
            raise FormatError(f"{given} is no path of a file.")
    if needed and len(paths) < 2:
        raise FormatError("There is no reference to check it against.")
    return paths


def _plain(value: Any) -> Any:
    """What JSON can hold: None for what is infinite or no number."""
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
