"""What each method sends and reads, without any transport: both clients share it."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from . import results, types

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request."""

    method: str
    path: str
    reply: type[T]
    body: dict[str, Any] | None = None
    key: str | None = None
    """The `Idempotency-Key`."""
    repeatable: bool = True
    """Whether sending it twice counts once."""

    @property
    def deadline_s(self) -> float:
        """Seconds after which the service answers whatever is ready; 0 for its own limit."""
        return float((self.body or {}).get("deadline_ms") or 0) / 1000


def _body(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def score(
    pipeline: types.Pipeline,
    samples: Sequence[types.Sample],
    *,
    key: str,
    on_miss: types.OnMiss | None,
    detail: types.Detail | None,
    deadline_ms: int | None,
    state: Mapping[str, Any] | None,
) -> Call[results.Scores]:
    """`POST /v1/score`."""
    body = _body(
        pipeline=pipeline,
        samples=list(samples),
        on_miss=on_miss,
        detail=detail,
        deadline_ms=deadline_ms,
        state=state,
    )
    return Call("POST", "/v1/score", results.Scores, body, key)


def compare(
    pipeline: types.Pipeline, pairs: Sequence[types.Pair], deadline_ms: int | None
) -> Call[results.Comparisons]:
    """`POST /v1/compare`: it may change states, and knows no idempotency key."""
    body = _body(pipeline=pipeline, pairs=list(pairs), deadline_ms=deadline_ms)
    return Call("POST", "/v1/compare", results.Comparisons, body, repeatable=False)


def select(
    pipeline: types.Pipeline,
    completions: Sequence[types.Completion],
    shared: Mapping[str, Any],
    *,
    top: int,
    detail: types.Detail | None,
    deadline_ms: int | None,
) -> Call[results.Selection]:
    """`POST /v1/select`: as `compare`."""
    body = {
        **shared,
        **_body(
            pipeline=pipeline,
            completions=list(completions),
            top=top,
            detail=detail,
            deadline_ms=deadline_ms,
        ),
    }
    return Call("POST", "/v1/select", results.Selection, body, repeatable=False)


def apply(
    kind: str, inputs: Sequence[Sequence[float | None]], params: Mapping[str, Any], **given: Any
) -> Call[results.Applied]:
    """`POST /v1/nodes/{kind}/apply`."""
    body = _body(params=dict(params), inputs=[list(column) for column in inputs], **given)
    return Call("POST", f"/v1/nodes/{quote(kind, safe='')}/apply", results.Applied, body)


def verify_math(
    items: Sequence[types.MathItem], policy: str | Mapping[str, Any] | None
) -> Call[results.MathVerdicts]:
    """`POST /v1/verify/math`."""
    body = _body(items=list(items), policy=policy)
    return Call("POST", "/v1/verify/math", results.MathVerdicts, body)


def verify_code(
    items: Sequence[types.CodeItem], scoring: str | None, stop: str | None
) -> Call[results.CodeVerdicts]:
    """`POST /v1/verify/code`."""
    body = _body(items=list(items), scoring=scoring, stop=stop)
    return Call("POST", "/v1/verify/code", results.CodeVerdicts, body)


def clip_score(
    model: str,
    items: Sequence[types.ClipItem] | None,
    images: Sequence[str] | None,
    texts: Sequence[str] | None,
    metric: str | None,
) -> Call[results.ClipScores]:
    """`POST /v1/clip/score`."""
    if (items is None) == (images is None or texts is None):
        raise ValueError("give `items`, or `images` and `texts`")
    body = _body(
        model=model,
        items=None if items is None else list(items),
        images=None if images is None else list(images),
        texts=None if texts is None else list(texts),
        metric=metric,
    )
    return Call("POST", "/v1/clip/score", results.ClipScores, body)


def models() -> Call[results.ModelList]:
    """`GET /v1/models`."""
    return Call("GET", "/v1/models", results.ModelList)


def pipelines() -> Call[results.PipelineList]:
    """`GET /v1/pipelines`."""
    return Call("GET", "/v1/pipelines", results.PipelineList)


def encode_image(image: bytes | str | os.PathLike[str]) -> str:
    """An image, as its bytes or a file's path, as the base64 that samples carry.

    The bytes go as they are: compressing them again would change the score.
    """
    if not isinstance(image, bytes):
        with open(image, "rb") as file:  # noqa: PTH123 - takes any path-like
            image = file.read()
    return base64.b64encode(image).decode("ascii")
