"""Every error code has its line in docs/realtime.md, where what becomes of it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from voicelab.protocol.realtime import codes

PAGE = (Path(__file__).parents[3] / "docs" / "realtime.md").read_text("utf-8")
CODES = sorted(
    value for name, value in vars(codes).items() if name.isupper() and isinstance(value, str)
)


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_on_the_page(code):
    told = f"item_…_{code.removeprefix('item_truncate_')}" if "item_truncate_" in code else code
    assert f"`{told}`" in PAGE


def test_there_are_codes():
    assert len(CODES) == len(set(CODES)) == 17
