"""OpenRLHF's own single-turn executor, with the adapter as its reward file and a running service.

    pip install . torch aiohttp && pip install --no-deps openrlhf
    python tests/libraries/openrlhf_executor.py http://127.0.0.1:8080

Only OpenRLHF's module `utils/agent.py` is loaded: the package itself needs GPUs to be imported. Its handling of
what the executor returns (`samples_generator.py`) is repeated in `tensors`.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import logging
import os
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

import assay_client.adapters.openrlhf_reward as adapter
from assay_client import Client, Sample

PROMPT = "<|im_start|>user\nWhat is 17 + 25?<|im_end|>\n<|im_start|>assistant\n"
COMPLETION = "17 + 25 = 42."


def agent_module() -> Any:
    """OpenRLHF's `utils/agent.py`, with its logger only of all that the package imports."""
    logs = types.ModuleType("openrlhf.utils.logging_utils")
    logs.init_logger = logging.getLogger  # type: ignore[attr-defined]
    for name in ("openrlhf", "openrlhf.utils"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules[logs.__name__] = logs
    files = importlib.metadata.files("openrlhf") or []
    (path,) = (file.locate() for file in files if str(file).endswith("openrlhf/utils/agent.py"))
    spec = importlib.util.spec_from_file_location("openrlhf.utils.agent", Path(str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Tokenizer:
    """Tokens are code points."""

    def __call__(self, *, text: str, **_: Any) -> dict[str, torch.Tensor]:
        """Tokens of a text."""
        return {"input_ids": torch.tensor([[ord(letter) for letter in text]])}

    def decode(self, ids: list[int], *, skip_special_tokens: bool) -> str:
        """Text of tokens, special ones included."""
        assert not skip_special_tokens
        return "".join(map(chr, ids))


@dataclass
class Sampling:
    """Sampling parameters."""

    max_tokens: int | None = 32
    logprobs: int | None = None


class Engine:
    """Says what it is told to."""

    def __init__(self, says: str) -> None:
        self._says = says

    async def generate(self, *_: Any, **__: Any) -> Any:
        """One completion."""
        tokens = [ord(letter) for letter in self._says]
        output = types.SimpleNamespace(token_ids=tokens, finish_reason="stop", logprobs=None)
        return types.SimpleNamespace(outputs=[output])


def tensors(response: dict[str, Any]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The experience's rewards and logs, as OpenRLHF makes them of the executor's answer."""
    info = {}
    for key, value in response["extra_logs"].items():
        one = value.flatten()[0].item() if isinstance(value, torch.Tensor) else value
        info[key] = torch.tensor([one])
    return torch.tensor([response["reward"]]), info


def main(url: str) -> None:
    """One completion scored, one that cannot be, in both ways."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    os.environ.update(ASSAY_URL=url, ASSAY_PIPELINE="helpful", ASSAY_COMPONENTS="uwo,rm.tiny-rm-0")
    executor = agent_module().SingleTurnAgentExecutor(adapter.__file__)

    def execute(says: str) -> dict[str, Any]:
        told = executor.execute(PROMPT, "42", Sampling(), 4096, Tokenizer(), Engine(says + "<|im_end|>"))
        return dict(asyncio.run(told))

    question: Sample = {"messages": [{"role": "user", "content": "What is 17 + 25?"}], "completion": COMPLETION}
    with Client(url) as client:
        (expected,) = client.score("helpful", [question]).rewards
    reward, info = tensors(execute(COMPLETION))
    assert reward.shape == (1,), reward
    assert abs(reward.item() - (expected or 0.0)) < 1e-5, (reward, expected)
    assert set(info) == {"miss", "uwo", "rm.tiny-rm-0"}, info
    assert info["uwo"].shape == (1,), info
    assert info["miss"].item() == 0.0, info

    # Too long for the models: OpenRLHF logs the reason, and has no reward.
    endless = "and " * 3000
    assert execute(endless)["reward"] is None
    os.environ["ASSAY_ON_MISS"] = "-1.5"
    reward, info = tensors(execute(endless))
    assert (reward.item(), info["miss"].item()) == (-1.5, 1.0), (reward, info)
    sys.stdout.write(f"openrlhf {importlib.metadata.version('openrlhf')}: reward {expected}, {info}\n")


if __name__ == "__main__":
    main(sys.argv[1])
