"""How far transformers' own scores in bfloat16 and float16 lie from its float64 scores, case by case: what the forms of
our operations for GPUs, which are run in those types, are compared with.

    python tests/golden/models/narrow.py          writes narrow.json beside this file

Root mean squares over all numbers of all items of the distance, as a share of the larger of 1 and the number's size. On
a CPU, where products are summed in float32 and rounded once, as on a GPU; eager attention, one sequence at a time.
"""

import json
from pathlib import Path

import numpy as np
import torch

import reference

HERE = Path(__file__).parent
TYPES = {"bf16": torch.bfloat16, "f16": torch.float16}


def numbers(said):
    return np.concatenate([np.ravel(said[key]) for key in ("steps", "logits", "objectives") if key in said])


def distance(folder, items, dtype):
    model = reference.load_f32(folder).to(dtype)
    off = []
    for item in items:
        found, expected = numbers(reference.score(model, item)[0]), numbers(item)
        off.append((found - expected) / np.maximum(1, np.abs(expected)))
    return float(np.sqrt(np.mean(np.concatenate(off) ** 2)))


def main():
    found = {}
    for path in sorted(HERE.glob("*/expected.json")):
        items = json.loads(path.read_text())["items"]
        found[path.parent.name] = {name: distance(path.parent, items, dtype) for name, dtype in TYPES.items()}
        print(path.parent.name, found[path.parent.name], flush=True)
    text = json.dumps({case: {k: float(f"{v:.3g}") for k, v in row.items()} for case, row in found.items()}, indent=1)
    (HERE / "narrow.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
