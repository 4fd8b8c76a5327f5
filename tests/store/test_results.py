import json
import os

import pytest

from voicelab import __version__
from voicelab.errors import SettingError, StateError
from voicelab.store.results import ResultsFile, compact

FILES = [["/corpus/a.wav", 16044, 1_700_000_000_123_456_789], None]
ROW = compact({"path": "a.wav", "error": None, "confidence": 0.123})


@pytest.fixture
def opened(tmp_path):
    files = []

    def open_results(settings=None, verb="diagnose"):
        file = ResultsFile(tmp_path / "results.jsonl", verb, settings or {"format": None})
        files.append(file)
        file.read()
        return file

    yield open_results
    for file in files:
        file.close()


def test_a_row_is_found_again_byte_for_byte(opened):
    file = opened()
    assert file.done(FILES) is None
    file.add(FILES, ROW)
    assert file.done(FILES) == ROW
    file.close()
    file.close()
    assert opened().done(FILES) == ROW


def test_a_line_is_what_the_contract_says(opened):
    file = opened()
    file.add(FILES, ROW)
    (line,) = file.path.read_bytes().splitlines(keepends=True)
    assert line.startswith(b'{"corpus":1,')
    assert line.endswith(b"}\n")
    assert json.loads(line) == {
        "corpus": 1,
        "voicelab": __version__,
        "verb": "diagnose",
        "settings": {"format": None},
        "files": FILES,
        "done": True,
        "row": json.loads(ROW),
    }


def test_other_settings_and_verbs_are_other_rows(opened):
    file = opened()
    file.add(FILES, ROW)
    file.close()
    for settings, verb in (({"format": "mulaw/8000"}, "diagnose"), (None, "check")):
        other = opened(settings, verb)
        assert other.done(FILES) is None
        other.close()
    again = opened()
    for changed in ([FILES[0], FILES[0]], [["/corpus/a.wav", 16044, 1], None]):
        assert again.done(changed) is None


def test_what_is_not_done_is_no_answer(opened):
    file = opened()
    file.add(FILES, ROW, done=False)
    assert file.done(FILES) is None
    file.close()
    assert opened().done(FILES) is None


def test_the_last_row_of_a_file_counts(opened):
    file = opened()
    file.add(FILES, ROW)
    file.add(FILES, compact({"later": True}))
    file.close()
    assert opened().done(FILES) == compact({"later": True})


def test_a_torn_end_is_cut_off_wherever_it_was_torn(opened):
    file = opened()
    file.add(FILES, ROW)
    first = file.path.read_bytes()
    file.add([None, FILES[0]], ROW)
    file.close()
    whole = file.path.read_bytes()
    for end in range(len(whole)):
        file.path.write_bytes(whole[:end])
        again = opened()
        assert (again.done(FILES) == ROW) == (end >= len(first))
        again.close()
        assert file.path.read_bytes() == (first if end >= len(first) else b"")


def test_a_line_that_is_no_row_is_passed_over(opened):
    file = opened()
    file.add(FILES, ROW)
    file.close()
    with file.path.open("ab") as lines:
        lines.write(b'\xff\n{"corpus":1}\n[]\n{"corpus":1,"row":3}\n')
    before = file.path.read_bytes()
    assert opened().done(FILES) == ROW
    assert file.path.read_bytes() == before


@pytest.mark.parametrize("content", [b"RIFF....", b"{}\n", b'{"corpus":2,"row":{}}\n', b"\n", b"x"])
def test_a_file_of_another_kind_is_left_as_it_is(opened, tmp_path, content):
    path = tmp_path / "results.jsonl"
    path.write_bytes(content)
    with pytest.raises(SettingError, match="no file of results"):
        opened()
    assert path.read_bytes() == content


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(SettingError, match="is a directory"):
        ResultsFile(tmp_path, "check", {})


def test_one_run_writes_at_a_time(opened):
    file = opened()
    with pytest.raises(StateError, match="Another run"):
        opened()
    file.close()
    opened()


def test_names_that_are_no_unicode_come_back(opened):
    files = [[os.fsdecode(b"/caf\xe9.wav"), 1, 2], None]
    file = opened()
    file.add(files, ROW)
    file.close()
    assert opened().done(files) == ROW


def test_a_full_disk_is_an_error_and_tears_nothing(opened, monkeypatch):
    file = opened()
    file.add(FILES, ROW)
    before = file.path.read_bytes()
    write = os.write

    def half(fd, data):
        if len(data) < 20:
            raise OSError(28, "No space left on device")
        return write(fd, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space left"):
        file.add([None, None], ROW)
    monkeypatch.undo()
    assert file.path.read_bytes() == before
    assert file.done([None, None]) is None
