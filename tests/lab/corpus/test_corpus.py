import asyncio
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import voicelab
from voicelab import check, check_corpus, diagnose, diagnose_corpus
from voicelab.analysis.corpus_table import CHECK_COLUMNS, DIAGNOSE_COLUMNS
from voicelab.errors import FormatError, SettingError

pytestmark = pytest.mark.slow


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True)


async def test_each_row_is_what_check_says_in_the_order_given(pairs):
    table = await check_corpus(iter(pairs), "mulaw/8000", workers=2)
    assert table["recording"].tolist() == [str(recording) for recording, _ in pairs]
    for (recording, reference), row in zip(pairs[:-1], table.to_dict("records"), strict=False):
        found = check(recording, reference, "mulaw/8000").as_dict()
        assert row["error"] is None
        assert row["seconds"] == 1.0
        assert row["gaps"] == len(found.pop("gaps"))
        for name, value in found.items():
            assert row[name] == value or (pd.isna(row[name]) and value is None), name
    assert "no audio that can be read" in table["error"].iloc[-1]


async def test_workers_make_no_difference(pairs):
    tables = [await check_corpus(pairs, workers=workers) for workers in (1, 2, None)]
    same(tables[0], tables[1])
    same(tables[0], tables[2])


async def test_each_diagnosis_is_what_diagnose_says(pairs):
    paths = [recording for recording, _ in pairs[:3]]
    table = await diagnose_corpus(paths, workers=1)
    for path, row in zip(paths, table.to_dict("records"), strict=True):
        found = diagnose(path.read_bytes())
        assert (row["fault"], row["verdict"]) == (found.fault, found.verdict)
        assert row["confidence"] == round(found.hypotheses[0].confidence, 3)


async def test_a_diagnosis_may_have_references_and_raw_bytes(pairs, tmp_path):
    recording, reference = pairs[0]
    raw = tmp_path / "raw.ulaw"
    raw.write_bytes(bytes(range(256)) * 40)
    table = await diagnose_corpus([recording, raw], [reference, None], "mulaw/8000", workers=1)
    assert table["reference"].tolist() == [str(reference), None]
    assert table["seconds"].iloc[1] == 256 * 40 / 8000
    assert table["error"].tolist() == [None, None]
    assert table["fault"].iloc[0] != "wav-header"
    assert table["fault"].iloc[0] == diagnose(recording, reference).fault


@pytest.mark.parametrize("rows", ["none", "errors only"])
async def test_columns_and_types_are_always_the_same(rows, tmp_path):
    missing = [] if rows == "none" else [tmp_path / "missing.wav"] * 2
    checked = await check_corpus([(path, path) for path in missing])
    assert {name: str(kind) for name, kind in checked.dtypes.items()} == CHECK_COLUMNS
    diagnosed = await diagnose_corpus(missing)
    assert {name: str(kind) for name, kind in diagnosed.dtypes.items()} == DIAGNOSE_COLUMNS
    assert len(checked) == len(diagnosed) == len(missing)


@pytest.fixture
def journal():
    (path,) = (Path(__file__).parents[3] / "recordings" / "sample").glob("*.journal.jsonl")
    return path


async def test_a_stored_call_is_found_by_its_journal_or_its_stem(journal):
    stem = journal.name.removesuffix(".journal.jsonl")
    prompt = "data/prompts/order.wav"
    table = await check_corpus([(journal, prompt), (journal.with_name(stem), prompt)], workers=1)
    assert table["exact"].tolist() == [True, True]
    assert table["recording"].iloc[0] == str(journal)


async def test_the_loop_goes_on_meanwhile(pairs):
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    await check_corpus(pairs[:2], workers=1)
    task.cancel()
    assert turns > 100


async def test_options_that_make_no_sense_are_refused(pairs):
    for workers in (0, -1, 1.5, "two"):
        with pytest.raises(SettingError, match="1 or more"):
            await check_corpus(pairs, workers=workers)
    with pytest.raises(SettingError, match="not both"):
        await check_corpus(pairs, workers=1, client="tcp://127.0.0.1:1")
    with pytest.raises(FormatError, match="Not an audio format"):
        await check_corpus(pairs, "mp3")


SCRIPT = """
import sys
import voicelab

print("a script begins")
table = voicelab.run(voicelab.check_corpus([(sys.argv[1], sys.argv[2])] * 3, workers=2))
print(table["exact"].tolist(), table["error"].tolist())
"""


def test_a_script_needs_no_main_guard(pairs, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    root = Path(voicelab.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, script, pairs[0][1], pairs[0][1]],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(root), "PATH": ""},
    )
    assert done.stdout == ("a script begins\n[True, True, True] [None, None, None]\n")
    assert done.stderr == ""


@pytest.mark.notebook
async def test_a_cell_awaits_it_and_an_interrupt_ends_it(kernel, cell_error, pairs, decoder):
    folder = pairs[0][0].parent
    await kernel.run(
        f"import sys; sys.path.insert(0, {str(folder / 'decoder')!r})\n"
        "import psutil, voicelab\n"
        f"pairs = {[tuple(map(str, pair)) for pair in pairs[:3]]!r}"
    )
    told = await kernel.run("table = await voicelab.check_corpus(pairs); print(len(table))")
    assert told.endswith("3\n")
    slow = folder / "slow.wav"
    slow.write_bytes(pairs[0][0].read_bytes())
    with pytest.raises(cell_error, match=r"CancelledError|KeyboardInterrupt"):
        await kernel.run(
            f"pairs.append(({str(slow)!r}, {str(slow)!r}))\n"
            "def told(done, total):\n"
            "    print('done', done, flush=True)\n"
            "await voicelab.check_corpus(pairs, progress=told, results='corpus.jsonl')",
            interrupt_on="done 3",
        )
    assert await kernel.run("print(psutil.Process().children())") == "[]\n"
    assert await kernel.run("print(len(open('corpus.jsonl').readlines()))") == "3\n"
