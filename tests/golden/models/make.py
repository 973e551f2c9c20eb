"""Makes the model goldens: tiny seeded checkpoints in Hugging Face layout, and the numbers transformers gives them.

    python tests/golden/models/make.py            writes every case (or those named)
    python tests/golden/models/make.py --check    makes them again elsewhere and compares
"""

import argparse
import json
import logging
import platform
import sys
import tempfile
from pathlib import Path

import numpy as np
import safetensors
import tokenizers
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

import corpus
import heads
import reference
import weights
from cases import CASES

HERE = Path(__file__).parent
VERSIONS = {
    "python": platform.python_version(), "torch": torch.__version__.split("+")[0],
    "transformers": transformers.__version__, "tokenizers": tokenizers.__version__,
    "safetensors": safetensors.__version__, "numpy": np.__version__,
}
SPECIAL_KEYS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


def make(case, root):
    folder = root / case.name
    folder.mkdir(parents=True, exist_ok=True)
    write_settings(case, folder)
    items = make_items(case, folder)
    save_weights(case, folder, make_weights(case, folder, items))
    score_items(folder, items)
    check_spread(case, items)
    write_expected(case, folder, items)


def write_settings(case, folder):
    tokenizer = case.tokenizer()
    assert tokenizer.get_vocab_size() <= case.config["vocab_size"], tokenizer.get_vocab_size()
    for key in ("bos_token", "eos_token", "pad_token"):
        token, index = case.tokenizer_config.get(key), case.config.get(f"{key}_id")
        content = token["content"] if isinstance(token, dict) else token
        assert content is None or index is None or tokenizer.token_to_id(content) == index, (key, content, index)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    settings = dict(case.tokenizer_config)
    special = {key: plain(settings[key]) for key in SPECIAL_KEYS if settings.get(key)}
    if case.is_decoder and case.template_in == "tokenizer_config.json":
        settings["chat_template"] = case.template_text()
    elif case.is_decoder:
        (folder / case.template_in).write_text(case.template_text())
    write_json(folder / "config.json", case.config)
    write_json(folder / "tokenizer_config.json", settings)
    write_json(folder / "special_tokens_map.json", special)


def plain(token):
    return {key: value for key, value in token.items() if key != "__type"} if isinstance(token, dict) else token


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def make_items(case, folder):
    """The inputs as a correct pipeline turns them into ids; the bare tokenizers library must agree."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    bare = Tokenizer.from_file(str(folder / "tokenizer.json"))
    if case.steps:
        return step_items(case, tokenizer, bare)
    if case.is_decoder:
        return decoder_items(case, tokenizer, bare)
    return encoder_items(case, tokenizer, bare)


def step_items(case, tokenizer, bare):
    """Solutions in steps, with the marker behind each."""
    marker, separator = case.steps["marker"], case.steps["separator"]
    mark = bare.encode(marker, add_special_tokens=False).ids[-1]
    items = []
    for name, question, steps in corpus.solutions():
        answer = separator.join(step + marker for step in steps)
        item = {"name": name, "prompt": question, "steps_given": steps}
        if case.is_decoder:
            messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
            text = tokenizer.apply_chat_template(messages, tokenize=False)
        else:
            text = question + answer
        item["ids"] = tokenizer(text, add_special_tokens=not case.is_decoder)["input_ids"]
        item["marks"] = [at for at, token in enumerate(item["ids"]) if token == mark]
        assert len(item["marks"]) == len(steps), name
        if "good" in case.steps:
            tags = [bare.encode(case.steps[key], add_special_tokens=False).ids for key in ("good", "bad")]
            assert all(len(tag) == 1 for tag in tags), tags
            item["tags"] = [tag[0] for tag in tags]
        items.append(item)
    return items


def last_place(ids, pattern):
    return max(at for at in range(len(ids)) if ids[at:at + len(pattern)] == pattern)


def decoder_items(case, tokenizer, bare):
    items = []
    ends_in = case.config.get("reward_token_id")
    answer = bare.encode(heads.ANSWER_BEGINS, add_special_tokens=False).ids
    for name, messages in corpus.chats(case.special):
        if name in case.chats_without:
            continue
        text = tokenizer.apply_chat_template(messages, tokenize=False)
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert ids == bare.encode(text, add_special_tokens=False).ids, name
        item = {"name": name, "messages": messages, "rendered": text, "add_special_tokens": False, "ids": ids}
        if "num_objectives" in case.config:
            item["marks"] = [last_place(ids, answer)]
        if ends_in:
            ids += [ends_in]
        safe = tokenizer.apply_chat_template(messages, return_dict=False, sanitize_control_tokens=True)
        if safe != ids:
            item["sanitized_ids"] = safe
        items.append(item)
    for name, text in corpus.texts(case.special, tokenizer.pad_token or "") if case.texts else []:
        ids = tokenizer(text)["input_ids"]
        assert ids == bare.encode(text).ids, name
        items.append({"name": name, "text": text, "add_special_tokens": True, "ids": ids})
    return items


def encoder_items(case, tokenizer, bare):
    inputs = [(name, {"text": text}) for name, text in corpus.texts(case.special, tokenizer.pad_token)]
    inputs += [(name, {"pair": pair}) for name, pair in corpus.pairs(case.special)]
    items = []
    for name, given in inputs:
        parts = given.get("pair") or [given["text"]]
        encoding = bare.encode(*parts)
        # A batch of one: tokenizer(a, "") takes the empty second part for none at all and leaves out a separator.
        columns = [[part] for part in parts]
        assert encoding.ids == tokenizer(*columns)["input_ids"][0], name
        item = {"name": name, **given, "add_special_tokens": True, "ids": encoding.ids}
        if case.config.get("type_vocab_size", 0) > 1:
            item["token_type_ids"] = encoding.type_ids
        items.append(item)
    return items


def make_weights(case, folder, items):
    """Body drawn from the seed; head fitted so that the scores are spread."""
    model = reference.empty_model(folder)
    dtype = getattr(torch, case.dtype)
    state = {
        name: torch.from_numpy(weights.draw(case.seed, name, tuple(tensor.shape), case.offset)).to(dtype)
        for name, tensor in model.state_dict().items()
    }
    model.load_state_dict({name: tensor.double() for name, tensor in state.items()})
    seen = np.concatenate([reference.features(model, item).numpy() for item in items])
    name = reference.head_of(model)[1] + ".weight"
    rows = items[0].get("tags", range(state[name].shape[0]))
    head = weights.fit_head(case.seed, name, seen, len(rows), case.spread)
    state[name][list(rows)] = torch.from_numpy(head).to(dtype)
    return state


def save_weights(case, folder, state):
    names = list(state)
    if case.shards == 1:
        save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
        return
    size, places = -(-len(names) // case.shards), {}
    for shard in range(case.shards):
        file = f"model-{shard + 1:05}-of-{case.shards:05}.safetensors"
        part = {name: state[name] for name in names[shard * size:(shard + 1) * size]}
        save_file(part, folder / file, metadata={"format": "pt"})
        places.update(dict.fromkeys(part, file))
    total = sum(tensor.nbytes for tensor in state.values())
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}
    write_json(folder / "model.safetensors.index.json", index)


def score_items(folder, items):
    single, double = reference.load_f32(folder), reference.load_f64(folder)
    for item in items:
        said, pooled = reference.score(double, item)
        item |= said
        item |= {f"{key}_f32": value for key, value in reference.score(single, item)[0].items()}
        if pooled and not np.allclose(pooled, item["logits"], rtol=0, atol=1e-12):
            item["transformers_logits"] = pooled


def check_spread(case, items):
    """Equal or constant scores would let a wrong implementation pass."""
    if "steps" in items[0]:
        steps = np.concatenate([item["steps"] for item in items])
        assert steps.std() > 0.2 and np.ptp(steps) > 0.6, (case.name, steps)
        return
    for column in np.array([item["logits"] for item in items]).T:
        assert column.std() > 0.7 and np.ptp(column) > 3 and abs(column).max() < 8, (case.name, column)
        assert len(np.unique(column.round(4))) == len(column), (case.name, column)


def write_expected(case, folder, items):
    key = "steps" if "steps" in items[0] else "logits"
    error = max(np.abs(np.subtract(item[key], item[f"{key}_f32"])).max() for item in items)
    head = {
        "versions": VERSIONS, "architecture": case.config["architectures"][0], "seed": case.seed,
        "largest_f32_error": float(f"{error:.2e}"),
    }
    lines = [json.dumps(head, ensure_ascii=False)[:-1] + ', "items": [']
    lines += [",\n".join(json.dumps(item, ensure_ascii=False) for item in items), "]}"]
    (folder / "expected.json").write_text("\n".join(lines) + "\n")
    scores = " ".join(f"{item[key][0]:.2f}" for item in items)
    print(f"{case.name}: {size_kb(folder)} KB, f32 error {error:.1e}, scores {scores}", file=sys.stderr)


def size_kb(folder):
    return sum(file.stat().st_size for file in folder.iterdir()) // 1000


def compare(case, fresh, kept):
    """Differences between a case made now and the committed one."""
    names = {file.name for file in fresh.iterdir()} | {file.name for file in kept.iterdir()}
    for name in sorted(names):
        ours, theirs = fresh / name, kept / name
        if not (ours.exists() and theirs.exists()):
            yield f"{case.name}/{name}: only on one side"
        elif name.endswith(".safetensors"):
            if not same_tensors(load_file(ours), load_file(theirs)):
                yield f"{case.name}/{name}: tensors differ"
        elif name == "expected.json":
            yield from compare_expected(case, json.loads(ours.read_text()), json.loads(theirs.read_text()))
        elif ours.read_text() != theirs.read_text():
            yield f"{case.name}/{name}: text differs"


def same_tensors(ours, theirs):
    return ours.keys() == theirs.keys() and all(
        ours[name].dtype == theirs[name].dtype and torch.equal(ours[name], theirs[name]) for name in ours
    )


def compare_expected(case, ours, theirs):
    numbers = {"logits": 1e-9, "transformers_logits": 1e-9, "logits_f32": 1e-4, "steps": 1e-9, "steps_f32": 1e-4}
    numbers |= {"objectives": 1e-9, "objectives_f32": 1e-4}
    if len(ours["items"]) != len(theirs["items"]):
        yield f"{case.name}: another number of items"
    for mine, other in zip(ours["items"], theirs["items"]):
        for key in mine.keys() | other.keys():
            a, b = mine.get(key), other.get(key)
            same = np.allclose(a, b, rtol=0, atol=numbers[key]) if a and b and key in numbers else a == b
            if not same:
                yield f"{case.name}/{mine['name']}: {key} differs"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="names of cases; all when none is given")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.disable_progress_bar()
    logging.disable(logging.WARNING)
    chosen = [case for case in CASES if not arguments.cases or case.name in arguments.cases]
    if not arguments.check:
        for case in chosen:
            make(case, HERE)
        return
    with tempfile.TemporaryDirectory() as scratch:
        problems = []
        for case in chosen:
            make(case, Path(scratch))
            problems += compare(case, Path(scratch) / case.name, HERE / case.name)
    sys.exit("\n".join(problems) or 0)


if __name__ == "__main__":
    main()
