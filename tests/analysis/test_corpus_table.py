import numpy as np
import pytest

from voicelab import check
from voicelab.analysis.corpus_table import CHECK_COLUMNS, COLUMNS, corpus_table
from voicelab.audio.clip import Audio
from voicelab.store.results import compact


@pytest.mark.parametrize("verb", COLUMNS)
@pytest.mark.parametrize("rows", [[], [{"error": "bad"}], [{"error": "bad"}, {}]])
def test_types_do_not_depend_on_the_rows(verb, rows):
    table = corpus_table(verb, [compact(row) for row in rows])
    assert {name: str(kind) for name, kind in table.dtypes.items()} == COLUMNS[verb]
    assert len(table) == len(rows)


def test_what_is_missing_is_none_in_text_and_nan_in_figures():
    table = corpus_table("check", [compact({"error": None, "gaps": 3, "unknown": 1}), b"{}"])
    assert table["error"].tolist() == [None, None]
    assert table["gaps"].isna().tolist() == [False, True]
    assert table["seconds"].isna().all()
    assert "unknown" not in table
    assert list(table[table["exact"]].index) == []


def test_every_figure_of_a_report_has_a_column():
    sound = Audio(np.arange(-8000, 8000, dtype=np.int16), 8000)
    found = check(sound, sound).as_dict()
    own = {"recording", "reference", "error", "seconds", "gaps_ms"}
    assert set(found) == set(CHECK_COLUMNS) - own
