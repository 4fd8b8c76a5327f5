"""A secret that does not show itself."""

from __future__ import annotations


class Secret:
    """Holds a key or a token; only :meth:`reveal` gives it, no repr, str or pickle does."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself, for the one place that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("A Secret is not written anywhere.")
