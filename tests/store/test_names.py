from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from voicelab.store.names import CallFiles, call_name, later


def test_the_name_is_the_references():
    when = datetime(2026, 5, 12, 8, 21, 33, 347_999, UTC)
    assert call_name(when) == "call-2026-05-12T08-21-33-347Z"


def test_other_zones_become_utc():
    india = timezone(timedelta(hours=5, minutes=30))
    assert call_name(datetime(2026, 1, 1, 0, 0, tzinfo=india)) == "call-2025-12-31T18-30-00-000Z"


def test_a_taken_name_moves_on_by_a_millisecond():
    assert call_name(later(datetime(2026, 1, 1, tzinfo=UTC))).endswith("00-00-00-001Z")


@pytest.mark.parametrize("ending", ["", ".wav", ".heard.wav", ".ear.wav", ".journal.jsonl"])
def test_any_file_leads_to_all(ending):
    files = CallFiles.of(Path(f"r/call-2026-05-12T08-21-33-347Z{ending}"))
    assert files.heard == Path("r/call-2026-05-12T08-21-33-347Z.heard.wav")
    assert files.journal == Path("r/call-2026-05-12T08-21-33-347Z.journal.jsonl")
