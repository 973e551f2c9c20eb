"""Large batches in several requests, where the pipeline's scope allows it.

A reward of scope `sample` depends on its sample alone: such batches are cut anywhere. Scope `group`: between
groups. Scope `batch` or `run`: nowhere, since a cut would change the rewards.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from dataclasses import replace

from .errors import AssayError
from .results import ModelInfo, Provenance, Result, Scores, Usage
from .types import Sample

Part = list[int]
"""Indices of the samples that go in one request."""


def cut(samples: Sequence[Sample], scope: str, size: int) -> list[Part]:
    """Parts of at most `size` samples; a group that is larger, and what must not be cut, stays whole."""
    if scope == "sample":
        return [list(range(start, min(start + size, len(samples)))) for start in range(0, len(samples), size)]
    if scope == "group":
        return _pack(_groups(samples), size)
    return [list(range(len(samples)))]


def _groups(samples: Sequence[Sample]) -> list[Part]:
    groups: dict[Hashable, Part] = {}
    for index, sample in enumerate(samples):
        groups.setdefault(_group_key(sample), []).append(index)
    return list(groups.values())


def _group_key(sample: Sample) -> Hashable:
    if (name := sample.get("group")) is not None:
        return ("named", name)
    told = [sample.get("prompt"), sample.get("messages"), list(sample.get("images") or [])]
    return ("told", json.dumps(told, sort_keys=True, default=list))


def _pack(groups: list[Part], size: int) -> list[Part]:
    parts: list[Part] = []
    for group in groups:
        if parts and len(parts[-1]) + len(group) <= size:
            parts[-1].extend(group)
        else:
            parts.append(list(group))
    return parts


def merge(parts: Sequence[Part], answers: Sequence[Scores]) -> Scores:
    """One answer out of several, in the order of the samples."""
    if len(answers) == 1:
        return answers[0]
    if len({answer.version for answer in answers}) > 1:
        raise AssayError("the pipeline was replaced while the batch was being scored: score it again")
    rewards: dict[int, float | None] = {}
    results: dict[int, Result] = {}
    for part, answer in zip(parts, answers, strict=True):
        rewards.update(zip(part, answer.rewards, strict=True))
        results.update(zip(part, answer.results, strict=True))
    models: dict[str, ModelInfo] = {}
    for answer in answers:
        models.update(answer.provenance.models)
    return replace(
        answers[0],
        rewards=[rewards[index] for index in range(len(rewards))],
        results=[results[index] for index in range(len(results))],
        provenance=Provenance(models, answers[0].provenance.engine),
        usage=_total([answer.usage for answer in answers]),
    )


def _total(usages: list[Usage]) -> Usage:
    return Usage(
        samples=sum(usage.samples for usage in usages),
        tokens=sum(usage.tokens for usage in usages),
        cached=sum(usage.cached for usage in usages),
        queue_ms=max(usage.queue_ms for usage in usages),
        work_ms=max(usage.work_ms for usage in usages),
    )
