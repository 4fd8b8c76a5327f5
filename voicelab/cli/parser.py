"""A parser that answers a misspelt option with the command's own usage and the nearest option."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Final

_NEAR: Final = 0.7
"""How much of both names is common, of 1."""


class Parser(argparse.ArgumentParser):
    """As argparse's, but what a command does not know is said by that command, not by its parent.

    Options are looked at first, so that a misspelt one is not told as a missing one.
    """

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse does, once all long options are known."""
        given = list(sys.argv[1:] if args is None else args)
        if self._subparsers is None:
            for argument in given:
                if argument == "--":
                    break
                self._check(argument)
        return super().parse_known_args(given, namespace)

    def _check(self, argument: str) -> None:
        name = argument.partition("=")[0]
        known = [each for each in self._option_string_actions if each.startswith("--")]
        if not name.startswith("--") or " " in name or any(o.startswith(name) for o in known):
            return
        near = get_close_matches(name.strip("-"), [each[2:] for each in known], 1, _NEAR)
        said = f"did you mean --{near[0]}?" if near else f"{self.prog} --help lists all."
        self.error(f"there is no option {name}: {said}")
