"""Writes tiny CLIP and SigLIP checkpoints with seeded weights, and what transformers computes with them.

    python tests/golden/clip/make.py [--check]

Each case is a folder in Hugging Face layout with `expected.json`: embeddings (of length 1) of texts and of the
images of `tests/golden/images`, in float64 from the pixels of the slow image processor, and logits.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoModel, CLIPConfig, CLIPModel, SiglipConfig, SiglipModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "models"))
from reference import in_double  # noqa: E402
from weights import draw  # noqa: E402

IMAGES = ["smooth", "noise", "tall", "grey_alpha", "palette", "one_pixel"]
TEXTS = {
    "short": "a red circle",
    "one word": "square",
    "nothing": "",
    "unknown words": "a zebra on the moon",
    "upper case": "A Large BLUE Star",
    "too long": "a " * 9 + "red circle on a blue square",
    "added token": "a <new> circle",
}
WORDS = "a red blue large circle square star on the".split()


def tower(**more):
    return {
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        **more,
    }


def clip(eos, act, vocab, **text):
    return CLIPConfig(
        text_config=tower(
            vocab_size=vocab, max_position_embeddings=12, eos_token_id=eos, bos_token_id=1, pad_token_id=0,
            hidden_act=act, **text,
        ),
        vision_config=tower(image_size=16, patch_size=4, hidden_act=act, hidden_size=36),
        projection_dim=16,
    )


def siglip(act):
    return SiglipConfig(
        text_config=tower(vocab_size=14, max_position_embeddings=12, hidden_act=act, pad_token_id=0, eos_token_id=2,
                          bos_token_id=1),
        vision_config=tower(image_size=16, patch_size=4, hidden_act=act),
    )


# Name: configuration, id of the end of text, ids of added tokens.
SPECIALS = ["<pad>", "<bos>"]
CASES = {
    # The end of text has the greatest id.
    "clip": (clip(11, "quick_gelu", 12), 11, {}),
    # The same with the wrong `eos_token_id` of old configurations: read at the greatest id.
    "clip_legacy": (clip(2, "gelu", 12), 11, {}),
    # A token above the end of text: read at the first end of text.
    "clip_added": (clip(11, "gelu_pytorch_tanh", 13, layer_norm_eps=1e-3), 11, {"<new>": 12}),
    "siglip": (siglip("gelu_pytorch_tanh"), 2, {}),
}


def tokenizer(name, eos, added):
    vocabulary = {"<pad>": 0, "<bos>": 1}
    free = (index for index in range(2, 100) if index != eos and index not in added.values())
    vocabulary |= {word: next(free) for word in WORDS}
    vocabulary |= {"<eos>": eos} | added
    if name == "siglip":
        vocabulary["<unk>"] = next(free)
    unknown = "<unk>" if name == "siglip" else "the"
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(["<pad>", "<bos>", "<eos>", *added])
    start = "" if name == "siglip" else "<bos> "
    specials = [(token, vocabulary[token]) for token in ["<bos>", "<eos>"]]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start}$A <eos>", special_tokens=specials
    )
    return tokenizer


def ids_of(tokenizer, text, limit, pad):
    tokenizer.enable_truncation(limit)
    if pad is not None:
        tokenizer.enable_padding(length=limit, pad_id=pad, pad_token="<pad>")
    ids = tokenizer.encode(text).ids
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return ids


def processor(config):
    size = config.vision_config.image_size
    if isinstance(config, SiglipConfig):
        return SiglipImageProcessorPil(size={"height": size, "width": size})
    return CLIPImageProcessorPil(size={"shortest_edge": size}, crop_size={"height": size, "width": size})


def unit(vector):
    return (vector / vector.norm(dim=-1, keepdim=True))[0].tolist()


def pooled(output):
    """Features were tensors before transformers 5."""
    return output if isinstance(output, torch.Tensor) else output.pooler_output


def aesthetic(name, width):
    """LAION's head, smaller: maps in a row without activations."""
    sizes = {"layers.0": 8, "layers.2": 6, "layers.4": 5, "layers.6": 4, "layers.7": 1}
    tensors = {}
    for layer, out in sizes.items():
        tensors[f"{layer}.weight"] = torch.from_numpy(draw(7, f"{name}/{layer}.weight", (out, width)))
        tensors[f"{layer}.bias"] = torch.from_numpy(draw(7, f"{name}/{layer}.bias", (out,)))
        width = out
    return tensors


def score(head, vector):
    x = torch.tensor(vector, dtype=torch.float64)
    for layer in ["layers.0", "layers.2", "layers.4", "layers.6", "layers.7"]:
        x = head[f"{layer}.weight"].double() @ x + head[f"{layer}.bias"].double()
    return x.item()


def write(name, folder):
    config, eos, added = CASES[name]
    folder.mkdir(exist_ok=True)
    model = (SiglipModel if name == "siglip" else CLIPModel)(config)
    state = {}
    for key, value in model.state_dict().items():
        fixed = {"logit_scale": 2.3, "logit_bias": -3.5}.get(key)
        if fixed is None:
            state[key] = torch.from_numpy(draw(11, key, tuple(value.shape)).copy())
        else:
            state[key] = torch.full_like(value, fixed)
    model.load_state_dict(state)
    model.save_pretrained(folder)
    tokenizer(name, eos, added).save(str(folder / "tokenizer.json"))
    processor(config).save_pretrained(folder)
    if name == "clip":
        save_file(aesthetic(name, config.projection_dim), str(folder / "aesthetic.safetensors"))


@torch.no_grad()
def expect(name, folder):
    config, eos, added = CASES[name]
    loaded = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    with in_double():
        model = type(loaded)._from_config(config, attn_implementation="eager").double().eval()
        model.load_state_dict({key: value.double() for key, value in loaded.state_dict().items()})
    tokens = tokenizer(name, eos, added)
    pad = 0 if name == "siglip" else None
    expected = {"versions": {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]}}
    texts, images = {}, {}
    with in_double():
        for label, text in TEXTS.items():
            ids = ids_of(tokens, text, 12, pad)
            features = pooled(model.get_text_features(input_ids=torch.tensor([ids])))
            texts[label] = {"text": text, "ids": ids, "embedding": unit(features)}
    slow = processor(config)
    for label in IMAGES:
        image = Image.open(HERE.parent / "images" / f"{label}.png").convert("RGB")
        pixels = np.asarray(slow(image, return_tensors="np")["pixel_values"])
        with in_double():
            features = pooled(model.get_image_features(pixel_values=torch.from_numpy(pixels).double()))
        images[label] = {"embedding": unit(features)}
    if name == "clip":
        head = aesthetic(name, config.projection_dim)
        for item in images.values():
            item["aesthetic"] = score(head, item["embedding"])
    scale = model.logit_scale.exp().item()
    bias = model.logit_bias.item() if name == "siglip" else None
    first = lambda items: torch.tensor([item["embedding"] for item in items.values()], dtype=torch.float64)
    logits = scale * first(images) @ first(texts).T + (bias or 0.0)
    return expected | {
        "logit_scale": scale, "logit_bias": bias, "texts": texts, "images": images, "logits": logits.tolist(),
    }


def close(left, right):
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(close(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(close, left, right))
    if isinstance(left, float):
        return abs(left - right) < 1e-9
    return left == right


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    check = parser.parse_args().check
    for name in CASES:
        folder = HERE / name
        if not check:
            write(name, folder)
        expected = expect(name, folder)
        path = folder / "expected.json"
        if check:
            if not close(json.loads(path.read_text()), expected):
                sys.exit(f"{path} differs")
        else:
            path.write_text(json.dumps(expected, indent=1) + "\n")


main()
