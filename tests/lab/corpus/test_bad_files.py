"""Whatever a file is, it is a row."""

import os

import numpy as np
import pytest
import soundfile

from voicelab import check_corpus, diagnose_corpus
from voicelab.lab.corpus import process_pool

pytestmark = pytest.mark.slow


@pytest.fixture
def bad(tmp_path, write):
    """Paths that are no good recording, and what is said of each by check and by diagnose."""
    empty, no_samples, text = (tmp_path / name for name in ("empty.wav", "none.wav", "text.wav"))
    empty.touch()
    soundfile.write(no_samples, np.zeros(0, np.int16), 8000)
    text.write_text("Dear caller, this is a letter.")
    nan = tmp_path / "nan.wav"
    soundfile.write(nan, np.full(8000, np.nan), 8000, subtype="FLOAT")
    cut = tmp_path / "cut.wav"
    cut.write_bytes(write("whole.wav").read_bytes()[:30])
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    closed = tmp_path / "closed.wav"
    closed.symlink_to(closed)
    broken_name = os.fsdecode(bytes(tmp_path) + b"/caf\xe9.wav")
    return {
        empty: ("no audio that can be read", "no audio in it"),
        no_samples: ("", "no audio in it"),
        text: ("no audio that can be read", "This is text"),
        nan: ("no numbers", "no numbers"),
        cut: ("no audio that can be read", "If only its header is broken"),
        pipe: ("pipe or a device",) * 2,
        tmp_path: ("is a directory",) * 2,
        tmp_path / "missing.wav": ("There is no file",) * 2,
        tmp_path / ("n" * 300): ("There is no file|too long",) * 2,
        "with\0nul": ("",) * 2,
        broken_name: ("There is no file",) * 2,
        closed: ("",) * 2,
        7: ("7 is no path",) * 2,
        None: ("None is no path",) * 2,
    }


async def test_each_is_a_row_with_a_sentence(bad, write):
    good = write("good.wav")
    listed = [*bad, good]
    checked = await check_corpus([(path, good) for path in listed], workers=2)
    diagnosed = await diagnose_corpus(listed, workers=2)
    for column, table in enumerate((checked, diagnosed)):
        assert len(table) == len(listed)
        assert table["error"].iloc[-1] is None
        for said, error in zip(bad.values(), table["error"], strict=False):
            assert error
            assert any(part in error for part in said[column].split("|")), error
            assert "Traceback" not in error
    assert checked.drop(columns=["recording", "reference", "error"]).iloc[:-1].isna().all(axis=None)
    assert str(checked)


async def test_a_reference_may_be_bad_too(bad, write):
    good = write("good.wav")
    checked = await check_corpus([(good, path) for path in bad], workers=2)
    assert checked["error"].map(bool).all()
    assert checked["error"].iloc[-1] == "There is no reference to check it against."


async def test_a_deadly_file_costs_its_own_row_alone(decoder, write):
    good = [write(f"{number}.wav") for number in range(5)]
    deadly = write("deadly.wav")
    listed = [*good[:2], deadly, *good[2:]]
    table = await check_corpus([(path, good[0]) for path in listed], workers=2)
    errors = table["error"].tolist()
    assert [bool(error) for error in errors] == [path is deadly for path in listed], errors
    assert "died" in table["error"].iloc[2]
    without = await check_corpus([(path, good[0]) for path in good], workers=1)
    assert table.drop(index=2).reset_index(drop=True).equals(without)


async def test_a_decoder_that_hangs_is_ended_and_costs_its_own_row_alone(
    decoder, write, monkeypatch
):
    monkeypatch.setattr(process_pool, "PATIENCE_S", 3.0)
    good = [write(f"{number}.wav") for number in range(4)]
    slow = write("slow.wav")
    listed = [*good[:2], slow, *good[2:]]
    table = await check_corpus([(path, good[0]) for path in listed], workers=1)
    errors = table["error"].tolist()
    assert [bool(error) for error in errors] == [path is slow for path in listed], errors
    assert "was not done in " in errors[2]
    assert "try it alone" in errors[2]


def test_patience_goes_with_the_size(tmp_path):
    (tmp_path / "a").write_bytes(bytes(200_000))
    order = {"paths": (str(tmp_path / "a"), None)}
    assert process_pool._patience_s(order) == process_pool.PATIENCE_S + 20
    assert process_pool._patience_s({"paths": ("/not/there", None)}) == process_pool.PATIENCE_S


async def test_a_decoder_that_prints_is_not_heard(decoder, write):
    loud = write("loud.wav")
    table = await check_corpus([(loud, loud)] * 2, workers=1)
    assert table["exact"].all()
