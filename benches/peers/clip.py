"""Scores the same images with this service and with transformers, Pillow and torch, in the same run on the same
machine, and prints images per second and their ratios.

    pip install -r tests/golden/requirements.txt
    cargo bench --bench clip --no-run
    python benches/peers/clip.py target/release/deps/clip-… [--work DIR] [--threads 2] [--json OUT]

Weights: random ones in the shape of ViT-B/32 (seeded), and the shipped tiny CLIP. Images: 64 PNG files of 512 x 512
pixels for the former, 64 of 1024 x 1024 for the latter. Python's job begins with the files' bytes in memory and ends
with the cosines: decode, the slow image processor (the one that is exact), the model on the whole batch. The service
does that and JSON or multipart over loopback besides. Both do each job in turn, so that whatever else the machine
does befalls both; medians of five rounds after a first one.
"""

import argparse
import io
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import CLIPConfig, CLIPModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

ROOT = Path(__file__).parents[2]
COUNT = 64
ROUNDS = 5


def make_model(folder):
    if (folder / "model.safetensors").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    CLIPModel(CLIPConfig()).save_pretrained(folder)
    words = {word: index for index, word in enumerate("a red circle <unk>".split())}
    tokenizer = Tokenizer(models.WordLevel(words | {"<bos>": 49406, "<eos>": 49407}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A <eos>", special_tokens=[("<bos>", 49406), ("<eos>", 49407)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    CLIPImageProcessorPil().save_pretrained(folder)


def make_images(folder, side):
    if folder.exists():
        return
    folder.mkdir(parents=True)
    rng = np.random.default_rng(side)
    y, x = np.mgrid[0:side, 0:side]
    for index in range(COUNT):
        waves = [
            127 + 90 * np.sin(x / rng.uniform(20, 200) + y / rng.uniform(20, 200) + rng.uniform(0, 6)) for _ in range(3)
        ]
        # Noise as of a sensor, so that the file is as hard to decode as a photograph.
        pixels = np.stack(waves, -1) + rng.normal(0, 6, (side, side, 3))
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / f"{index:03}.png")


class Assay:
    """The service, which does a job each time its name is written to it."""

    def __init__(self, binary, work):
        self.process = subprocess.Popen([binary, work], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def rate(self, job):
        print(job, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def timed(things, job):
    begun = time.perf_counter()
    job()
    return things / (time.perf_counter() - begun)


def in_turn(*jobs):
    """Each job's median rate over the rounds after the first, in which caches and clocks warm up."""
    rounds = [[job() for job in jobs] for _ in range(ROUNDS + 1)]
    return [statistics.median(rates) for rates in zip(*rounds[1:], strict=True)]


def unit(features):
    features = features if isinstance(features, torch.Tensor) else features.pooler_output
    return features / features.norm(dim=-1, keepdim=True)


def python(folder, images, ids):
    model = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
    processor = CLIPImageProcessorPil.from_pretrained(folder)
    files = [path.read_bytes() for path in sorted(images.iterdir())]
    ids = torch.tensor([ids])

    def pixels():
        return processor([Image.open(io.BytesIO(data)).convert("RGB") for data in files], return_tensors="pt")[
            "pixel_values"
        ]

    def whole():
        return unit(model.get_image_features(pixel_values=pixels())) @ unit(model.get_text_features(input_ids=ids)).T

    ready = pixels()
    no_grad = torch.no_grad()
    return {
        "compute": lambda: timed(len(files), no_grad(lambda: model.get_image_features(pixel_values=ready))),
        "whole": lambda: timed(len(files), no_grad(whole)),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=Path)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "assay-bench-clip")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    make_model(args.work / "b32")
    for side in (512, 1024):
        make_images(args.work / str(side), side)
    assay = Assay(args.binary, args.work)
    peers = {
        "b32": python(args.work / "b32", args.work / "512", [49406, 0, 1, 2, 49407]),
        "tiny": python(ROOT / "models" / "tiny-clip", args.work / "1024", [2, 3, 23, 9, 32]),
    }
    figures = {}
    print(f"{'images per second':32} {'assay':>9} {'Python':>9} {'ratio':>7}")
    for name, job, peer in [
        ("ViT-B/32, the model alone", "compute", peers["b32"]["compute"]),
        ("ViT-B/32, PNG 512, JSON", "b32_json", peers["b32"]["whole"]),
        ("ViT-B/32, PNG 512, multipart", "b32_multipart", peers["b32"]["whole"]),
        ("tiny, PNG 1024, JSON", "tiny_json", peers["tiny"]["whole"]),
        ("tiny, PNG 1024, multipart", "tiny_multipart", peers["tiny"]["whole"]),
    ]:
        ours, theirs = in_turn(lambda job=job: assay.rate(job), peer)
        print(f"{name:32} {ours:9.1f} {theirs:9.1f} {ours / theirs:7.2f}", flush=True)
        figures[job] = {"assay": ours, "python": theirs}
    (texts,) = in_turn(lambda: assay.rate("cached_texts"))
    print(f"{'cached texts per second':32} {texts:9.0f}")
    figures["cached_texts"] = {"assay": texts}
    assay.close()
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")


main()
