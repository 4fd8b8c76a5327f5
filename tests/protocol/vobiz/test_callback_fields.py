from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from voicelab.errors import ProtocolError
from voicelab.protocol.vobiz import (
    NORMAL_HANGUP,
    CallDetails,
    answer_fields,
    encode_form,
    hangup_fields,
    parse_callback,
    stream_status_fields,
)

BEGAN = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
CALL = CallDetails("6d1c", "+919000000001", "08000000002", "MA_TEST0001", BEGAN)
LEGS = {"RequestUUID": "6d1c", "ALegUUID": "6d1c", "ALegRequestUUID": "6d1c"}


def status(event: str, call: CallDetails = CALL, **changes: object) -> dict[str, str]:
    given = {
        "stream_id": "0b9e",
        "at": BEGAN,
        "callback_url": "https://h.example/vobiz/stream-status",
    }
    return stream_status_fields(call, event=event, **(given | changes))


def test_the_answer_request():
    assert encode_form(answer_fields(CALL)) == (
        b"Event=StartApp&CallUUID=6d1c&From=919000000001&To=08000000002&Direction=inbound&"
        b"CallStatus=ringing&CallerName=%2B919000000001&ParentAuthID=MA_TEST0001&"
        b"SessionStart=2026-01-02+03%3A04%3A05.000006&BillRate=0&CountryCode=&RouteType=&"
        b"STIRAttestation=Not+Applicable&STIRVerification=Not+Applicable"
    )


def test_the_answer_request_of_an_outbound_call():
    fields = answer_fields(replace(CALL, direction="outbound"))
    assert fields["CallStatus"] == "in-progress"
    assert fields.items() >= LEGS.items()


def test_a_checkpoint_that_was_played():
    assert status("PlayedStream", name="turn-7") == {
        "From": "919000000001",
        "To": "08000000002",
        "CallUUID": "6d1c",
        "Event": "PlayedStream",
        "StreamID": "0b9e",
        "Name": "turn-7",
        "ParentAuthID": "MA_TEST0001",
        "status_callback_url": "https://h.example/vobiz/stream-status",
        "status_callback_method": "POST",
        "Timestamp": "2026-01-02 03:04:05",
        "Error": "",
    }


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ("ClearedAudio", ""),
        ("StopStream", ""),
        ("DegradedStream", "connection degraded"),
        ("DroppedStream", "connection disconnected with the remote service"),
    ],
)
def test_each_event_has_its_error(event, error):
    assert status(event)["Error"] == error
    assert status(event, error="other")["Error"] == "other"


def test_the_start_of_a_stream_names_its_address():
    assert status("StartStream", service_url="wss://h.example/")["ServiceURL"] == "wss://h.example/"


def test_extra_headers_come_back():
    fields = status("StopStream", extra_headers={"tenant": "42"}, callback_method="GET")
    assert fields["X-VH-tenant"] == "42"
    assert fields["status_callback_method"] == "GET"


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        ("started", {}),
        ("PlayedStream", {}),
        ("PlayedStream", {"name": ""}),
        ("StartStream", {}),
        ("StopStream", {"stream_id": ""}),
        ("StopStream", {"at": BEGAN.replace(tzinfo=None)}),
        ("StopStream", {"call": replace(CALL, call_id="")}),
    ],
)
def test_a_status_that_lacks_something(event, changes):
    with pytest.raises(ProtocolError):
        status(event, **changes)


def test_the_hangup():
    fields = hangup_fields(
        CALL, cause=NORMAL_HANGUP, answered=BEGAN, ended=BEGAN + timedelta(seconds=61.9)
    )
    assert len(fields) == 22
    assert fields["StartTime"] == fields["AnswerTime"] == "2026-01-02 08:34:05"
    assert fields["EndTime"] == "2026-01-02 08:35:06"
    assert fields["SessionStart"] == "2026-01-02 03:04:05.000006"
    assert (fields["Duration"], fields["BillDuration"]) == ("61", "120")
    assert (fields["HangupCauseCode"], fields["HangupSource"]) == ("4000", "Caller")
    assert fields["HangupCauseName"] == "Normal Hangup"
    callback = parse_callback("POST", None, encode_form(fields), "")
    assert callback.fields == fields


@pytest.mark.parametrize(
    ("duration_s", "billed_s"), [(0, "0"), (1, "60"), (60, "60"), (61, "120"), (-5, "0")]
)
def test_billing_in_whole_minutes(duration_s, billed_s):
    ended = BEGAN + timedelta(seconds=duration_s)
    fields = hangup_fields(CALL, cause=NORMAL_HANGUP, answered=BEGAN, ended=ended)
    assert fields["BillDuration"] == billed_s


def test_a_call_that_was_never_answered():
    fields = hangup_fields(CALL, cause=NORMAL_HANGUP, answered=None, ended=BEGAN)
    assert (fields["AnswerTime"], fields["Duration"]) == ("", "0")


def test_the_hangup_of_an_outbound_call_in_another_zone():
    call = replace(
        CALL, direction="outbound", session_start=BEGAN.astimezone(timezone(timedelta(hours=-3)))
    )
    fields = hangup_fields(call, cause=NORMAL_HANGUP, answered=None, ended=BEGAN)
    assert fields.items() >= LEGS.items()
    assert fields["SessionStart"] == "2026-01-02 03:04:05.000006"


def test_times_need_a_zone():
    naive = BEGAN.replace(tzinfo=None)
    with pytest.raises(ProtocolError, match="time zone"):
        answer_fields(replace(CALL, session_start=naive))
    with pytest.raises(ProtocolError, match="time zone"):
        hangup_fields(CALL, cause=NORMAL_HANGUP, answered=None, ended=naive)
