from pathlib import Path

import pandas as pd
import pytest

from voicelab.errors import SettingError
from voicelab.lab.corpus.folder import References
from voicelab.lab.corpus.listing import pairs_listed, paths_listed


def given(listed) -> list[tuple]:
    items, total = listed
    items = list(items)
    assert total in (None, len(items))
    return [item.given for item in items]


def test_pairs_come_in_several_shapes():
    wanted = [("a.wav", "x.wav"), ("b.wav", "x.wav")]
    assert given(pairs_listed(wanted)) == wanted
    assert given(pairs_listed(dict(wanted))) == wanted
    assert given(pairs_listed([[Path(a), Path(b)] for a, b in wanted])) == wanted
    table = pd.DataFrame(wanted, columns=["recording", "reference"])
    assert given(pairs_listed(table)) == wanted
    assert given(pairs_listed(table[["recording", "reference"]].itertuples(index=False))) == wanted


def test_a_generator_is_asked_no_earlier_than_needed():
    asked = []

    def pairs():
        for number in range(3):
            asked.append(number)
            yield f"{number}.wav", "x.wav"

    items, total = pairs_listed(pairs())
    assert total is None
    assert asked == []
    next(items)
    assert asked == [0]


@pytest.mark.parametrize(
    "wrong", ["a.wav", Path("a.wav"), 7, None, ["a.wav"], [("a.wav",)], [("a", "b", "c")], [7]]
)
def test_what_is_no_pairs_is_refused_at_once(wrong):
    with pytest.raises(SettingError, match="Give pairs of files"):
        pairs_listed(wrong)


def test_a_table_needs_its_columns():
    with pytest.raises(SettingError, match="no column 'reference'"):
        pairs_listed(pd.DataFrame({"recording": ["a.wav"]}))
    with pytest.raises(SettingError, match="no column 'path'"):
        paths_listed(pd.DataFrame({"recording": ["a.wav"]}), None)


def test_a_folder_is_all_its_sound_files(tmp_path):
    for name in ("b.wav", "a.FLAC", "below/c.mp3", "notes.txt", ".hidden.wav", "b.journal.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    names = [Path(path).name for path, _ in given(paths_listed(tmp_path, None))]
    assert names == ["a.FLAC", "b.wav", "c.mp3"]
    assert given(paths_listed(str(tmp_path / "b.wav"), None)) == [(str(tmp_path / "b.wav"), None)]
    assert given(paths_listed(tmp_path / "missing", None)) == [(str(tmp_path / "missing"), None)]


def test_references_come_in_several_shapes():
    paths = ["a.wav", "b.wav"]
    for references in (["x.wav", None], {"a.wav": "x.wav"}, iter(["x.wav", float("nan")])):
        assert given(paths_listed(paths, references)) == [("a.wav", "x.wav"), ("b.wav", None)]
    assert given(paths_listed(paths, "x.wav")) == [("a.wav", "x.wav"), ("b.wav", "x.wav")]
    table = pd.DataFrame({"path": paths, "reference": ["x.wav", pd.NA]})
    assert given(paths_listed(table, None)) == [("a.wav", "x.wav"), ("b.wav", None)]


def test_references_must_be_enough():
    with pytest.raises(SettingError, match="2 files, but 1 references"):
        paths_listed(["a.wav", "b.wav"], ["x.wav"])
    with pytest.raises(SettingError, match="only 1 references"):
        list(paths_listed(iter(["a.wav", "b.wav"]), iter(["x.wav"]))[0])
    with pytest.raises(SettingError, match="as many as"):
        paths_listed(["a.wav"], 7)
    with pytest.raises(SettingError, match="or a folder, not int"):
        paths_listed(7, None)


def test_a_name_that_cannot_be_shown_is_shown_anyhow():
    ((shown, _),) = given(paths_listed(["caf\udce9.wav"], None))
    assert shown == "caf?.wav"


CALL = "call-2026-05-12T08-21-33-347Z"


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        ([f"{CALL}.wav", f"{CALL}.heard.wav", f"{CALL}.ear.wav"], [f"{CALL}.wav"]),
        ([f"{CALL}.heard.wav", f"{CALL}.ear.wav"], [f"{CALL}.heard.wav"]),
        ([f"{CALL}.ear.wav"], [f"{CALL}.ear.wav"]),
        (["mine.wav", "mine.heard.wav", "mine.journal.jsonl"], ["mine.wav"]),
        (["left.wav", "left.ear.wav"], ["left.ear.wav", "left.wav"]),
    ],
)
def test_a_call_in_a_folder_is_taken_once(tmp_path, there, taken):
    for name in there:
        (tmp_path / name).touch()
    assert [Path(path).name for path, _ in given(paths_listed(tmp_path, None))] == taken


def test_a_folder_of_references_has_a_file_called_like_each(tmp_path):
    for name in ("a.wav", "b.flac", "below/c.mp3", "d.flac", "d.wav"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    references = References(tmp_path)
    for name, found in (
        ("a.wav", "a.wav"),
        ("b.wav", "b.flac"),
        ("below/c.wav", "below/c.mp3"),
        ("c.wav", "c.wav"),
        ("d.ogg", "d.flac"),
    ):
        assert references.of(Path(name)) == tmp_path / found
