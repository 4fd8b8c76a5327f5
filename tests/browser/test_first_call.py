"""A person opens the first notebook, chooses Run All, and sees a call."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.ui


async def test_run_all_shows_a_call(notebook):
    await notebook.open("00_first_call.ipynb")
    await notebook.run_all()
    await notebook.wait_idle()
    await notebook.screenshot("first-call")
    assert await notebook.errors() == []
    cells = await notebook.page.locator(".jp-Notebook .jp-CodeCell").count()
    assert sum([await notebook.pictures(number) for number in range(cells)]) >= 1
