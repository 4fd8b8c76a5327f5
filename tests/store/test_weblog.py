import json
from datetime import UTC, datetime

import pytest

from voicelab.store.weblog import append_entry, webhook_entry

WHEN = datetime(2026, 5, 12, 8, 21, 33, 347_900, UTC)


def entry(fields, body=b"Event=StartStream", **more):
    given = {
        "received": WHEN,
        "id": "1",
        "method": "POST",
        "path": "/webhook",
        "query": "a=b",
        "content_type": "application/x-www-form-urlencoded",
        "signature": "absent",
    }
    return webhook_entry(fields, body=body, **(given | more))


def test_the_callers_fields_are_on_top():
    assert entry({"Event": "StartStream"}) == {
        "Event": "StartStream",
        "receivedAt": "2026-05-12T08:21:33.347Z",
        "_voicelab": {
            "id": "1",
            "method": "POST",
            "path": "/webhook",
            "query": "a=b",
            "contentType": "application/x-www-form-urlencoded",
            "body": "Event=StartStream",
            "signature": "absent",
        },
    }


def test_fields_with_our_names_are_kept_aside():
    got = entry({"receivedAt": "mine", "_voicelab": {"x": 1}, "Event": "E"})
    assert got["receivedAt"] == "2026-05-12T08:21:33.347Z"
    assert got["_voicelab"]["shadowed"] == {"receivedAt": "mine", "_voicelab": {"x": 1}}


def test_a_body_that_is_no_text_is_kept_as_base64():
    got = entry({}, b"\xff\x00")
    assert got["_voicelab"]["bodyBase64"] == "/wA="
    assert "body" not in got["_voicelab"]


def test_lines_are_appended_whole(tmp_path):
    path = tmp_path / "new" / "log"
    for n in range(3):
        append_entry(path, {"n": n, "text": "two\nlines é"})
    assert [json.loads(line)["n"] for line in path.read_text().splitlines()] == [0, 1, 2]


def test_a_log_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "log").mkdir()
    with pytest.raises(OSError, match="log"):
        append_entry(tmp_path / "log", {})
