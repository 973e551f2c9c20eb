"""Rewards for TRL's GRPO and RLOO trainers.

    from assay_client.adapters.trl_reward import rewards

    trainer = GRPOTrainer(
        model="Qwen/Qwen3-0.6B",
        reward_funcs=rewards("helpful-par", components=["uwo", "rm.tiny-rm-0"]),
        args=GRPOConfig(reward_weights=[1.0, 0.0, 0.0]),  # the components are only logged
        train_dataset=dataset,
    )

TRL logs mean and deviation of each callable under its name, so each component is a callable of its own; they
share one request a batch. A sample that cannot be scored is `None`, and so are all of its components: TRL leaves
out a completion for which *every* function says `None`, and counts a single `None` as 0. The data set's columns
that are named as fields of a sample (`answer`, `tests`, `references`, `images`, ...) are sent, others by
`columns`, as in `{"solution": "answer", "image": "images"}`. TRL computes advantages itself and may spread a
group over processes: serve it pipelines of scope `sample`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from assay_client import Client, Pipeline, Sample, Scores, encode_image
from assay_client.adapters.fields import gold, plain, prompt, turns

RewardFunction = Callable[..., list[float | None]]

_FIELDS = frozenset(Sample.__optional_keys__) - {"id", "prompt", "messages", "completion"}
_TEXTS = frozenset({"data_source", "group", "finish_reason"})


def rewards(
    pipeline: Pipeline,
    *,
    components: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    name: str | None = None,
    client: Client | None = None,
) -> list[RewardFunction]:
    """`reward_funcs`: the pipeline's reward first, then its components (columns such as `rm.tiny-rm-0`).

    `columns` says which other columns of the data set are which fields; `name` is the reward's in the logs
    (default: the pipeline's).
    """
    batch = _Batch(pipeline, dict(columns or {}), client or Client(), with_components=bool(components))
    own = name or (pipeline if isinstance(pipeline, str) else "reward")
    return [
        _callable(batch, own, None),
        *(_callable(batch, component, component) for component in components),
    ]


def _callable(batch: _Batch, name: str, component: str | None) -> RewardFunction:
    def reward(
        prompts: list[Any], completions: list[Any], completion_ids: Any = None, **given: Any
    ) -> list[float | None]:
        scores = batch.scores(component, prompts, completions, completion_ids, given)
        if component is None:
            _log(scores, given)
            return scores.rewards
        # A component of a completion without a reward must not make it one with a reward of 0.
        told = [_of(result.components, component) for result in scores.results]
        return [None if reward is None else value for reward, value in zip(scores.rewards, told, strict=True)]

    reward.__name__ = name
    return reward


def _of(components: Mapping[str, float | None] | None, name: str) -> float | None:
    if components is None or name not in components:
        known = ", ".join(components or [])
        raise KeyError(f"the pipeline has no column `{name}`; there are {known}")
    return components[name]


def _log(scores: Scores, given: Mapping[str, Any]) -> None:
    """Whatever TRL's version takes: misses as a metric, each sample's status beside its completion."""
    misses = sum(reward is None for reward in scores.rewards)
    if (log_metric := given.get("log_metric")) is not None:
        log_metric("assay/misses", misses / max(1, len(scores.rewards)))
    if (log_extra := given.get("log_extra")) is not None:
        log_extra("assay_status", [result.status for result in scores.results])


class _Batch:
    """The callables' shared request: the first one that is asked sends it, the others read its answer."""

    def __init__(
        self, pipeline: Pipeline, columns: dict[str, str], client: Client, *, with_components: bool
    ) -> None:
        self._pipeline = pipeline
        self._columns = columns
        self._client = client
        self._with_components = with_components
        self._samples: list[Sample] = []
        self._answer: Scores | None = None
        self._served: set[str | None] = set()

    def scores(
        self,
        asker: str | None,
        prompts: list[Any],
        completions: list[Any],
        ids: Any,
        given: Mapping[str, Any],
    ) -> Scores:
        """The batch's scores. Who asks twice means another batch, even if it reads the same."""
        samples = [
            self._sample(index, prompts[index], completions[index], ids, given) for index in range(len(prompts))
        ]
        if self._answer is None or asker in self._served or samples != self._samples:
            self._answer = self._client.score(
                self._pipeline, samples, detail="components" if self._with_components else "none"
            )
            self._samples, self._served = samples, set()
        self._served.add(asker)
        return self._answer

    def _sample(self, index: int, told: Any, completion: Any, ids: Any, given: Mapping[str, Any]) -> Sample:
        sample = prompt(told)
        sample["completion"] = completion if isinstance(completion, str) else turns(completion)
        if ids is not None:
            sample["completion_tokens"] = len(ids[index])
        for column, values in given.items():
            field = self._columns.get(column, column)
            if field in _FIELDS and isinstance(values, (list, tuple)) and values[index] is not None:
                sample.update(_field(field, values[index]))
        return sample


def _field(name: str, value: Any) -> Sample:
    if name in ("answer", "answers"):
        return gold(value)
    if name == "images":
        images = value if isinstance(value, (list, tuple)) else [value]
        return {"images": [_image(image) for image in images]}
    value = plain(value)
    return cast("Sample", {name: str(value) if name in _TEXTS else value})


def _image(image: Any) -> str:
    """Base64; a Pillow image losslessly."""
    if isinstance(image, str):
        return image
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return encode_image(buffer.getvalue())
