"""Scores the same images with this service and with transformers, Pillow and torch, in the same run on the same
machine, and prints images per second and their ratios.

    pip install -r tests/golden/requirements.txt
    cargo bench --bench clip --no-run
    python benches/peers/clip.py target/release/deps/clip-… [--work DIR] [--threads 2] [--json OUT]

Weights: random ones in the shape of ViT-B/32 (seeded), and the shipped tiny CLIP. Images: 64 PNG files of 512 x 512
pixels for the former, 64 of 1024 x 1024 for the latter. Python's job begins with the files' bytes in memory and ends
with the cosines: decode, the slow image processor (the one that is exact), the model on the whole batch. The service
does that and JSON or multipart over loopback besides. Medians of five rounds after a first one.
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


def rate(things, job):
    seconds = []
    for _ in range(ROUNDS + 1):
        begun = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - begun)
    return things / statistics.median(seconds[1:])


def unit(features):
    features = features if isinstance(features, torch.Tensor) else features.pooler_output
    return features / features.norm(dim=-1, keepdim=True)


@torch.no_grad()
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
    return {
        "compute": rate(len(files), lambda: model.get_image_features(pixel_values=ready)),
        "whole": rate(len(files), whole),
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
    ours = json.loads(subprocess.run([args.binary, args.work], check=True, capture_output=True, text=True).stdout)
    tiny = ROOT / "models" / "tiny-clip"
    peers = {
        "b32": python(args.work / "b32", args.work / "512", [49406, 0, 1, 2, 49407]),
        "tiny": python(tiny, args.work / "1024", [2, 3, 23, 9, 32]),
    }
    rows = [
        ("ViT-B/32, the model alone", ours["compute"], peers["b32"]["compute"]),
        ("ViT-B/32, PNG 512, JSON", ours["b32_json"], peers["b32"]["whole"]),
        ("ViT-B/32, PNG 512, multipart", ours["b32_multipart"], peers["b32"]["whole"]),
        ("tiny, PNG 1024, JSON", ours["tiny_json"], peers["tiny"]["whole"]),
        ("tiny, PNG 1024, multipart", ours["tiny_multipart"], peers["tiny"]["whole"]),
    ]
    print(f"{'images per second':32} {'assay':>9} {'Python':>9} {'ratio':>7}")
    for name, our, peer in rows:
        print(f"{name:32} {our:9.1f} {peer:9.1f} {our / peer:7.2f}")
    print(f"{'cached texts per second':32} {ours['cached_texts']:9.0f}")
    if args.json:
        args.json.write_text(json.dumps({"assay": ours, "python": peers}, indent=1) + "\n")


main()
