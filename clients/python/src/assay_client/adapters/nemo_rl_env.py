"""Rewards for NeMo-RL: an environment.

    from assay_client.adapters.nemo_rl_env import register
    register()  # before the environments are made

    env:
      assay:
        pipeline: helpful

The last turn of a message log is judged, what comes before it is the prompt. If the data processor templated
the prompt, or there are answers or tests, the metadata say so: a mapping of a sample's fields (`prompt`,
`messages`, `answer`, `answers`, `tests`, ...), and `ground_truth` as NeMo-RL's own environments call the answer.

NeMo-RL knows no missing reward. By default a sample that cannot be scored ends the step, with the reason
(after retries, where they may help); `on_miss: 0.0` in the configuration is used instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ray
import torch
from nemo_rl.environments.interfaces import EnvironmentInterface, EnvironmentReturn

from assay_client import Client, Pipeline, Sample
from assay_client.adapters.fields import gold, plain, turns


class AssayEnvironment(EnvironmentInterface):
    """One turn, scored by the service."""

    def __init__(self, cfg: Mapping[str, Any]) -> None:
        """`cfg`: `pipeline`, and optionally `url`, `api_key` and `on_miss`."""
        self._pipeline: Pipeline = plain(cfg["pipeline"])
        self._on_miss = cfg.get("on_miss", "error")
        self._client = Client(cfg.get("url"), api_key=cfg.get("api_key"))

    def step(
        self, message_log_batch: Sequence[Sequence[Mapping[str, Any]]], metadata: Sequence[Any]
    ) -> EnvironmentReturn:
        """Score the batch. Every episode ends."""
        samples = [_sample(log, told) for log, told in zip(message_log_batch, metadata, strict=True)]
        scores = self._client.score(self._pipeline, samples, on_miss=self._on_miss)
        return EnvironmentReturn(
            observations=[
                {"role": "environment", "content": f"Environment: {reward}"} for reward in scores.rewards
            ],
            metadata=list(metadata),
            next_stop_strings=[None] * len(samples),
            rewards=torch.tensor(scores.rewards, dtype=torch.float32),
            terminateds=torch.ones(len(samples), dtype=torch.bool),
            answers=[str(log[-1]["content"]) for log in message_log_batch],
        )

    def global_post_process_and_metrics(self, batch: Any) -> tuple[Any, dict[str, float]]:
        """Mean and deviation of the batch's rewards; the batch as it is."""
        rewards = batch.get("total_reward", batch.get("rewards"))
        if rewards is None or len(rewards) == 0:
            return batch, {}
        rewards = rewards.float()
        return batch, {
            "assay/mean_reward": float(rewards.mean()),
            "assay/std_reward": float(rewards.std(unbiased=False)),
        }

    def shutdown(self) -> None:
        """Close the connections."""
        self._client.close()


def _sample(log: Sequence[Mapping[str, Any]], metadata: Any) -> Sample:
    told = dict(plain(metadata) or {})
    sample = gold(told.pop("ground_truth", None))
    known = {name: value for name, value in told.items() if name in Sample.__optional_keys__}
    sample.update(gold(known))
    if "prompt" not in sample and "messages" not in sample:
        sample["messages"] = turns(log[:-1])
    sample["completion"] = str(log[-1]["content"])
    return sample


AssayActor = ray.remote(AssayEnvironment)
"""The environment as NeMo-RL runs it."""


def register(name: str = "assay") -> None:
    """Make the environment known to NeMo-RL, to run in the Python of the driver."""
    from nemo_rl.distributed.ray_actor_environment_registry import (  # noqa: PLC0415 - of the driver only
        ACTOR_ENVIRONMENT_REGISTRY,
    )
    from nemo_rl.distributed.virtual_cluster import PY_EXECUTABLES  # noqa: PLC0415
    from nemo_rl.environments.utils import register_env  # noqa: PLC0415

    path = f"{__name__}.AssayActor"
    ACTOR_ENVIRONMENT_REGISTRY[path] = PY_EXECUTABLES.SYSTEM
    register_env(name, path)
