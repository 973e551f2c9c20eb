"""veRL's own loader and reward manager, with the adapter and a running service.

pip install . pytest torch tensordict ray omegaconf transformers codetiming && pip install --no-deps verl
python tests/libraries/verl_reward_manager.py http://127.0.0.1:8080
"""

from __future__ import annotations

import asyncio
import os
import sys

import numpy as np
import pytest
import torch
import verl
from omegaconf import OmegaConf
from verl import DataProto
from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager
from verl.trainer.ppo.reward import get_custom_reward_fn

from assay_client import Client, ProblemError


class Tokenizer:
    """Tokens are code points."""

    def decode(self, ids: torch.Tensor, *, skip_special_tokens: bool) -> str:
        """Text of the tokens."""
        assert skip_special_tokens
        return "".join(chr(int(code)) for code in ids)


def sample(prompt: str, completion: str) -> DataProto:
    """One rollout, padded on the right."""
    ids = torch.tensor([[ord(letter) for letter in completion] + [0, 0]])
    mask = torch.tensor([[1] * len(completion) + [0, 0]])
    return DataProto.from_dict(
        tensors={"responses": ids, "attention_mask": torch.cat([torch.ones(1, 4, dtype=torch.long), mask], dim=1)},
        non_tensors={
            "data_source": np.array(["openai/gsm8k"], dtype=object),
            "reward_model": np.array([{"style": "rule", "ground_truth": "42"}], dtype=object),
            "extra_info": np.array([{"index": 0, "prompt": prompt}], dtype=object),
        },
    )


def manager(**reward_kwargs: object) -> NaiveRewardManager:
    """What veRL makes of the documented configuration."""
    function = {
        "path": "pkg://assay_client.adapters.verl_reward",
        "name": "compute_score",
        "reward_kwargs": reward_kwargs,
    }
    config = OmegaConf.create({"reward": {"custom_reward_function": function}})
    return NaiveRewardManager(config, Tokenizer(), get_custom_reward_fn(config))


def main(url: str) -> None:
    """Two samples at once, as veRL's workers send them, then a miss in both ways."""
    os.environ["ASSAY_URL"] = url
    asked = [("What is 17 + 25?", "17 + 25 = 42."), ("What is 17 + 25?", "I cannot help with that.")]
    with Client(url) as client:
        expected = np.array(client.score("helpful", [{"prompt": p, "completion": c} for p, c in asked]).rewards)

    async def run() -> None:
        scored = manager(pipeline="helpful", components=["uwo", "rm.tiny-rm-0"])
        assert scored.is_async_reward_score or asyncio.iscoroutinefunction(scored.compute_score)
        results = await asyncio.gather(*(scored.run_single(sample(*pair)) for pair in asked))
        assert np.allclose([result["reward_score"] for result in results], expected, atol=1e-5), results
        keys = {tuple(result["reward_extra_info"]) for result in results}
        assert keys == {("score", "miss", "uncertainty", "uwo", "rm.tiny-rm-0")}, keys

        # Without a prompt nothing can be scored: no reward is invented, unless a number is asked for.
        lost = sample("", "17 + 25 = 42.")
        lost.non_tensor_batch["extra_info"][0].pop("prompt")
        with pytest.raises(ProblemError, match="missed"):
            await manager(pipeline="helpful").run_single(lost)
        imputed = await manager(pipeline="helpful", on_miss=-1.0).run_single(lost)
        assert imputed["reward_score"] == -1.0, imputed
        assert imputed["reward_extra_info"]["miss"] == 1.0, imputed

        graph = {"output": "words", "nodes": {"words": {"kind": "length", "unit": "words"}}}
        inline = await manager(pipeline=graph).run_single(sample(*asked[0]))
        assert inline["reward_score"] == 5.0, inline
        sys.stdout.write(f"verl {verl.__version__}: {results}\n")

    asyncio.run(run())


if __name__ == "__main__":
    main(sys.argv[1])
