import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.call.moment import Moment, fact
from voicelab.errors import CallNotFound
from voicelab.store.journal import header_line, journal_headers, moment_line, read_journal

LEGS = ["carrier", "model", "browser", "webhook", "lab", "sim"]
times = st.integers(-(2**60), 2**60)
ways = st.sampled_from(["in", "out"])
moments = st.one_of(
    st.builds(
        Moment,
        times,
        st.sampled_from(LEGS),
        ways,
        st.just("m"),
        st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.none())).map(json.dumps),
    ),
    st.builds(Moment, times, st.sampled_from(LEGS), ways, st.just("text"), st.text()),
    st.builds(Moment, times, st.sampled_from(LEGS), ways, st.just("bin"), st.binary()),
)


@given(st.lists(moments, max_size=20))
def test_what_was_written_is_read(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("j") / "x.journal.jsonl"
    path.write_bytes(header_line({"id": "1"}) + b"".join(map(moment_line, lines)))
    journal = read_journal(path)
    assert journal.header == {"voicelab": 1, "id": "1"}
    assert journal.moments == lines
    assert journal.broken == 0
    assert len(path.read_bytes().splitlines()) == len(lines) + 1


def test_a_message_is_embedded_as_it_came():
    raw = '{"event":"media",  "n": 1.50, "n": 2, "u": "\\u00e9"}'
    line = moment_line(Moment(-5, "carrier", "in", "m", raw))
    assert line == b'{"t":-5,"leg":"carrier","way":"in","m":' + raw.encode() + b"}\n"


def test_numbers_no_reader_can_hold_do_not_spoil_a_line(tmp_path):
    path = tmp_path / "x.journal.jsonl"
    line = moment_line(Moment(1, "carrier", "in", "m", '{"x":1e999}'))
    path.write_bytes(header_line({}) + line)
    assert read_journal(path).moments[0].data == '{"x":1e999}'


def test_half_a_surrogate_pair_in_a_fact_does_not_spoil_the_journal(tmp_path):
    path = tmp_path / "x.journal.jsonl"
    line = moment_line(fact(1, "tool", {"problem": "no file é\udcff", "ms": 1.5}))
    path.write_bytes(header_line({}) + line)
    (moment,) = read_journal(path).moments
    assert moment.data == {"name": "tool", "problem": "no file é?", "ms": 1.5}


def test_the_torn_last_line_of_a_killed_process_is_counted(tmp_path):
    path = tmp_path / "x.journal.jsonl"
    whole = moment_line(fact(1, "gap", {"frames": 2}))
    path.write_bytes(header_line({"id": "1"}) + whole + whole[:20])
    journal = read_journal(path)
    assert [m.data for m in journal.moments] == [{"name": "gap", "frames": 2}]
    assert journal.broken == 1


@pytest.mark.parametrize("text", ["", "{}\n", "[1]\n", "no json\n", '{"voicelab": 2}\n'])
def test_what_is_no_journal_is_refused(tmp_path, text):
    path = tmp_path / "x.journal.jsonl"
    path.write_text(text)
    with pytest.raises(CallNotFound, match=r"docs/journal\.md"):
        read_journal(path)


def test_a_missing_journal_is_named(tmp_path):
    with pytest.raises(CallNotFound, match="no journal at"):
        read_journal(tmp_path / "absent")


def test_headers_are_listed_newest_first(tmp_path):
    for name in ("call-2026-01-01", "call-2026-01-02", "call-2026-01-03"):
        (tmp_path / f"{name}.journal.jsonl").write_bytes(header_line({"id": name}))
    (tmp_path / "call-2026-01-04.journal.jsonl").write_text("broken")
    assert [header["id"][-1] for _, header in journal_headers(tmp_path)] == ["3", "2", "1"]
