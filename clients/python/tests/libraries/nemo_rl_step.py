"""The NeMo-RL environment against the interface as NeMo-RL documents it, and a running service.

    pip install . torch ray
    python tests/libraries/nemo_rl_step.py http://127.0.0.1:8080

NeMo-RL is not on PyPI (there is a placeholder), so `interfaces` below has the names and fields of its
`nemo_rl/environments/interfaces.py` (main, 2026-08), and nothing of NeMo-RL itself runs.
"""

from __future__ import annotations

import abc
import sys
import types
from typing import Any, NamedTuple

import numpy as np
import ray
import torch

from assay_client import Client, ProblemError, Sample

LOG = [
    {"role": "user", "content": "What is 17 + 25?", "token_ids": torch.zeros(3)},
    {"role": "assistant", "content": "17 + 25 = 42.", "token_ids": torch.zeros(3)},
]


def interfaces() -> types.ModuleType:
    """What the environment needs of NeMo-RL."""

    class EnvironmentInterface(abc.ABC):
        """Two abstract methods."""

        @abc.abstractmethod
        def step(self, message_log_batch: Any, metadata: Any) -> Any: ...

        @abc.abstractmethod
        def global_post_process_and_metrics(self, batch: Any) -> Any: ...

    class EnvironmentReturn(NamedTuple):
        """An entry for each sample in each field."""

        observations: list[dict[str, str]]
        metadata: list[Any]
        next_stop_strings: list[Any]
        rewards: torch.Tensor
        terminateds: torch.Tensor
        answers: list[str | None] | None = None

    module = types.ModuleType("nemo_rl.environments.interfaces")
    vars(module).update(EnvironmentInterface=EnvironmentInterface, EnvironmentReturn=EnvironmentReturn)
    return module


def main(url: str) -> None:
    """A batch of three, then a miss in both ways."""
    for name in ("nemo_rl", "nemo_rl.environments"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["nemo_rl.environments.interfaces"] = interfaces()
    from assay_client.adapters.nemo_rl_env import AssayActor, AssayEnvironment  # noqa: PLC0415

    assert isinstance(AssayActor, ray.actor.ActorClass)
    environment = AssayEnvironment({"pipeline": "helpful", "url": url})
    templated = [{"role": "user", "content": "<|im_start|>user\nWhat is 17 + 25?"}, LOG[1]]
    told = {"prompt": "What is 17 + 25?", "ground_truth": "42", "num_turns": 1}
    step = environment.step([LOG, LOG, templated], [None, {"ground_truth": "42"}, told])
    with Client(url) as client:
        question: Sample = {"prompt": "What is 17 + 25?", "completion": "17 + 25 = 42."}
        (expected,) = client.score("helpful", [question]).rewards
    assert step.rewards.dtype == torch.float32
    assert np.allclose(step.rewards, np.array(expected)), step
    assert step.terminateds.tolist() == [True] * 3
    assert step.metadata == [None, {"ground_truth": "42"}, told]
    assert step.next_stop_strings == [None] * 3
    assert step.answers == ["17 + 25 = 42."] * 3
    assert [turn["role"] for turn in step.observations] == ["environment"] * 3
    batch, metrics = environment.global_post_process_and_metrics({"total_reward": torch.tensor([1.0, 3.0])})
    assert metrics == {"assay/mean_reward": 2.0, "assay/std_reward": 1.0}, metrics
    assert batch["total_reward"].tolist() == [1.0, 3.0]
    assert environment.global_post_process_and_metrics({}) == ({}, {})

    lost = [LOG[0], {"role": "assistant", "content": "and " * 3000}]
    try:
        environment.step([lost], [None])
        raise SystemExit("a miss passed for a reward")
    except ProblemError as error:
        reason = str(error)
    imputing = AssayEnvironment({"pipeline": "helpful", "url": url, "on_miss": -1.5})
    assert imputing.step([LOG, lost], [None, None]).rewards.tolist()[1] == -1.5
    sys.stdout.write(f"nemo_rl (documented interface): {step.rewards.tolist()}; {reason}\n")


if __name__ == "__main__":
    main(sys.argv[1])
