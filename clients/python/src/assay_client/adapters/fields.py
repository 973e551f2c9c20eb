"""Trainers' words to the fields of a sample."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from assay_client import Message, Sample

# How policies' templates write a turn: what opens it, what ends its role, what closes it.
_TURNS = [
    re.compile(r"<\|im_start\|>(?P<role>\w+)\n(?P<content>.*?)(?:<\|im_end\|>\n?|\Z)", re.DOTALL),
    re.compile(
        r"<\|start_header_id\|>(?P<role>\w+)<\|end_header_id\|>\n\n(?P<content>.*?)(?:<\|eot_id\|>|\Z)",
        re.DOTALL,
    ),
    re.compile(r"<start_of_turn>(?P<role>\w+)\n(?P<content>.*?)(?:<end_of_turn>\n?|\Z)", re.DOTALL),
]
_ENDS = re.compile(
    r"(?:<\|im_end\|>|<\|eot_id\|>|<end_of_turn>|<\|endoftext\|>|<\|end_of_text\|>|<eos>|</s>|<pad>|\s)+\Z"
)


def gold(value: Any) -> Sample:
    """A label: one answer, several, or a mapping of fields (`tests`, `references`, `prompt`, ...)."""
    value = plain(value)
    if value is None or value == "":
        return {}
    if isinstance(value, Mapping):
        return cast("Sample", dict(value))
    if isinstance(value, list):
        return {"answers": [str(answer) for answer in value]}
    return {"answer": str(value)}


def prompt(value: Any) -> Sample:
    """A prompt: text, or messages."""
    value = plain(value)
    return {"prompt": value} if isinstance(value, str) else {"messages": turns(value)}


def turns(messages: Sequence[Mapping[str, Any]]) -> list[Message]:
    """Messages with role and text only: what tools and processors add is not for reward models."""
    return [{"role": str(turn["role"]), "content": _text(turn["content"])} for turn in messages]


def read_template(text: str) -> Sample:
    """A prompt as the policy's template wrote it, read back into messages.

    A reward model has a template of its own, which must not be wrapped around another one. ChatML, Llama 3
    and Gemma are known; other text is a prompt as it stands.
    """
    for pattern in _TURNS:
        found = list(pattern.finditer(text))
        if found:
            messages: list[Message] = [
                {"role": turn["role"].replace("model", "assistant"), "content": turn["content"].strip()}
                for turn in found
            ]
            # The last one is the completion's, just opened.
            return {"messages": messages[:-1] if messages[-1]["role"] == "assistant" else messages}
    return {"prompt": text}


def without_end(text: str) -> str:
    """A completion without the special tokens that end it."""
    return _ENDS.sub("", text)


def plain(value: Any) -> Any:
    """Arrays, their scalars and configurations as lists, numbers and dictionaries."""
    if isinstance(value, (str, bytes)):
        return value
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items() if entry is not None}
    if isinstance(value, Sequence):
        return [plain(entry) for entry in value]
    return value


def _text(content: Any) -> str:
    """A message's text: as it is, or out of blocks `{"type": "text", "text": ...}`."""
    if isinstance(content, str):
        return content
    return "\n".join(str(block["text"]) for block in content or [] if block.get("type", "text") == "text")
