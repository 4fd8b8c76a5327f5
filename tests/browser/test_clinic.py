"""A person opens the clinic's notebook, chooses Run All, and sees ten patients diagnosed."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.ui

FIRST_FIVE, SCORE, CURED = 2, 5, 6
"""The numbers of the code cells that show patients, count who was right, and show repairs."""


async def test_run_all_shows_ten_patients_and_names_their_faults(notebook):
    await notebook.open("21_what_went_wrong.ipynb")
    await notebook.run_all()
    await notebook.wait_idle()
    await notebook.cell(FIRST_FIVE).scroll_into_view_if_needed()
    await notebook.screenshot("clinic-patients")

    assert await notebook.errors() == []
    assert await notebook.pictures(FIRST_FIVE) == 5
    assert await notebook.outputs(FIRST_FIVE).locator("audio").count() == 5
    assert await notebook.outputs(CURED).locator("audio").count() >= 5

    await notebook.cell(SCORE).scroll_into_view_if_needed()
    await notebook.screenshot("clinic-score")
    score = await notebook.outputs_text(SCORE)
    assert "you: 0 of ten" in score
    assert await notebook.kernel_eval("[each.fault for each in found] == list(truth)")
