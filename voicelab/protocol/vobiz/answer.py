"""Reading an answer as the provider does, its refusals included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.etree import ElementTree as ET

from voicelab.protocol.vobiz.hangup import (
    END_OF_XML,
    HANGUP_VERB,
    INVALID_ANSWER_XML,
    HangupCause,
)
from voicelab.protocol.vobiz.stream_element import MAX_RETRIES, StreamElement

MAX_ANSWER_BYTES = 100 * 1024
"""The largest answer the provider takes."""

_XML_TYPES = ("application/xml", "text/xml")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider makes of an answer.

    Attributes
    ----------
    stream : StreamElement or None
        The stream it starts; None where it starts none.
    following : tuple of str
        The verbs that come after the stream, or all of them where there is no stream.
    hangup : HangupCause or None
        With a stream: the call ends with this as soon as the stream has begun, since nothing
        holds it. Without one: why the call ends. None where the call goes on.
    problem : str
        What is wrong with an answer that starts no stream, in words.
    """

    stream: StreamElement | None
    following: tuple[str, ...] = ()
    hangup: HangupCause | None = None
    problem: str = field(default="", compare=False)


def parse_answer(body: bytes, content_type: str | None) -> Answer:
    """Read an answer to a call, as the provider would; never raises.

    Ended with 8011 "Invalid Answer XML": a content type other than ``application/xml`` and
    ``text/xml``, more than 100 KB, malformed XML, a document type declaration (so no entity is
    ever expanded), a root other than ``Response``, a stream whose text is blank. Ended with 4010
    "End Of XML Instructions": ``bidirectional`` with an ``audioTrack`` other than ``inbound``, an
    answer without a stream, or a stream that neither holds the call nor has a verb after it.

    Numbers are read leniently: ``maxRetries`` below 0 or no integer is 0, above 10 is 10; a
    ``streamTimeout`` that is not a positive integer is None. ``keepCallAlive`` holds the call only
    with ``bidirectional``.

    Parameters
    ----------
    body : bytes
    content_type : str or None
        The response's header; parameters such as ``charset`` are ignored.
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type not in _XML_TYPES:
        return _invalid(f"{media_type or 'no content type'} is not accepted")
    if len(body) > MAX_ANSWER_BYTES:
        return _invalid(f"it is longer than {MAX_ANSWER_BYTES // 1024} KB")
    try:
        root = ET.fromstring(body, ET.XMLParser(target=_NoDoctype()))
    except (ET.ParseError, LookupError, ValueError) as error:
        return _invalid(f"it cannot be read as XML: {error}")
    if root.tag != "Response":
        return _invalid(f"its root is <{root.tag}>, not <Response>")
    return _read_verbs(list(root))


def _invalid(problem: str) -> Answer:
    return Answer(None, hangup=INVALID_ANSWER_XML, problem=problem)


class _NoDoctype(ET.TreeBuilder):
    def doctype(self, *_: Any) -> NoReturn:
        """Refuse the declaration before anything in it is read."""
        raise ValueError("a document type declaration")


def _read_verbs(verbs: list[ET.Element]) -> Answer:
    names = tuple(verb.tag for verb in verbs)
    if "Stream" not in names:
        ends = HANGUP_VERB if "Hangup" in names else END_OF_XML
        return Answer(None, names, ends, "it has no <Stream>")
    at = names.index("Stream")
    following = names[at + 1 :]
    stream = _read_stream(verbs[at])
    if not stream.url:
        return Answer(None, following, INVALID_ANSWER_XML, "its <Stream> names no address")
    if stream.bidirectional and stream.audio_track not in (None, "inbound"):
        problem = f"bidirectional and audioTrack={stream.audio_track} exclude each other"
        return Answer(None, following, END_OF_XML, problem)
    if stream.bidirectional and stream.keep_call_alive:
        return Answer(stream, following)
    if not following:
        return Answer(stream, following, END_OF_XML)
    return Answer(stream, following, HANGUP_VERB if following[0] == "Hangup" else None)


def _read_stream(element: ET.Element) -> StreamElement:
    given = {name: value.strip() for name, value in element.attrib.items() if value.strip()}
    timeout_s = _integer(given.get("streamTimeout"))
    retries = _integer(given.get("maxRetries"))
    method = given.get("statusCallbackMethod")
    return StreamElement(
        url=(element.text or "").strip(),
        bidirectional=_flag(given, "bidirectional"),
        audio_track=given.get("audioTrack"),
        content_type=given.get("contentType"),
        keep_call_alive=_flag(given, "keepCallAlive"),
        stream_timeout_s=timeout_s if timeout_s and timeout_s > 0 else None,
        status_callback_url=given.get("statusCallbackUrl"),
        status_callback_method=method.upper() if method else None,
        extra_headers=_pairs(given.get("extraHeaders")),
        max_retries=min(max(retries or 0, 0), MAX_RETRIES) if "maxRetries" in given else None,
    )


def _flag(given: Mapping[str, str], name: str) -> bool:
    return given.get(name, "").lower() == "true"


def _integer(text: str | None) -> int | None:
    return int(text) if text and _INTEGER.fullmatch(text) else None


def _pairs(text: str | None) -> Mapping[str, str] | None:
    if text is None:
        return None
    pairs = (pair.partition("=") for pair in text.split(","))
    return {key.strip(): value.strip() for key, _, value in pairs if key.strip()}
