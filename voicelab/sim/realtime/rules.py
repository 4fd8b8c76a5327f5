"""What a value of a request may be: small rules, joined to bigger ones.

A rule takes a value and where it stands, and raises `Refused` in the words of OpenAI's server.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeAlias

from voicelab.protocol.realtime import codes
from voicelab.sim.realtime.refusal import Refused

Rule: TypeAlias = Callable[[Any, str], None]

INVALID_TYPE: Final = "invalid_type"
_NAMES: Final = {
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    str: "a string",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


def anything(value: Any, where: str) -> None:
    """Take it as it is."""


def text(value: Any, where: str) -> None:
    """Take a string."""
    _of_type(value, where, (str,), "a string")


def boolean(value: Any, where: str) -> None:
    """Take true or false."""
    _of_type(value, where, (bool,), "a boolean")


def an_object(value: Any, where: str) -> None:
    """Take an object, whatever it holds."""
    _of_type(value, where, (dict,), "an object")


def number(least: float, most: float) -> Rule:
    """Make a rule for a number in a range, both ends included."""

    def rule(value: Any, where: str) -> None:
        if isinstance(value, bool):
            _wrong_type(value, where, "a decimal")
        _of_type(value, where, (int, float), "a decimal")
        if not least <= value <= most:
            raise Refused(
                f"Invalid value for '{where}': expected {least:g} to {most:g}, but got {value:g}.",
                codes.INVALID_VALUE,
                where,
            )

    return rule


def one_of(*values: Any) -> Rule:
    """Make a rule for a few values."""

    def rule(value: Any, where: str) -> None:
        if not any(value == each and type(value) is type(each) for each in values):
            supported = ", ".join(_shown(each) for each in values)
            raise Refused(
                f"Invalid value: {_shown(value)}. Supported values are: {supported}.",
                codes.INVALID_VALUE,
                where,
            )

    return rule


def nullable(rule: Rule) -> Rule:
    """Allow null besides."""

    def checked(value: Any, where: str) -> None:
        if value is not None:
            rule(value, where)

    return checked


def each(rule: Rule) -> Rule:
    """Make a rule for an array."""

    def checked(value: Any, where: str) -> None:
        _of_type(value, where, (list,), "an array")
        for index, entry in enumerate(value):
            rule(entry, f"{where}[{index}]")

    return checked


def either(**by_type: Rule) -> Rule:
    """Choose the rule by the type of the value: ``text=``, ``number=``, ``object=``."""
    kinds: dict[str, tuple[type, ...]] = {"text": (str,), "number": (int, float), "object": (dict,)}

    def checked(value: Any, where: str) -> None:
        for kind, rule in by_type.items():
            if isinstance(value, kinds[kind]) and not isinstance(value, bool):
                rule(value, where)
                return
        names = " or ".join(_NAMES[kinds[kind][-1]] for kind in by_type)
        _wrong_type(value, where, names)

    return checked


def shape(fields: Mapping[str, Rule], required: Collection[str] = ()) -> Rule:
    """Make a rule for an object: these fields and no others."""

    def checked(value: Any, where: str) -> None:
        _of_type(value, where, (dict,), "an object")
        for name in required:
            if name not in value:
                missing(f"{where}.{name}")
        for name, entry in value.items():
            if name not in fields:
                raise Refused(
                    f"Unknown parameter: '{where}.{name}'.",
                    codes.UNKNOWN_PARAMETER,
                    f"{where}.{name}",
                )
            fields[name](entry, f"{where}.{name}")

    return checked


def tagged(**shapes: Rule) -> Rule:
    """Choose the shape of an object by its ``type``; an underscore in a name stands for itself."""

    def checked(value: Any, where: str) -> None:
        _of_type(value, where, (dict,), "an object")
        if "type" not in value:
            missing(f"{where}.type")
        one_of(*shapes)(value["type"], f"{where}.type")
        shapes[value["type"]](value, where)

    return checked


def missing(where: str) -> None:
    """Refuse for want of a parameter."""
    raise Refused(
        f"Missing required parameter: '{where}'.", codes.MISSING_REQUIRED_PARAMETER, where
    )


def _of_type(value: Any, where: str, types: tuple[type, ...], name: str) -> None:
    if not isinstance(value, types):
        _wrong_type(value, where, name)


def _wrong_type(value: Any, where: str, name: str) -> None:
    raise Refused(
        f"Invalid type for '{where}': expected {name}, "
        f"but got {_NAMES.get(type(value), type(value).__name__)} instead.",
        INVALID_TYPE,
        where,
    )


def _shown(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
