"""Rewards for veRL: a custom reward function.

    reward.custom_reward_function.path=pkg://assay_client.adapters.verl_reward
    reward.custom_reward_function.name=compute_score
    +reward.custom_reward_function.reward_kwargs.pipeline=helpful

veRL calls it for one sample at a time; the service puts samples of many calls into one batch. veRL does not
pass the prompt: put it in the data set's `extra_info`, as `prompt` (text or messages); `question` is read,
too. `ground_truth` is the answer, a list of answers, or a mapping of fields, such as `{"tests": {...}}`.

veRL knows no missing reward. By default a sample that cannot be scored ends the step, with the reason (after
retries, where they may help). `on_miss`, a number, is used instead, and `miss` counts how often.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any, cast
from weakref import WeakKeyDictionary

from assay_client import AsyncClient, Pipeline, Sample
from assay_client.adapters.fields import gold, plain, prompt

# By address. A client belongs to an event loop; veRL's workers have one each.
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str | None, AsyncClient]] = WeakKeyDictionary()


async def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    pipeline: Pipeline | None = None,
    components: Sequence[str] = (),
    on_miss: float | None = None,
    url: str | None = None,
    **_: Any,
) -> dict[str, float]:
    """One sample's reward, with the same keys for every sample, as veRL's batches need them.

    `score`; `miss`, 1 where the score is `on_miss`; `uncertainty` of the ensemble, and the named
    `components`, NaN where there are none.
    """
    client = _client(url)
    scores = await client.score(
        plain(pipeline) or os.environ.get("ASSAY_PIPELINE", "helpful"),
        [_sample(data_source, solution_str, ground_truth, extra_info or {})],
        on_miss="error" if on_miss is None else float(on_miss),
        detail="components" if components else "none",
    )
    (result,) = scores.results
    told = result.components or {}
    return {
        "score": cast("float", result.reward),
        "miss": float(result.imputed),
        "uncertainty": _number(result.uncertainty),
        **{name: _number(told[name]) for name in components},
    }


def _sample(data_source: str, completion: str, ground_truth: Any, extra_info: Mapping[str, Any]) -> Sample:
    asked = extra_info.get("prompt")
    asked = extra_info.get("question") if asked is None else asked
    sample: Sample = {"completion": completion, "data_source": str(data_source)}
    if asked is not None:
        sample.update(prompt(plain(asked)))
    sample.update(gold(ground_truth))
    return sample


def _client(url: str | None) -> AsyncClient:
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    if url not in clients:
        clients[url] = AsyncClient(url)
    return clients[url]


def _number(value: float | None) -> float:
    return math.nan if value is None else value
