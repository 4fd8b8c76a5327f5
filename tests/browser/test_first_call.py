"""A person opens the first notebook, chooses Run All, and sees a call."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.ui

ENDED, LISTEN, EXACT = 2, 3, 5
"""The numbers of the code cells that show the ended call, play it, and compare it."""


async def test_run_all_shows_a_call(notebook):
    await notebook.open("00_first_call.ipynb")
    await notebook.run_all()
    await notebook.wait_idle()
    await notebook.cell(ENDED).scroll_into_view_if_needed()
    await notebook.screenshot("first-call")

    assert await notebook.errors() == []
    assert await notebook.pictures(ENDED) >= 1
    assert await notebook.outputs(LISTEN).locator("audio").count() == 1
    assert "equal: True" in await notebook.outputs_text(EXACT)

    assert await notebook.kernel_eval("len(recorded) == len(sent) > 0")
    assert await notebook.kernel_eval("lab.is_open") is False
