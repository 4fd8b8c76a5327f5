"""The fields of the provider's own callbacks, in its order. Times are passed in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

from voicelab.errors import ProtocolError
from voicelab.protocol.vobiz.hangup import HangupCause

STREAM_EVENTS: Mapping[str, str] = {
    "StartStream": "",
    "PlayedStream": "",
    "ClearedAudio": "",
    "DegradedStream": "connection degraded",
    "DroppedStream": "connection disconnected with the remote service",
    "StopStream": "",
}
"""The stream status events and the ``Error`` each carries."""

PULSE_S = 60
"""Calls are billed in whole minutes."""

_INDIA = timezone(timedelta(hours=5, minutes=30))
_STIR = {"STIRAttestation": "Not Applicable", "STIRVerification": "Not Applicable"}


@dataclass(frozen=True, slots=True)
class CallDetails:
    """What all callbacks of one call have in common.

    Attributes
    ----------
    call_id : str
    from_number, to_number : str
        With or without ``+``; it is sent without.
    account_id : str
    session_start : datetime
        When the call reached the provider; aware.
    direction : {"inbound", "outbound"}
    """

    call_id: str
    from_number: str
    to_number: str
    account_id: str
    session_start: datetime
    direction: Literal["inbound", "outbound"] = "inbound"


def answer_fields(call: CallDetails) -> dict[str, str]:
    """Return the fields of the request that asks for a call's answer, ``Event=StartApp``.

    Raises
    ------
    ProtocolError
        No call id, or a time without a zone.
    """
    return {
        "Event": "StartApp",
        "CallUUID": _call_id(call),
        "From": _number(call.from_number),
        "To": _number(call.to_number),
        "Direction": call.direction,
        "CallStatus": "ringing" if call.direction == "inbound" else "in-progress",
        "CallerName": call.from_number,
        "ParentAuthID": call.account_id,
        "SessionStart": _session_start(call),
        "BillRate": "0",
        "CountryCode": "",
        "RouteType": "",
        **_STIR,
        **_legs(call),
    }


def stream_status_fields(
    call: CallDetails,
    *,
    event: str,
    stream_id: str,
    at: datetime,
    callback_url: str,
    callback_method: str = "POST",
    name: str | None = None,
    service_url: str | None = None,
    error: str | None = None,
    extra_headers: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the fields of a stream status callback.

    Parameters
    ----------
    call : CallDetails
    event : str
        One of :data:`STREAM_EVENTS`.
    stream_id : str
    at : datetime
        When it happened; aware. ``Timestamp`` is written in UTC, its zone being undocumented.
    callback_url, callback_method : str
        The answer's, which the callback repeats.
    name : str or None
        The checkpoint; ``PlayedStream`` needs it.
    service_url : str or None
        The socket's address; ``StartStream`` needs it.
    error : str or None
        None takes the event's own.
    extra_headers : mapping or None
        The answer's; sent as ``X-VH-<key>``.

    Raises
    ------
    ProtocolError
        An unknown event, an event without what it needs, no id, or a time without a zone.
    """
    if event not in STREAM_EVENTS:
        raise ProtocolError(f"{event!r} is none of {', '.join(STREAM_EVENTS)}.")
    if not stream_id:
        raise ProtocolError(f"{event} needs a stream id.")
    if event == "PlayedStream" and not name:
        raise ProtocolError("PlayedStream needs the checkpoint's name.")
    if event == "StartStream" and not service_url:
        raise ProtocolError("StartStream needs the socket's address as service_url.")
    fields = {
        "From": _number(call.from_number),
        "To": _number(call.to_number),
        "CallUUID": _call_id(call),
        "Event": event,
        "StreamID": stream_id,
    }
    if name:
        fields["Name"] = name
    if service_url:
        fields["ServiceURL"] = service_url
    return fields | {
        "ParentAuthID": call.account_id,
        "status_callback_url": callback_url,
        "status_callback_method": callback_method,
        "Timestamp": f"{_aware(at).astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        "Error": STREAM_EVENTS[event] if error is None else error,
        **{f"X-VH-{key}": value for key, value in (extra_headers or {}).items()},
    }


def hangup_fields(
    call: CallDetails, *, cause: HangupCause, answered: datetime | None, ended: datetime
) -> dict[str, str]:
    """Return the fields of the callback that says a call is over, ``Event=Hangup``.

    Parameters
    ----------
    call : CallDetails
    cause : HangupCause
        Its name also stands for ``HangupCause``, whose values are undocumented.
    answered : datetime or None
        Aware; None where the call was never answered.
    ended : datetime
        Aware; a time before `answered` counts as a call of 0 s.

    Raises
    ------
    ProtocolError
        No call id, or a time without a zone.
    """
    duration_s = 0
    if answered is not None:
        duration_s = max(0, int((_aware(ended) - _aware(answered)).total_seconds()))
    return {
        "Event": "Hangup",
        "CallUUID": _call_id(call),
        "From": _number(call.from_number),
        "To": _number(call.to_number),
        "Direction": call.direction,
        "CallStatus": "completed",
        "CallerName": call.from_number,
        "ParentAuthID": call.account_id,
        "SessionStart": _session_start(call),
        "StartTime": _local(call.session_start),
        "AnswerTime": "" if answered is None else _local(answered),
        "EndTime": _local(ended),
        "Duration": str(duration_s),
        "BillDuration": str(math.ceil(duration_s / PULSE_S) * PULSE_S),
        "BillRate": "0",
        "TotalCost": "0.00000",
        "HangupCause": cause.name,
        "HangupCauseCode": str(cause.code),
        "HangupCauseName": cause.name,
        "HangupSource": cause.source,
        **_STIR,
        **_legs(call),
    }


def _legs(call: CallDetails) -> dict[str, str]:
    if call.direction == "inbound":
        return {}
    return dict.fromkeys(("RequestUUID", "ALegUUID", "ALegRequestUUID"), call.call_id)


def _call_id(call: CallDetails) -> str:
    if not call.call_id:
        raise ProtocolError("A callback needs a call id.")
    return call.call_id


def _number(number: str) -> str:
    return number.removeprefix("+")


def _session_start(call: CallDetails) -> str:
    return f"{_aware(call.session_start).astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


def _local(time: datetime) -> str:
    """Write a time as the provider's start, answer and end times are: in India's zone."""
    return f"{_aware(time).astimezone(_INDIA):%Y-%m-%d %H:%M:%S}"


def _aware(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ProtocolError(f"{time!r} has no time zone. Give one, such as datetime.now(UTC).")
    return time
