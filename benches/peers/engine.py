"""The same models in assay's engine, in transformers with torch (sdpa) and in onnxruntime, in the same run.

Models of seeded random weights: an encoder in the shape of MiniLM over 64 texts of log-normal lengths (`64xmix`) and
over fixed shapes, one in the shape of DeBERTa-v3's small one, and a decoder of eight layers as wide as Qwen2's of half
a billion. All use the same number of threads and take turns, round by round; printed are the medians in tokens per
second, and assay's share of the best of the peers. torch and onnxruntime read mixed lengths one by one, and in batches
of 4 and 16, in order of arrival and sorted by length; fixed shapes go as one batch. Scores of assay and of torch on the
same texts must agree.

    cargo build --release
    pip install torch transformers onnx onnxscript onnxruntime
    python benches/peers/engine.py target/release/assay [--rounds 5] [--threads 2] [--work DIR] [--json OUT] [--only NAME]
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification

import seeded

# By name: what makes the model, and the shapes it reads.
MODELS = {
    "minilm": (seeded.minilm, ["64xmix", "8x128", "32x128"]),
    "deberta": (seeded.deberta, ["64xmix", "8x128", "8x512"]),
    "qwen2": (seeded.qwen2, ["8x128", "8x256+256", "8x512"]),
}
FIXED = {"whole": lambda lengths: [list(range(len(lengths)))]}


def by(size, sort):
    """Cuts texts into batches of one size."""

    def cut(lengths):
        order = sorted(range(len(lengths)), key=lengths.__getitem__) if sort else list(range(len(lengths)))
        return [order[start : start + size] for start in range(0, len(order), size)]

    return cut


MIXED = {"1": by(1, False), "4": by(4, False), "16": by(16, False), "4 sorted": by(4, True), "16 sorted": by(16, True)}


class Torch:
    name = "torch"

    def __init__(self, folder, _):
        # DeBERTa's attention is none that torch has fused.
        attention = "eager" if folder.name == "deberta" else "sdpa"
        self.model = AutoModelForSequenceClassification.from_pretrained(
            folder, attn_implementation=attention, dtype=torch.float32
        ).eval()

    @torch.inference_mode()
    def __call__(self, ids, mask):
        # A batch without padding needs no mask, and is faster without.
        mask = None if mask.all() else torch.from_numpy(mask)
        return self.model(input_ids=torch.from_numpy(ids), attention_mask=mask).logits[:, 0].numpy()


class Onnx:
    name = "onnxruntime"

    def __init__(self, folder, threads):
        import onnxruntime

        file = folder / "model.onnx"
        if not file.exists():
            export(folder, file)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def __call__(self, ids, mask):
        return self.session.run(None, {"ids": ids, "mask": mask})[0][:, 0]


def export(folder, file):
    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = Torch(folder, 0).model

        def forward(self, ids, mask):
            return self.model(input_ids=ids, attention_mask=mask).logits

    ids, mask = torch.full((2, 16), 7), torch.ones((2, 16), dtype=torch.int64)
    mask[1, 10:] = 0
    axes = {name: {0: "batch", 1: "length"} for name in ("ids", "mask")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Logits(), (ids, mask), str(file), input_names=["ids", "mask"], output_names=["logits"],
            dynamic_axes=axes, opset_version=17, dynamo=False,
        )


def padded(texts):
    ids = np.zeros((len(texts), max(map(len, texts))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, text in enumerate(texts):
        ids[row, : len(text)], mask[row, : len(text)] = text, 1
    return ids, mask


def texts_of(lengths, seed):
    """Random words; never a special token."""
    rng = np.random.default_rng(seed)
    return [rng.integers(5, 2000, length).tolist() for length in lengths]


def seconds(peer, texts, cut):
    begun = time.perf_counter()
    for batch in cut([len(text) for text in texts]):
        peer(*padded([texts[index] for index in batch]))
    return time.perf_counter() - begun


def assay(binary, folder, shape, threads):
    """One pass over a shape, after one that is not counted: tokens a second, and the lengths of its texts."""
    command = [binary, "bench", folder, "--shapes", shape, "--modes", "packed", "--rounds", "1", "--json"]
    environment = os.environ | {"RAYON_NUM_THREADS": str(threads)}
    answer = subprocess.run(command, check=True, capture_output=True, env=environment).stdout
    measured = json.loads(answer)["measurements"][0]
    return measured["tokens_per_s"], measured["lengths"]


def agree(binary, folder, peer):
    """The greatest difference of scores on texts of several lengths, as a share of their spread."""
    texts = texts_of([6, 33, 100, 250, 128, 64], 1)
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    words = {place: word for word, place in vocabulary.items()}
    config = folder.parent / f"{folder.name}.toml"
    config.write_text(
        f'[models.rm]\npath = "{folder.name}"\nformat = "raw"\n'
        '[pipelines.rm]\noutput = "rm"\nnodes.rm = { kind = "reward_models", models = ["rm"] }\n'
    )
    samples = [{"prompt": "", "completion": " ".join(words[id] for id in text)} for text in texts]
    given = "".join(json.dumps(sample) + "\n" for sample in samples)
    command = [binary, "score", "--config", config, "--pipeline", "rm"]
    lines = subprocess.run(command, input=given, capture_output=True, check=True, text=True).stdout.splitlines()
    ours = np.array([json.loads(line)["reward"] for line in lines])
    marked = '"[CLS]"' in (folder / "tokenizer_config.json").read_text()
    whole = [[2, *text, 3] if marked else text for text in texts]
    theirs = np.array([peer(*padded([text]))[0] for text in whole])
    worst = np.abs(ours - theirs).max() / theirs.std()
    assert worst < 1e-3, (ours, theirs)
    return worst


def measure(arguments, folder, peers, shape):
    """Medians of tokens per second, by engine and way of batching."""
    _, lengths = assay(arguments.binary, folder, shape, arguments.threads)
    tokens, ways = sum(lengths), MIXED if "mix" in shape else FIXED
    rates = {"assay": []} | {f"{peer.name} {way}": [] for peer in peers for way in ways}
    jobs = [(f"{peer.name} {way}", peer, cut) for peer in peers for way, cut in ways.items()]
    for number in range(arguments.rounds + 1):
        texts = texts_of(lengths, number)
        random.Random(number).shuffle(jobs)
        for name, peer, cut in jobs:
            taken = seconds(peer, texts, cut)
            # The first round warms up.
            if number:
                rates[name].append(tokens / taken)
        if number:
            rates["assay"].append(assay(arguments.binary, folder, shape, arguments.threads)[0])
    return {name: statistics.median(values) for name, values in rates.items()}


def report(name, shape, rates):
    best = max((name for name in rates if name != "assay"), key=rates.get, default=None)
    print(f"\n{name} {shape}")
    for engine, rate in rates.items():
        print(f"  {engine:24} {rate:9.0f} tokens/s")
    if best:
        for engine in ("torch", "onnxruntime"):
            rate = max(rate for name, rate in rates.items() if name.startswith(engine))
            print(f"  assay of {engine + ' at best':24} {rates['assay'] / rate:6.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "assay-bench-engine")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=MODELS, action="append", help="this model; may be given again")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    results = {}
    for name, (make, shapes) in MODELS.items():
        if arguments.only and name not in arguments.only:
            continue
        folder = arguments.work / name
        if not (folder / "model.safetensors").exists():
            make(folder)
        peers = [Torch(folder, arguments.threads), Onnx(folder, arguments.threads)]
        results[name] = {"greatest_difference": float(agree(arguments.binary, folder, peers[0]))}
        for shape in shapes:
            # A shared prompt is something that the peers do not have.
            rates = measure(arguments, folder, [] if "+" in shape else peers, shape)
            report(name, shape, rates)
            results[name][shape] = rates
        if name == "qwen2":
            ratio = results[name]["8x256+256"]["assay"] / results[name]["8x512"]["assay"]
            print(f"\na group of 8 against 8 that share nothing: {ratio:.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
