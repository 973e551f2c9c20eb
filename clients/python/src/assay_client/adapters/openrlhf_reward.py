"""Rewards for OpenRLHF: a reward function in a Python file.

    --reward.remote_url "$(python -c 'import assay_client.adapters.openrlhf_reward as m; print(m.__file__)')"

OpenRLHF calls it for one sample at a time, from several threads; the service puts samples of many calls into
one batch. The prompt comes as the policy's template wrote it, and is read back into messages (ChatML, Llama 3,
Gemma). The label (`--data.label_key`) is the answer, a list of answers, or a mapping of fields, such as
`{"tests": {...}}` or `{"prompt": "..."}`.

`ASSAY_PIPELINE` names the pipeline (default `helpful`), `ASSAY_COMPONENTS` the columns to log, separated by
commas. OpenRLHF knows no missing reward: by default a sample that cannot be scored fails the call, with the
reason (after retries, where they may help); the number in `ASSAY_ON_MISS` is used instead, and `miss` in
the logs says how often; the components are NaN there.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import Any

import torch

from assay_client import Client, OnMiss, Sample
from assay_client.adapters.fields import gold, read_template, without_end

# Characters by which a prompt's end is found: beyond what templates put there for every prompt.
_TAIL = 80


def reward_func(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **_: Any) -> dict[str, Any]:
    """Rewards, the same as scores, and what is logged: tensors, an entry for each query."""
    columns = [name for name in os.environ.get("ASSAY_COMPONENTS", "").split(",") if name]
    scores = _client().score(
        os.environ.get("ASSAY_PIPELINE", "helpful"),
        [_sample(*told) for told in zip(queries, prompts, labels, strict=True)],
        on_miss=_on_miss(),
        detail="components" if columns else "none",
    )
    logs = {"miss": torch.tensor([float(result.imputed) for result in scores.results])}
    for column in columns:
        values = [(result.components or {})[column] for result in scores.results]
        logs[column] = torch.tensor([float("nan") if value is None else value for value in values])
    rewards = torch.tensor(scores.rewards, dtype=torch.float32)
    return {"rewards": rewards, "scores": rewards, "extra_logs": logs}


def _sample(query: str, prompt: str, label: Any) -> Sample:
    sample = read_template(prompt)
    told = gold(label)
    if "prompt" in told or "messages" in told:
        sample = {}
    sample.update(told)
    sample["completion"] = without_end(_after(prompt, query))
    return sample


def _after(prompt: str, query: str) -> str:
    """What follows the prompt. Long prompts are cut from the left, and decoding may change their beginning."""
    if query.startswith(prompt):
        return query.removeprefix(prompt)
    end = prompt[-_TAIL:]
    _, found, completion = query.partition(end)
    if not found:
        raise ValueError(f"the query does not continue its prompt: no {end!r} in it")
    return completion


def _on_miss() -> OnMiss:
    number = os.environ.get("ASSAY_ON_MISS")
    return float(number) if number else "error"


@cache
def _client() -> Client:
    return Client()
