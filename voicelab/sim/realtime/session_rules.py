"""What a ``session.update`` and a ``response.create`` may hold, field by field.

Facts: the types of OpenAI's Python SDK and the errors that users of its server report.
"""

from __future__ import annotations

from typing import Any, Final

from voicelab.protocol.realtime import codes
from voicelab.sim.realtime import rules
from voicelab.sim.realtime.refusal import Refused
from voicelab.sim.realtime.rules import boolean, each, nullable, number, one_of, shape, tagged, text

PCM_RATE_HZ: Final = 24000
MAX_METADATA: Final = 16
MAX_METADATA_KEY: Final = 64
MAX_METADATA_VALUE: Final = 512
MAX_DELAY_MS: Final = 3_600_000


def _modalities(value: Any, where: str) -> None:
    each(one_of("audio", "text"))(value, where)
    if len(value) != 1:
        raise Refused(
            f"Invalid modalities: {value}. Supported combinations are: ['text'] and ['audio'].",
            codes.INVALID_VALUE,
            where,
        )


def _metadata(value: Any, where: str) -> None:
    rules.shape({key: text for key in value} if isinstance(value, dict) else {})(value, where)
    wrong = len(value) > MAX_METADATA or any(
        len(key) > MAX_METADATA_KEY or len(entry) > MAX_METADATA_VALUE
        for key, entry in value.items()
    )
    if wrong:
        raise Refused(
            f"Invalid '{where}': at most {MAX_METADATA} pairs, keys of {MAX_METADATA_KEY} and "
            f"values of {MAX_METADATA_VALUE} characters.",
            codes.INVALID_VALUE,
            where,
        )


_FORMAT: Final = tagged(
    **{
        "audio/pcm": shape(
            {"type": rules.anything, "rate": one_of(PCM_RATE_HZ)}, required=("rate",)
        ),
        "audio/pcmu": shape({"type": rules.anything}),
        "audio/pcma": shape({"type": rules.anything}),
    }
)
_TURN_DETECTION: Final = tagged(
    server_vad=shape(
        {
            "type": rules.anything,
            "threshold": number(0, 1),
            "prefix_padding_ms": number(0, MAX_DELAY_MS),
            "silence_duration_ms": number(0, MAX_DELAY_MS),
            "idle_timeout_ms": nullable(number(0, MAX_DELAY_MS)),
            "create_response": boolean,
            "interrupt_response": boolean,
        }
    ),
    semantic_vad=shape(
        {
            "type": rules.anything,
            "eagerness": one_of("low", "medium", "high", "auto"),
            "create_response": boolean,
            "interrupt_response": boolean,
        }
    ),
)
_TRANSCRIPTION: Final = shape(
    {
        "model": text,
        "language": nullable(text),
        "languages": nullable(each(text)),
        "prompt": nullable(text),
        "keywords": nullable(each(text)),
        "delay": nullable(one_of("minimal", "low", "medium", "high", "xhigh")),
    }
)
_NOISE_REDUCTION: Final = shape(
    {"type": one_of("near_field", "far_field"), "strength": number(0, 1)}, required=("type",)
)
_VOICE: Final = rules.either(text=text, object=shape({"id": text}, required=("id",)))
_AUDIO_IN: Final = shape(
    {
        "format": _FORMAT,
        "turn_detection": nullable(_TURN_DETECTION),
        "transcription": nullable(_TRANSCRIPTION),
        "noise_reduction": nullable(_NOISE_REDUCTION),
    }
)
_AUDIO_OUT: Final = shape({"format": _FORMAT, "voice": _VOICE, "speed": number(0.25, 1.5)})
_TOOL: Final = tagged(
    function=shape(
        {"type": text, "name": text, "description": nullable(text), "parameters": rules.anything},
        required=("name",),
    ),
    mcp=rules.anything,
)
_TOOL_CHOICE: Final = rules.either(
    text=one_of("auto", "none", "required"),
    object=tagged(
        function=shape({"type": text, "name": text}, required=("name",)),
        mcp=shape({"type": text, "server_label": text, "name": nullable(text)}),
    ),
)
_SHARED: Final = {
    "output_modalities": _modalities,
    "instructions": text,
    "tools": each(_TOOL),
    "tool_choice": _TOOL_CHOICE,
    "parallel_tool_calls": boolean,
    "max_output_tokens": rules.either(number=number(1, 4096), text=one_of("inf")),
    "reasoning": nullable(shape({"effort": one_of("minimal", "low", "medium", "high", "xhigh")})),
    "prompt": rules.anything,
}

SESSION: Final = tagged(
    realtime=shape(
        {
            **_SHARED,
            "type": rules.anything,
            "model": text,
            "audio": shape({"input": _AUDIO_IN, "output": _AUDIO_OUT}),
            "truncation": rules.either(
                text=one_of("auto", "disabled"),
                object=tagged(retention_ratio=rules.anything),
            ),
            "tracing": nullable(rules.either(text=one_of("auto"), object=rules.anything)),
            "include": nullable(each(one_of("item.input_audio_transcription.logprobs"))),
        }
    ),
    transcription=shape(
        {
            "type": rules.anything,
            "audio": shape({"input": _AUDIO_IN}),
            "include": nullable(each(one_of("item.input_audio_transcription.logprobs"))),
        }
    ),
)

RESPONSE: Final = shape(
    {
        **_SHARED,
        "instructions": nullable(text),  # LiveKit's client sends null for those of the session
        "audio": shape({"output": shape({"format": _FORMAT, "voice": _VOICE})}),
        "conversation": one_of("auto", "none"),
        "metadata": nullable(_metadata),
        "input": each(rules.an_object),
    }
)
