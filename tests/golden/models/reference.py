"""Scores by transformers, one sequence at a time, with eager attention, in float32 and in float64."""

import json
from contextlib import contextmanager

import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification

import heads


@contextmanager
def in_double():
    """transformers computes norms, softmax and rotary angles in float32 whatever the weights are; here it cannot."""
    names = {(torch, "float32"), (torch, "float"), (torch.Tensor, "float")}
    saved = [(owner, name, getattr(owner, name)) for owner, name in names]
    torch.set_default_dtype(torch.float64)
    torch.float32 = torch.float = torch.float64
    torch.Tensor.float = torch.Tensor.double
    try:
        yield
    finally:
        for owner, name, value in saved:
            setattr(owner, name, value)
        torch.set_default_dtype(torch.float32)


def class_of(folder):
    """The class of our own for the folder's architecture, if transformers has none."""
    settings = json.loads((folder / "config.json").read_text())
    return heads.CLASSES.get(settings["architectures"][0]), settings


def build(folder):
    own, settings = class_of(folder)
    config = heads.config_of(folder, settings)
    config._attn_implementation = "eager"
    if own:
        return own(config)
    return AutoModelForSequenceClassification.from_config(config)


def empty_model(folder):
    """The architecture of a folder's config.json in float64, its weights still to come."""
    with in_double():
        return build(folder).double().eval()


def load_f32(folder):
    """The folder loaded as a user would; every tensor must be there and wanted."""
    own, _ = class_of(folder)
    if own:
        model = build(folder)
        model.load_state_dict(load_file(folder / "model.safetensors"))
        return model.float().eval()
    model, info = AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    assert not any(info.values()), info
    return model.eval()


def load_f64(folder):
    model = empty_model(folder)
    model.load_state_dict({name: tensor.double() for name, tensor in load_f32(folder).state_dict().items()})
    return model


def head_of(model):
    """The last linear layer, and its name."""
    own = [model.head] if isinstance(model, heads.Headed) else []
    for name in own or ["score", "classifier.out_proj", "classifier"]:
        try:
            return model.get_submodule(name), name
        except AttributeError:
            continue
    raise AssertionError("no head")


@torch.no_grad()
def features(model, item):
    """What the head reads: of the last token for decoders, of the pooled sequence for encoders; rows."""
    if isinstance(model, heads.Headed):
        return with_dtype(model, lambda: model.features(item))
    return pooled(model, item)[0][None]


def pooled(model, item):
    seen = []
    head, name = head_of(model)
    hook = head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    logits = run(model, item)
    hook.remove()
    return (seen[0][0, -1] if name == "score" else seen[0][0]), logits


@torch.no_grad()
def score(model, item):
    """What the model says, and the logits where transformers reads them: they differ after a trailing pad token."""
    if isinstance(model, heads.Headed):
        return with_dtype(model, lambda: model.read(item)), None
    inputs, logits = pooled(model, item)
    return {"logits": head_of(model)[0](inputs).tolist()}, logits.tolist()


def run(model, item):
    inputs = {"input_ids": torch.tensor([item["ids"]])}
    if "token_type_ids" in item:
        inputs["token_type_ids"] = torch.tensor([item["token_type_ids"]])
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    return with_dtype(model, lambda: model(**inputs).logits[0])


def with_dtype(model, compute):
    if model.dtype == torch.float64:
        with in_double():
            return compute()
    return compute()
