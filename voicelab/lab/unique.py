"""One open lab of a name: running a cell again replaces what it opened before."""

from __future__ import annotations

import logging
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from voicelab.lab.host import Host

from voicelab.errors import StateError

log = logging.getLogger("voicelab.lab")

_HOLDER = "voicelab_open_labs"


class Closable(Protocol):
    """What can be replaced; ``replaced`` says whether it was."""

    replaced: bool

    @property
    def host(self) -> Host | None:
        """Where it runs, once that is known."""

    async def close(self) -> Any:
        """Leave nothing behind."""


def _open() -> dict[str, Closable]:
    """What is open, kept where a reload of this module does not lose it."""
    holder = sys.modules.setdefault(_HOLDER, ModuleType(_HOLDER))
    things: dict[str, Closable] = holder.__dict__.setdefault("things", {})
    return things


async def replace(name: str, thing: Closable) -> str | None:
    """Close what is open under a name, put a new thing there, and say what was closed."""
    replaced = None
    while (before := _open().get(name)) is not None:
        replaced = repr(before)
        before.replaced = True
        try:
            await before.close()
        except StateError as error:
            log.warning("%r stays as it is: %s", before, error)
        except Exception:
            log.exception("%r could not be closed.", before)
        if _open().get(name) is before:
            del _open()[name]
    _open()[name] = thing
    return replaced


def forget(thing: Closable) -> None:
    """A thing was closed."""
    for name, known in list(_open().items()):
        if known is thing:
            del _open()[name]


def open_hosts() -> list[Host]:
    """Where the open labs run."""
    return [thing.host for thing in _open().values() if thing.host is not None]
