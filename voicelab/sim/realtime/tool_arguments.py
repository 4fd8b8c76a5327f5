"""Arguments for a tool that nobody thought about: made from its JSON schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_MAX_DEPTH: Final = 8
_BY_FORMAT: Final = {
    "date": "2026-01-02",
    "time": "12:00:00",
    "date-time": "2026-01-02T12:00:00Z",
    "email": "somebody@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def arguments_for(schema: Any) -> dict[str, Any]:
    """Make arguments that a schema allows: the required ones, or all where none is required.

    Parameters
    ----------
    schema : mapping or None
        The ``parameters`` of a tool.

    Examples
    --------
    >>> arguments_for({"properties": {"size": {"enum": ["small", "large"]}}})
    {'size': 'small'}
    """
    value = _value(schema, schema, "", 0) if isinstance(schema, Mapping) else {}
    return value if isinstance(value, dict) else {}


def _value(schema: Any, root: Mapping[str, Any], name: str, depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return None
    for given in ("const", "default"):
        if given in schema:
            return schema[given]
    for given in ("enum", "examples"):
        if isinstance(schema.get(given), list) and schema[given]:
            return schema[given][0]
    if isinstance(reference := schema.get("$ref"), str):
        return _value(_found(root, reference), root, name, depth + 1)
    for choice in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(choice), list) and schema[choice]:
            return _value(schema[choice][0], root, name, depth + 1)
    return _of_type(schema, root, name, depth)


def _of_type(schema: Mapping[str, Any], root: Mapping[str, Any], name: str, depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = kind[0] if kind else "string"
    match kind:
        case "object":
            return _object(schema, root, depth)
        case "array":
            least = schema.get("minItems", 1)
            count = min(max(least, 1), 100) if isinstance(least, int) else 1
            return [_value(schema.get("items", {}), root, name, depth + 1) for _ in range(count)]
        case "integer":
            return int(_number(schema))
        case "number":
            return _number(schema)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _text(schema, name)


def _object(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    fields = schema.get("properties")
    if not isinstance(fields, Mapping):
        return {}
    required = schema.get("required")
    names = [each for each in required if each in fields] if isinstance(required, list) else []
    return {name: _value(fields[name], root, name, depth + 1) for name in names or list(fields)}


def _number(schema: Mapping[str, Any]) -> float:
    if isinstance(least := schema.get("minimum"), int | float):
        return least
    if isinstance(below := schema.get("exclusiveMinimum"), int | float):
        return below + 1
    if isinstance(most := schema.get("maximum"), int | float):
        return min(1, most)
    return 1


def _text(schema: Mapping[str, Any], name: str) -> str:
    text = _BY_FORMAT.get(str(schema.get("format")), name or "text")
    least, most = schema.get("minLength"), schema.get("maxLength")
    if isinstance(least, int):
        text = text.ljust(min(least, 1000), ".")
    return text[:most] if isinstance(most, int) else text


def _found(root: Mapping[str, Any], reference: str) -> Any:
    """Follow a reference within the schema, such as ``#/$defs/Size``."""
    found: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        found = (
            found.get(step.replace("~1", "/").replace("~0", "~"))
            if (isinstance(found, Mapping))
            else None
        )
    return found
