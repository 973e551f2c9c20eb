"""The same reward model behind assay and behind a server in the style of OpenRLHF's `serve_rm`, in the same run.

Makes a classifier in the shape of MiniLM (6 layers, 384 wide, 30 522 words; seeded weights), serves it with
FastAPI, transformers and torch on the CPU as OpenRLHF's `cli/serve_rm.py` does (an async handler that scores what
one request brings), and with assay through the same door, `POST /get_reward`. 64 clients send one text of 64 to 128
tokens at a time, each request on a connection of its own, as OpenRLHF's client does; every text is another one, and
assay's cache is off. The two take turns, round by round. Printed: samples per second and latency percentiles of both,
and the ratio; the rewards of both must agree.

    cargo build --release
    python benches/peers/serve_rm.py target/release/assay [--venv DIR] [--rounds 3] [--seconds 10] [--json OUT]

Makes a virtual environment with torch, transformers, fastapi and uvicorn from PyPI, or uses the one in DIR.
"""

import argparse
import asyncio
import json
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import seeded

PACKAGES = ["torch", "transformers", "fastapi", "uvicorn", "safetensors"]
CLIENTS = 64
WORDS = 30522 - 5


def serve(folder, port):
    """As OpenRLHF's `serve_rm`: the handler tokenises, scores and answers, and nothing else runs meanwhile."""
    import torch
    import uvicorn
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    app = FastAPI()

    @app.post("/get_reward")
    async def get_reward(request: Request):
        queries = (await request.json())["query"]
        with torch.no_grad():
            inputs = tokenizer(queries, return_tensors="pt", max_length=512, padding=True, truncation=True)
            rewards = model(**inputs).logits[:, 0].tolist()
        return JSONResponse({"rewards": rewards, "scores": rewards, "extra_logs": {"dummy_scores": rewards}})

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def text(number):
    """A text of 62 to 126 words: with the two marks, 64 to 128 tokens. Each number is another one."""
    words = random.Random(number)
    return " ".join(f"w{words.randrange(WORDS)}" for _ in range(words.randint(62, 126)))


async def ask(port, query):
    """One request on a connection of its own; its reward."""
    body = json.dumps({"query": [query]}).encode()
    head = f"POST /get_reward HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nconnection: close\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == b"200", answer
    return json.loads(body)["rewards"][0]


async def load(port, seconds, first):
    """Samples per second and the latencies, over all clients."""
    took, numbers = [], iter(range(first, first + 10_000_000))
    begun = time.monotonic()

    async def client():
        while time.monotonic() - begun < seconds:
            query = text(next(numbers))
            asked = time.monotonic()
            await ask(port, query)
            took.append(time.monotonic() - asked)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return len(took) / (time.monotonic() - begun), sorted(took)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port, process):
    for _ in range(600):
        assert process.poll() is None, "a server ended"
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(port)


def agree(ports):
    """Rewards of both, on the same texts."""

    async def rewards(port):
        return [await ask(port, text(-number)) for number in range(1, 17)]

    theirs, ours = (asyncio.run(rewards(port)) for port in ports)
    worst = max(abs(a - b) for a, b in zip(theirs, ours))
    assert worst < 1e-3, (theirs, ours)
    assert statistics.stdev(ours) > 10 * worst, ours
    return worst


def measure(arguments, folder, python):
    model = Path(folder) / "model"
    subprocess.run([python, __file__, "--make", model], check=True)
    settings = Path(folder) / "assay.toml"
    settings.write_text(
        '[engine]\ncache_entries = 0\n[models.rm]\npath = "model"\nformat = "raw"\n'
        '[pipelines.rm]\noutput = "rm"\nnodes.rm = { kind = "reward_models", models = ["rm"] }\n'
        '[doors.openrlhf]\npipeline = "rm"\nsource_template = "none"\n'
    )
    ports = [free_port(), free_port()]
    commands = [
        [python, __file__, "--serve", model, str(ports[0])],
        [arguments.binary, "serve", "--config", settings, "--listen", f"127.0.0.1:{ports[1]}", "--log", "warn"],
    ]
    servers = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    try:
        for port, server in zip(ports, servers):
            wait_for(port, server)
        worst = agree(ports)
        results = {"serve_rm": [], "assay": []}
        for number in range(arguments.rounds + 1):
            for name, port in zip(results, ports):
                first = (number * 2 + (name == "assay")) * 10_000_000
                measured = asyncio.run(load(port, arguments.seconds if number else 2, first))
                # The first round warms up.
                if number:
                    results[name].append(measured)
    finally:
        for server in servers:
            server.terminate()
            server.wait()
    return results, worst


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--venv")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(arguments.venv or Path(folder) / "venv")
        python = environment / "bin/python"
        if not python.exists():
            venv.create(environment, with_pip=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        results, worst = measure(arguments, folder, python)
    summary = {"greatest_difference_of_rewards": worst}
    for name, rounds in results.items():
        rate = statistics.median(rate for rate, _ in rounds)
        took = sorted(one for _, all_of_it in rounds for one in all_of_it)
        p50, p95 = (1000 * took[int(share * (len(took) - 1))] for share in (0.5, 0.95))
        summary[name] = {"samples_per_s": rate, "p50_ms": p50, "p95_ms": p95}
        print(f"{name:<10} {rate:8.1f} samples/s   p50 {p50:8.1f} ms   p95 {p95:8.1f} ms")
    print(f"ratio      {summary['assay']['samples_per_s'] / summary['serve_rm']['samples_per_s']:8.2f}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(summary, indent=1))


if __name__ == "__main__":
    if sys.argv[1] == "--make":
        seeded.minilm(sys.argv[2])
    elif sys.argv[1] == "--serve":
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        main()
