"""One open lab of a name: running a cell again replaces what it opened before."""

from __future__ import annotations

import logging
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from voicelab.lab.host import Host

log = logging.getLogger("voicelab.lab")

_HOLDER = "voicelab_open_labs"


class Closable(Protocol):
    """What can be replaced."""

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


async def replace(name: str, thing: Closable) -> None:
    """Close what is open under a name and put a new thing there."""
    before = _open().pop(name, None)
    if before is not None:
        log.info("%r is replaced by a new one of the same name.", before)
        try:
            await before.close()
        except Exception:
            log.exception("%r could not be closed.", before)
    _open()[name] = thing


def forget(thing: Closable) -> None:
    """A thing was closed."""
    for name, known in list(_open().items()):
        if known is thing:
            del _open()[name]


def open_hosts() -> list[Host]:
    """Where the open labs run."""
    return [thing.host for thing in _open().values() if thing.host is not None]
