"""Makes cut.json: the tokens of conversations and pairs whose prompt is cut from the left until they fit a limit.

The prompt loses as many of its first tokens as the whole is over the limit, by the offsets that its tokenizer gives;
and again, while the whole, as transformers renders and tokenises it anew, is still over it. Template, system message
and answer stay whole.

    python tests/golden/models/cut.py [--check]
"""

import json
import sys
from pathlib import Path

from transformers import PreTrainedTokenizerFast

import corpus

HERE = Path(__file__).parent
TARGET = HERE / "cut.json"
CHATS = ["llama", "qwen2", "qwen3", "gemma", "mistral", "phi3"]
PAIRS = ["bert", "roberta", "xlm_roberta", "deberta_v3"]
LIMITS = [192, 240]
PROMPT = f"{corpus.UNICODE} {corpus.LONG}"
ANSWER = "Scattering: short waves are spread more than long ones."


def without_first(tokenizer, text, count):
    offsets = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    return text[max(1, offsets[count][0]):]


def chat(tokenizer, prompt, system):
    turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": ANSWER}]
    if system:
        turns.insert(0, {"role": "system", "content": system})
    text = tokenizer.apply_chat_template(turns, tokenize=False)
    return turns, tokenizer(text, add_special_tokens=False)["input_ids"]


def pair(tokenizer, prompt, _):
    return [prompt, ANSWER], tokenizer(prompt, ANSWER)["input_ids"]


def fitting(name, make, limit, system=None):
    tokenizer, prompt = PreTrainedTokenizerFast.from_pretrained(HERE / name), PROMPT
    whole, ids = make(tokenizer, prompt, system)
    assert len(ids) > limit, name
    while len(ids) > limit:
        prompt = without_first(tokenizer, prompt, len(ids) - limit)
        _, ids = make(tokenizer, prompt, system)
    return {"model": name, "limit": limit, "whole": whole, "ids": ids}


def items():
    for limit in LIMITS:
        yield from (fitting(name, chat, limit) for name in CHATS)
        yield from (fitting(name, pair, limit) for name in PAIRS)
    yield fitting("qwen2", chat, 192, system="Be brief.")


def main():
    text = "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items()) + "\n]\n"
    if "--check" in sys.argv:
        sys.exit(text != TARGET.read_text())
    TARGET.write_text(text)


if __name__ == "__main__":
    main()
