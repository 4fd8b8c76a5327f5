import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import voicelab
from voicelab import check_corpus, diagnose_corpus
from voicelab.errors import FormatError, SettingError, StateError
from voicelab.lab.corpus import row
from voicelab.store import results as results_file

pytestmark = pytest.mark.slow


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "kept" / "corpus.jsonl"


def lines(path: Path) -> list[dict]:
    text = path.read_text("ascii")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


async def test_what_is_done_is_not_done_again(pairs, kept):
    first = await check_corpus(pairs, results=kept, workers=2)
    assert len(lines(kept)) == len(pairs)
    seen = []
    second = await check_corpus(pairs, results=kept, progress=lambda *told: seen.append(told))
    assert len(lines(kept)) == len(pairs)
    assert seen[-1] == (len(pairs), len(pairs))
    assert first.equals(second)
    assert first.equals(await check_corpus(pairs, workers=1))


async def test_other_settings_files_and_versions_are_other_rows(pairs, kept, monkeypatch):
    some = pairs[:2]
    await check_corpus(some, results=kept, workers=1)
    await check_corpus(some, "mulaw/8000", results=kept, workers=1)
    assert len(lines(kept)) == 4
    await check_corpus(some, "audio/x-mulaw", results=kept, workers=1)
    assert len(lines(kept)) == 4
    await diagnose_corpus([path for path, _ in some], results=kept, workers=1)
    assert len(lines(kept)) == 6
    await check_corpus(some, full=True, results=kept, workers=1)
    assert len(lines(kept)) == 8
    recording = some[0][0]
    was = recording.stat()
    os.utime(recording, ns=(was.st_atime_ns, was.st_mtime_ns + 1))
    await check_corpus(some, results=kept, workers=1)
    assert len(lines(kept)) == 9
    monkeypatch.setattr(results_file, "__version__", "0.0.0")
    await check_corpus(some, results=kept, workers=1)
    assert len(lines(kept)) == 11


async def test_a_changed_reference_counts_too(pairs, kept, write):
    await check_corpus(pairs[:2], results=kept, workers=1)
    write(pairs[0][1].name)
    await check_corpus(pairs[:2], results=kept, workers=1)
    assert len(lines(kept)) == 4


async def test_what_may_get_better_is_tried_again(decoder, write, kept):
    good, deadly = write("good.wav"), write("deadly.wav")
    missing = good.with_name("missing.wav")
    listed = [(good, good), (deadly, good), (missing, good)]
    await check_corpus(listed, results=kept, workers=1)
    assert sorted(line["done"] for line in lines(kept)) == [False, False, True]
    write(missing.name)
    table = await check_corpus(listed, results=kept, workers=1)
    assert [bool(error) for error in table["error"]] == [False, True, False]
    assert len(lines(kept)) == 5


async def test_an_error_of_the_machine_is_tried_again_and_one_of_the_file_is_not(write, kept):
    good = write("good.wav")
    text = good.with_name("text.wav")
    text.write_text("no sound")
    locked = write("locked.wav")
    locked.chmod(0)
    listed = [good, text, locked]
    table = await diagnose_corpus(listed, results=kept, workers=1)
    may_read = os.access(locked, os.R_OK)  # root may
    assert [bool(error) for error in table["error"]] == [False, True, not may_read]
    assert [line["done"] for line in lines(kept)].count(True) == 2 + may_read
    locked.chmod(0o600)
    table = await diagnose_corpus(listed, results=kept, workers=1)
    assert [bool(error) for error in table["error"]] == [False, True, False]


def test_only_what_lies_in_the_file_is_done(monkeypatch):
    order = {"given": ("a.wav", None), "paths": ("a.wav", None), "verb": "diagnose"}
    for error, again in ((FormatError("no audio"), False), (MemoryError("320 GiB"), True)):

        def fails(_, error=error):
            raise error

        monkeypatch.setitem(row._VERBS, "diagnose", fails)
        assert (row.AGAIN in row.answer(order)) is again


async def test_what_is_no_path_is_not_taken_for_another(write, kept):
    good = write("good.wav")
    first = await diagnose_corpus([good], [7], results=kept, workers=1)
    second = await diagnose_corpus([good, 5, 7], results=kept, workers=1)
    assert "7 is no path" in first["error"].iloc[0]
    assert second["error"].isna().tolist() == [True, False, False]
    assert second["path"].tolist() == [str(good), "5", "7"]
    assert second["reference"].isna().all()


async def test_a_row_has_the_name_that_is_asked_for_now(write, kept, monkeypatch):
    good = write("good.wav")
    monkeypatch.chdir(good.parent)
    await diagnose_corpus(["good.wav"], results=kept, workers=1)
    again = await diagnose_corpus([good], results=kept, workers=1)
    assert len(lines(kept)) == 1
    assert again["path"].tolist() == [str(good)]


async def test_a_line_that_is_nested_too_deep_is_passed_over(pairs, kept):
    first = await check_corpus(pairs[:2], results=kept, workers=1)
    with kept.open("a") as file:
        file.write("[" * 200_000 + "\n")
    assert first.equals(await check_corpus(pairs[:2], results=kept, workers=1))


@pytest.mark.parametrize("torn", [1, 20, 400])
async def test_a_torn_last_line_is_mended(pairs, kept, torn):
    first = await check_corpus(pairs[:3], results=kept, workers=1)
    whole = kept.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    kept.write_bytes(whole[: len(whole) - last + torn])
    assert first.equals(await check_corpus(pairs[:3], results=kept, workers=1))
    assert kept.read_bytes() == whole


SCRIPT = """
import os, signal, sys
import voicelab

def told(done, total):
    if done == 4:
        os.kill(os.getpid(), signal.SIGKILL)

pairs = [(path, sys.argv[2]) for path in sys.argv[3:]]
voicelab.run(voicelab.check_corpus(pairs, workers=2, results=sys.argv[1], progress=told))
"""


def test_a_killed_process_loses_only_what_was_in_hand(pairs, kept, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    paths = [path for path, _ in pairs]
    command = [sys.executable, script, kept, pairs[0][1], *paths]
    environment = os.environ | {"PYTHONPATH": str(Path(voicelab.__file__).parents[1])}
    assert subprocess.run(command, env=environment, check=False).returncode == -9
    assert len(lines(kept)) == 4
    table = voicelab.run(check_corpus(pairs, results=kept))
    assert len(lines(kept)) == len(pairs)
    assert table.equals(voicelab.run(check_corpus(pairs, workers=1)))


async def test_a_file_of_another_kind_is_left_as_it_is(pairs, tmp_path):
    for name, content in (("notes.txt", b"not ours"), ("notes.jsonl", b'{"corpus": "mine"}\n')):
        other = tmp_path / name
        other.write_bytes(content)
        with pytest.raises(SettingError, match="no file of results"):
            await check_corpus(pairs, results=other)
        assert other.read_bytes() == content
    with pytest.raises(SettingError, match="is a directory"):
        await check_corpus(pairs, results=tmp_path)


async def test_two_runs_do_not_write_one_file(pairs, kept):
    file = results_file.ResultsFile(kept, "check", {})
    try:
        with pytest.raises(StateError, match="Another run"):
            await check_corpus(pairs, results=kept)
    finally:
        file.close()
