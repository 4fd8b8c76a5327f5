import json
import shutil
from pathlib import Path

import pytest

from voicelab.errors import CallNotFound
from voicelab.lab.find import find_call

SAMPLE = Path(__file__).parents[2] / "recordings" / "sample"


@pytest.fixture
def recordings(tmp_path):
    """The sample call, and one that began a day later."""
    (journal,) = SAMPLE.glob("*.journal.jsonl")
    stem = journal.name.removesuffix(".journal.jsonl")
    for path in SAMPLE.glob(f"{stem}.*"):
        shutil.copy(path, tmp_path / path.name)
    head, *rest = journal.read_text().splitlines(keepends=True)
    header = json.loads(head) | {
        "id": "ffff0000-later",
        "call_id": "other",
        "stream_id": "another",
        "started": "2026-11-22T08:00:00.000Z",
    }
    later = tmp_path / "call-2026-11-22T08-00-00-000Z.journal.jsonl"
    later.write_text(json.dumps(header) + "\n" + "".join(rest))
    shutil.copy(SAMPLE / f"{stem}.wav", later.with_name(later.name[:29] + ".wav"))
    return tmp_path


def test_last_is_the_latest(recordings):
    assert find_call("last", recordings).id == "ffff0000-later"


def test_a_call_goes_by_the_beginning_of_its_ids_and_name(recordings):
    header = json.loads(next(SAMPLE.glob("*.jsonl")).read_text().splitlines()[0])
    for name in (header["id"][:6], header["call_id"], header["stream_id"][:9], "call-2026-11-21"):
        assert find_call(name, recordings).id == header["id"]


def test_a_path_goes_before_an_id(recordings):
    (wav,) = recordings.glob("*22T*.wav")
    assert find_call(str(wav), recordings).id == "ffff0000-later"
    assert find_call(str(wav.with_suffix("")), recordings).id == "ffff0000-later"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("call-2026", "2 calls begin with call-2026: .*Give more of the name"),
        ("fff", "There is no file fff"),
        ("nobody", "There is no file nobody"),
        ("folder/nobody", "There is no call at folder/nobody"),
    ],
)
def test_what_is_not_there_or_not_one(recordings, name, words):
    with pytest.raises(CallNotFound, match=words):
        find_call(name, recordings)


def test_no_calls_at_all(tmp_path):
    with pytest.raises(CallNotFound, match="no call in"):
        find_call("last", tmp_path)
    with pytest.raises(CallNotFound, match="no call in"):
        find_call("last", tmp_path / "none")
