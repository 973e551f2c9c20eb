"""OpenRLHF's own HTTP clients against the service's door, release by release.

    pip install . torch aiohttp requests
    for v in 0.4.0.post2 0.5.9 0.6.4 0.8.0 0.8.11 0.9.0 0.9.10 0.10.4 0.11.2; do
      pip download --no-deps --dest wheels openrlhf==$v
    done
    python tests/libraries/openrlhf_door.py http://127.0.0.1:8080 wheels [KEY]

Only the module that posts is loaded from each wheel (`utils/remote_rm_utils.py`, from 0.9.10 `utils/agent.py`):
the package itself needs GPUs to be imported, and ray is called at once. What the trainer makes of the answers is
repeated in `tensors`. With a key, it goes as trainers can send it: in the address.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import re
import sys
import tempfile
import types
import zipfile
from pathlib import Path
from typing import Any

import torch

from assay_client import Client, Sample

PROMPT = "<|im_start|>user\nWhat is 17 + 25?<|im_end|>\n<|im_start|>assistant\n"
COMPLETIONS = ["17 + 25 = 42.", "I cannot help with that.", "17 + 25 = 41."]


class Remote:
    """A cluster's function or class, called here and now."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def remote(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        return self._target(*args, **kwargs)


def stand_ins() -> None:
    """The packages that the posting modules import and need not."""
    logs = types.ModuleType("openrlhf.utils.logging_utils")
    logs.init_logger = logging.getLogger  # type: ignore[attr-defined]
    ray = types.ModuleType("ray")
    ray.remote, ray.get = Remote, lambda done: done  # type: ignore[attr-defined]
    sys.modules.update({"openrlhf.utils.logging_utils": logs, "ray": ray})
    for name in ("openrlhf", "openrlhf.utils"):
        sys.modules[name] = types.ModuleType(name)


def load(wheel: Path, folder: str) -> Any:
    """The module of a release that posts."""
    zipfile.ZipFile(wheel).extractall(folder)
    (package,) = (path.parent for path in Path(folder).rglob("openrlhf/__init__.py"))
    path = package / "utils/agent.py"
    if release(wheel) < (0, 9, 10):
        path = package / "utils/remote_rm_utils.py"
    spec = importlib.util.spec_from_file_location("client", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def release(wheel: Path) -> tuple[int, ...]:
    """`0.9.10` as numbers."""
    return tuple(int(number) for number in re.findall(r"\d+", wheel.name.split("-")[1])[:3])


def rewards(client: Any, version: tuple[int, ...], urls: list[str]) -> list[float]:
    """The rewards that the release's trainer would have."""
    queries = [PROMPT + completion + "<|im_end|>" for completion in COMPLETIONS]
    prompts, labels = [PROMPT] * len(queries), [None, "42", ""]
    if version >= (0, 9, 10):
        # One query a call; with two addresses, an empty list to the other before 0.11.
        executor = client.SingleTurnAgentExecutor(urls)
        told = [
            asyncio.run(executor._fetch_rewards_via_http([query], [prompt], [label]))[0]
            for query, prompt, label in zip(queries, prompts, labels, strict=True)
        ]
        return tensors(told)
    if version >= (0, 8, 3):
        args = types.SimpleNamespace(micro_rollout_batch_size=1)
        return tensors(client.RemoteRewardModel.remote(args, urls).get_rewards(queries, prompts, labels))
    function = client.remote_rm_fn
    given = {"queries": queries, "prompts": prompts, "labels": labels}
    takes = function.__code__.co_varnames[: function.__code__.co_argcount]
    answer: torch.Tensor = function(urls[0], **{name: value for name, value in given.items() if name in takes})
    return [float(value) for value in answer]


def tensors(told: list[dict[str, Any]]) -> list[float]:
    """What trainers do with the answers: every list becomes a tensor."""
    for field in ("rewards", "scores"):
        joined = torch.cat([torch.as_tensor(answer[field]) for answer in told], dim=0)
        assert joined.isfinite().all(), (field, joined)
    for answer in told:
        for name, column in answer.get("extra_logs", {}).items():
            assert torch.tensor([column]).dtype.is_floating_point, name
    return [float(value) for value in torch.cat([torch.as_tensor(answer["rewards"]) for answer in told])]


def main(url: str, wheels: str, key: str | None = None) -> None:
    """Every release gets the rewards that the service's own door gives."""
    logging.basicConfig(level=logging.WARNING)
    stand_ins()
    samples: list[Sample] = [
        {"messages": [{"role": "user", "content": "What is 17 + 25?"}], "completion": completion}
        for completion in COMPLETIONS
    ]
    with Client(url, api_key=key) as client:
        expected = client.score("helpful", samples).rewards
    address = url.replace("://", f"://trainer:{key}@") if key else url
    for wheel in sorted(Path(wheels).glob("openrlhf-*.whl"), key=release):
        with tempfile.TemporaryDirectory() as folder:
            found = rewards(load(wheel, folder), release(wheel), [f"{address}/get_reward"] * 2)
        close = [abs(a - (b or 0.0)) < 1e-5 for a, b in zip(found, expected, strict=True)]
        assert all(close), (wheel.name, found, expected)
        sys.stdout.write(f"{wheel.name.split('-')[1]}: {found}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
