"""What is sent: plain dictionaries, typed. Field names are the wire's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

Pipeline: TypeAlias = str | Mapping[str, Any]
"""A pipeline's name, or a specification `{"output": ..., "nodes": {...}}`."""

Detail: TypeAlias = Literal["none", "components", "full"]
"""How much a reply says of each sample."""

OnMiss: TypeAlias = Literal["null", "error"] | float
"""What becomes of a sample without a reward: `None`, failure of the call, or a number (`imputed`)."""


class Message(TypedDict):
    """One turn of a conversation."""

    role: str
    content: str


Completion: TypeAlias = str | Sequence[Message]
"""Text, or the messages that follow the prompt."""


class Sample(TypedDict, total=False):
    """One thing to judge. A field is needed when a node of the pipeline reads it."""

    id: str
    prompt: str
    """The prompt as one user turn. Excludes `messages`."""
    messages: Sequence[Message]
    """The prompt as chat messages. Excludes `prompt`."""
    completion: Completion
    answer: str
    """The gold answer."""
    answers: Sequence[str]
    """Gold answers, any of which is right."""
    tests: Mapping[str, Any]
    """Tests for the code verifier."""
    images: Sequence[str]
    """Data URLs or base64 (see `encode_image`)."""
    references: Sequence[str]
    """Reference completions for the same prompt."""
    reference_rewards: Sequence[float]
    features: Mapping[str, float]
    """Named numbers of your own."""
    data_source: str
    group: str
    """Default: samples with equal prompt, messages and images are one group."""
    steps: Sequence[str]
    """The completion's steps, for process rewards."""
    completion_tokens: int
    """The completion's length in the policy's tokens."""
    finish_reason: str
    """`stop` or `length`."""


class _Sides(TypedDict):
    chosen: Completion
    rejected: Completion


class Pair(_Sides, Sample, total=False):
    """Two completions of one prompt; all other fields are a sample's."""


class _MathItem(TypedDict):
    completion: str
    answer: str | Sequence[str]


class MathItem(_MathItem, total=False):
    """A completion and its gold answer, or several of which any is right."""

    id: str


class CodeItem(TypedDict, total=False):
    """A program and its tests. `tests` and one of `completion` and `code` are needed."""

    id: str
    language: str
    """Default: `python`."""
    completion: str
    """A model's answer, out of which the program is taken."""
    code: str
    """The program itself."""
    tests: Mapping[str, Any]
    """`{"mode": "stdio" | "call" | "assert" | "pytest", ...}`, as the API documents them."""
    limits: Mapping[str, int]
    """`cpu_ms`, `wall_ms`, `memory_mb`, `output_kb`, `processes`."""


class ClipItem(TypedDict):
    """An image and the text that should fit it."""

    image: str
    text: str
