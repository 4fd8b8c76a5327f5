"""What a response is said to have cost, by the measures of OpenAI's price list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from voicelab.sim.realtime.items import Item

INPUT_MS_A_TOKEN: Final = 100
OUTPUT_MS_A_TOKEN: Final = 50
_CHARS_A_TOKEN: Final = 4


def text_tokens(text: str | None) -> int:
    """About a token for four characters."""
    return -(-len(text or "") // _CHARS_A_TOKEN)


def usage_of(context: Iterable[Item], output: Iterable[Item]) -> dict[str, Any]:
    """Return the ``usage`` of a response.

    Parameters
    ----------
    context : iterable of Item
        What it answers.
    output : iterable of Item
    """
    audio_in = text_in = audio_out = text_out = 0
    for item in context:
        audio_in += -(-item.audio_ms // INPUT_MS_A_TOKEN)
        text_in += text_tokens(item.text)
    for item in output:
        audio_out += -(-item.audio_ms // OUTPUT_MS_A_TOKEN)
        text_out += text_tokens(item.text or item.wire.get("arguments"))
    cached = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
    return {
        "total_tokens": audio_in + text_in + audio_out + text_out,
        "input_tokens": audio_in + text_in,
        "output_tokens": audio_out + text_out,
        "input_token_details": {
            "text_tokens": text_in,
            "audio_tokens": audio_in,
            "image_tokens": 0,
            "cached_tokens": 0,
            "cached_tokens_details": cached,
        },
        "output_token_details": {"text_tokens": text_out, "audio_tokens": audio_out},
    }


def transcription_usage(audio_ms: int, text: str) -> dict[str, Any]:
    """Return the ``usage`` of an input transcription."""
    heard, wrote = -(-audio_ms // INPUT_MS_A_TOKEN), text_tokens(text)
    return {
        "type": "tokens",
        "total_tokens": heard + wrote,
        "input_tokens": heard,
        "output_tokens": wrote,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
    }
