"""Scores by transformers, one sequence at a time, with eager attention, in float32 and in float64."""

from contextlib import contextmanager

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification


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


def empty_model(folder):
    """The architecture of a folder's config.json in float64, its weights still to come."""
    config = AutoConfig.from_pretrained(folder)
    config._attn_implementation = "eager"
    with in_double():
        return AutoModelForSequenceClassification.from_config(config).double().eval()


def load_f32(folder):
    """The folder loaded as a user would; every tensor must be there and wanted."""
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
    for name in ("score", "classifier.out_proj", "classifier"):
        try:
            return model.get_submodule(name), name
        except AttributeError:
            continue
    raise AssertionError("no head")


@torch.no_grad()
def features(model, item):
    """What the head reads: of the last token for decoders, of the pooled sequence for encoders."""
    seen = []
    head, name = head_of(model)
    hook = head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    logits = run(model, item)
    hook.remove()
    return (seen[0][0, -1] if name == "score" else seen[0][0]), logits


def score(model, item):
    """(logits at the last token, logits where transformers reads them): they differ after a trailing pad token."""
    inputs, pooled = features(model, item)
    with torch.no_grad():
        return head_of(model)[0](inputs).tolist(), pooled.tolist()


def run(model, item):
    inputs = {"input_ids": torch.tensor([item["ids"]])}
    if "token_type_ids" in item:
        inputs["token_type_ids"] = torch.tensor([item["token_type_ids"]])
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    if model.dtype == torch.float64:
        with in_double():
            return model(**inputs).logits[0]
    return model(**inputs).logits[0]
