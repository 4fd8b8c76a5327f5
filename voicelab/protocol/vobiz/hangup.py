"""Why a call ended, in the provider's terms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HangupCause:
    """What the ``Hangup`` callback gives as the cause.

    Attributes
    ----------
    code : int
    name : str
    source : str
        Who ended the call: ``Caller``, ``Callee``, ``Vobiz``, ``Carrier``, ``API Request``,
        ``Answer XML``, ``Error`` or ``Unknown``.
    """

    code: int
    name: str
    source: str


NORMAL_HANGUP = HangupCause(4000, "Normal Hangup", "Caller")
"""The caller put the telephone down; the same code comes from ``Callee`` and ``Answer XML``."""

HANGUP_VERB = HangupCause(4000, "Normal Hangup", "Answer XML")
"""A ``<Hangup>`` in the answer."""

END_OF_XML = HangupCause(4010, "End Of XML Instructions", "Vobiz")
"""Nothing was left to do: also after the app's ``stop``, with no further verb."""

INVALID_ANSWER_XML = HangupCause(8011, "Invalid Answer XML", "Error")
"""The answer could not be read. The provider reports it in no other way."""

BUSY_LINE = HangupCause(3010, "Busy Line", "Carrier")
SCHEDULED_HANGUP = HangupCause(6000, "Scheduled Hangup", "Unknown")
RING_TIMEOUT = HangupCause(6010, "Ring Timeout Reached", "Unknown")
LOST_RACE = HangupCause(9000, "Lost Race", "Unknown")
"""The sources of the last three are not documented."""
