"""Two steps of TRL's GRPOTrainer on a tiny random model, with rewards from a running service.

    pip install . trl torch
    python tests/libraries/trl_grpo.py http://127.0.0.1:8080

Nothing is downloaded: model and tokenizer are made here. The pipeline asks for a feature that one of the two
rows lacks, so that half of the completions have no reward.
"""

from __future__ import annotations

import math
import sys
import tempfile

import torch
import trl
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

from assay_client import Client
from assay_client.adapters.trl_reward import rewards

# The reward is the ensemble's, and missing where the row says so.
PIPELINE = {
    "output": "reward",
    "nodes": {
        "rm": {"kind": "reward_models", "models": ["tiny-rm-0", "tiny-rm-1"], "calibrated": True},
        "uwo": {"kind": "uwo", "inputs": ["rm"]},
        "known": {"kind": "feature", "name": "known"},
        "reward": {"kind": "product", "inputs": ["uwo", "known"]},
    },
}
ROWS = [
    {"prompt": "What is 17 + 25?", "solution": "42", "features": {"known": 1.0}},
    {"prompt": "Name a colour.", "solution": "red", "features": {"other": 1.0}},
]


def tokenizer() -> PreTrainedTokenizerFast:
    """One token a character."""
    alphabet = [chr(code) for code in range(32, 127)]
    words = {token: index for index, token in enumerate(["<pad>", "<eos>", "<unk>", *alphabet])}
    raw = Tokenizer(models.WordLevel(words, unk_token="<unk>"))  # noqa: S106 - no secret
    raw.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<pad>",  # noqa: S106
        eos_token="<eos>",  # noqa: S106
        unk_token="<unk>",  # noqa: S106
        padding_side="left",
    )


def policy(words: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """A Llama of some twenty thousand random parameters."""
    torch.manual_seed(0)
    shape = LlamaConfig(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=128,
        pad_token_id=words.pad_token_id,
        eos_token_id=words.eos_token_id,
    )
    return LlamaForCausalLM(shape)


def main(url: str) -> None:
    """Train for two steps, and check what TRL logged."""
    words = tokenizer()
    with Client(url) as client, tempfile.TemporaryDirectory() as folder:
        trainer = GRPOTrainer(
            model=policy(words),
            processing_class=words,
            reward_funcs=rewards(
                PIPELINE,
                components=["uwo", "rm.tiny-rm-0"],
                columns={"solution": "answer"},
                name="assay",
                client=client,
            ),
            train_dataset=Dataset.from_list(ROWS),
            args=GRPOConfig(
                output_dir=folder,
                max_steps=2,
                per_device_train_batch_size=8,
                num_generations=4,
                max_completion_length=12,
                reward_weights=[1.0, 0.0, 0.0],
                logging_steps=1,
                report_to=[],
                use_cpu=True,
            ),
        )
        trainer.train()
    logged = [entry for entry in trainer.state.log_history if "reward" in entry]
    assert len(logged) == 2, trainer.state.log_history
    for entry in logged:
        # Half of the samples have no reward; the others' mean is a number, and so are the components.
        assert entry["assay/misses"] == 0.5, entry
        for name in ("assay", "uwo", "rm.tiny-rm-0"):
            assert math.isfinite(entry[f"rewards/{name}/mean"]), entry
        assert math.isclose(entry["reward"], entry["rewards/assay/mean"], rel_tol=1e-5), "a miss counted as 0"
    sys.stdout.write(f"trl {trl.__version__}: {len(logged)} steps, {logged[-1]}\n")


if __name__ == "__main__":
    main(sys.argv[1])
