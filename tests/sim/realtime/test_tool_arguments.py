"""Arguments made from a schema are arguments that the schema allows."""

from __future__ import annotations

import pytest

from voicelab.sim.realtime.tool_arguments import arguments_for

CASES = [
    (None, {}),
    ({}, {}),
    ({"type": "object", "properties": {}}, {}),
    ({"type": "string"}, {}),
    ({"properties": {"city": {"type": "string"}}}, {"city": "city"}),
    (
        {"properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["a"]},
        {"a": 1},
    ),
    ({"properties": {"size": {"enum": ["small", "large"]}}}, {"size": "small"}),
    ({"properties": {"size": {"const": "large"}}}, {"size": "large"}),
    ({"properties": {"n": {"type": "integer", "minimum": 5, "maximum": 9}}}, {"n": 5}),
    ({"properties": {"n": {"type": "number", "exclusiveMinimum": 5}}}, {"n": 6}),
    ({"properties": {"n": {"type": "number", "maximum": -2.5}}}, {"n": -2.5}),
    ({"properties": {"n": {"type": ["integer", "null"], "default": 3}}}, {"n": 3}),
    ({"properties": {"ok": {"type": "boolean"}, "no": {"type": "null"}}}, {"ok": True, "no": None}),
    ({"properties": {"l": {"type": "array", "items": {"type": "integer"}}}}, {"l": [1]}),
    (
        {"properties": {"l": {"type": "array", "items": {"type": "integer"}, "minItems": 2}}},
        {"l": [1, 1]},
    ),
    ({"properties": {"day": {"type": "string", "format": "date"}}}, {"day": "2026-01-02"}),
    ({"properties": {"id": {"type": "string", "minLength": 4}}}, {"id": "id.."}),
    ({"properties": {"code": {"type": "string", "maxLength": 2}}}, {"code": "co"}),
    (
        {"properties": {"s": {"$ref": "#/$defs/S"}}, "$defs": {"S": {"enum": ["x"]}}},
        {"s": "x"},
    ),
    ({"properties": {"s": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}}, {"s": 1}),
    ({"properties": {"o": {"type": "object", "properties": {"p": {}}}}}, {"o": {"p": "p"}}),
    ({"properties": {"o": {"$ref": "#/properties/o"}}}, {"o": None}),
    ({"properties": {"o": {"$ref": "#/nowhere"}}}, {"o": None}),
    ({"properties": 3, "required": "x"}, {}),
    ({"properties": {"a": 3, "b": []}}, {"a": None, "b": None}),
]


@pytest.mark.parametrize(("schema", "arguments"), CASES, ids=lambda each: str(each)[:50])
def test_arguments(schema, arguments):
    assert arguments_for(schema) == arguments
