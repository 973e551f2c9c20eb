"""What releases of OpenRLHF send to a remote reward model, and what their own server answers.

    pip install torch fastapi httpx requests aiohttp
    for v in 0.4.0.post2 ...; do pip download --no-deps --dest wheels openrlhf==$v; done
    python record.py wheels                # rewrites VERSION.json beside this file; --check compares only

Each release's own client code (`utils/remote_rm_utils.py`, from 0.9.10 `utils/agent.py`) posts to a server that
records, and each release's own server (`cli/serve_rm.py`) answers what was recorded. Replaced are only the
packages that need GPUs or a cluster: ray (calls at once), the model (a number from the text), the tokenizer.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import re
import runpy
import sys
import tempfile
import threading
import types
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import torch

HERE = Path(__file__).parent

# Prompt, completion and label: as policies' templates write them. Padded where releases pad.
CHATML = ("<|im_start|>user\nWhat is 17 + 25?<|im_end|>\n<|im_start|>assistant\n", "17 + 25 = 42.<|im_end|>", "42")
LLAMA3 = (
    "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nName three primary colours.<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\n",
    "Red, yellow and blue.<|eot_id|>",
    None,
)
MISTRAL = ("<s> [INST] What is 17 + 25? [/INST]", " 17 + 25 = 42.</s>", {"answer": "42"})
GEMMA = ("<bos><start_of_turn>user\nWhy?<end_of_turn>\n<start_of_turn>model\n", "Because.<end_of_turn>", "")


class Recorder(BaseHTTPRequestHandler):
    """Keeps bodies; answers as a reward server does."""

    bodies: list[Any] = []

    def do_POST(self) -> None:  # noqa: N802 - the library's name
        """Record one request."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert self.headers["content-type"] == "application/json", self.headers
        self.bodies.append(body)
        rewards = [0.5 for _ in body["query"]]
        answer = json.dumps({"rewards": rewards, "scores": rewards, "extra_logs": {"x": rewards}}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class Remote:
    """A function or class of a cluster, called here and now."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def remote(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        return self._target(*args, **kwargs)


def module(name: str, **members: Any) -> None:
    """A stand-in for a module."""
    stand_in = types.ModuleType(name)
    vars(stand_in).update(members)
    sys.modules[name] = stand_in


def load(name: str, path: Path) -> Any:
    """A release's module, without its package."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def stand_ins() -> None:
    """The packages that are not what is recorded."""
    module("openrlhf")
    module("openrlhf.utils", get_tokenizer=lambda *_, **__: Tokenizer())
    module("openrlhf.utils.logging_utils", init_logger=logging.getLogger)
    module("openrlhf.utils.config", hierarchize=hierarchize)
    module("openrlhf.models", get_llm_for_sequence_regression=lambda *_, **__: Model())
    module("ray", remote=Remote, get=lambda done: done)


def hierarchize(flat: Any) -> Any:
    """`a.b` as `a`'s `b`."""
    tree = types.SimpleNamespace()
    for name, value in vars(flat).items():
        *path, last = name.split(".")
        node = tree
        for step in path:
            node.__dict__.setdefault(step, types.SimpleNamespace())
            node = getattr(node, step)
        setattr(node, last, value)
    return tree


class Tokenizer:
    """Tokens are code points, padded on the left."""

    pad_token = "<pad>"  # noqa: S105 - no secret
    eos_token = "</s>"  # noqa: S105 - no secret

    def __call__(self, texts: list[str], **_: Any) -> dict[str, torch.Tensor]:
        """Tokens of texts."""
        longest = max(map(len, texts))
        rows = [[0] * (longest - len(text)) + [ord(letter) for letter in text] for text in texts]
        ids = torch.tensor(rows)
        return {"input_ids": ids, "attention_mask": (ids > 0).long()}


class Model:
    """Rewards are a thousandth of the length."""

    device = "cpu"

    def eval(self) -> None:
        """Nothing to switch."""

    def __call__(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """A number a row."""
        del ids
        return mask.sum(-1).float() / 1000


def sent(code: Path, version: tuple[int, ...], urls: list[str]) -> None:
    """Let the release's client send."""
    samples = [CHATML, LLAMA3, MISTRAL, GEMMA]
    queries = [prompt + completion for prompt, completion, _ in samples]
    prompts, labels = [prompt for prompt, _, _ in samples], [label for _, _, label in samples]
    if version < (0, 5, 9):
        # Sequences of a batch are decoded with their padding.
        queries[0] = "<|endoftext|>" * 3 + queries[0] + "<|endoftext|>"
    if version >= (0, 9, 10):
        client = load("agent", code / "utils/agent.py")
        executor = client.SingleTurnAgentExecutor(urls)
        for query, prompt, label in zip(queries, prompts, labels, strict=True):
            asyncio.run(executor._fetch_rewards_via_http([query], [prompt], [label]))
        return
    client = load("client", code / "utils/remote_rm_utils.py")
    if version >= (0, 8, 3):
        # One query more than an even share: the last server gets nothing.
        args = types.SimpleNamespace(micro_rollout_batch_size=1)
        model = client.RemoteRewardModel.remote(args, urls)
        model.get_rewards(queries, prompts, labels)
        model.get_rewards(queries[:1], prompts[:1], labels[:1])
        return
    given = {"queries": queries, "prompts": prompts, "labels": labels}
    takes = client.remote_rm_fn.__code__.co_varnames[: client.remote_rm_fn.__code__.co_argcount]
    client.remote_rm_fn(urls[0], **{name: value for name, value in given.items() if name in takes})


def answered(code: Path, bodies: list[Any]) -> list[Any]:
    """What the release's own server answers."""
    from fastapi.testclient import TestClient  # noqa: PLC0415 - after the stand-ins

    served: list[Any] = []
    module("uvicorn", run=lambda app, **_: served.append(app))
    arguments, sys.argv = sys.argv, ["serve_rm"]
    runpy.run_path(str(code / "cli/serve_rm.py"), run_name="__main__")
    sys.argv = arguments
    replies = []
    with TestClient(served[0], raise_server_exceptions=False) as client:
        for body in bodies:
            answer = client.post("/get_reward", json=body)
            replies.append(answer.json() if answer.is_success else {"status": answer.status_code})
    return replies


def record(wheel: Path) -> str:
    """One release's exchanges."""
    name = wheel.name.split("-")[1]
    version = tuple(int(number) for number in re.findall(r"\d+", name)[:3])
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Recorder) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    urls = [f"http://127.0.0.1:{server.server_port}/get_reward" for server in servers]
    Recorder.bodies = []
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(wheel).extractall(folder)
        (code,) = (path.parent for path in Path(folder).rglob("openrlhf/__init__.py"))
        stand_ins()
        sent(code, version, urls)
        bodies = [body for _, body in sorted(enumerate(Recorder.bodies), key=lambda pair: not pair[1]["query"])]
        bodies = [body for place, body in enumerate(bodies) if body not in bodies[:place]]
        exchanges = [
            {"request": request, "reply": reply}
            for request, reply in zip(bodies, answered(code, bodies), strict=True)
        ]
    for server in servers:
        server.shutdown()
    return json.dumps({"openrlhf": name, "exchanges": exchanges}, indent=1, ensure_ascii=False) + "\n"


def main(wheels: str, *, check: bool) -> None:
    """Every release's file."""
    logging.disable()
    for wheel in sorted(Path(wheels).glob("openrlhf-*.whl")):
        text = record(wheel)
        path = HERE / f"{wheel.name.split('-')[1]}.json"
        if check:
            assert path.read_text() == text, path
        else:
            path.write_text(text)
        sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main(sys.argv[1], check="--check" in sys.argv)
