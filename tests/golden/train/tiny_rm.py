"""Golden scores of the shipped reward models: transformers on models/tiny-rm-*, in float32.

Writes tiny_rm.json: a list of {prompt, completion, ids, scores}, one score per model.
"""

import json
import pathlib

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

HERE = pathlib.Path(__file__).parent
MODELS = HERE.parents[2] / "models"
TEXTS = [
    ("What is 17 + 25?", "17 + 25 = 42."),
    ("What is 17 + 25?", "17 + 25 = 90."),
    ("Why is the sky blue?", "The sky is blue because air scatters blue light more than red light."),
    ("Why is the sky blue?", "Bake the bread until it is brown."),
    ("Why is the sky blue?", ""),
    ("Wo ist Zürich? 🦀", "In der Schweiz — östlich von Bern.\n\n\tJa!"),
    ("Write a Python function that adds two numbers.", "def add(a, b):\n    return a + b"),
    ("a", "word " * 120),
]

models = [
    AutoModelForSequenceClassification.from_pretrained(path, dtype=torch.float32).eval()
    for path in sorted(MODELS.glob("tiny-rm-*"))
]
tokenizer = AutoTokenizer.from_pretrained(MODELS / "tiny-rm-0")
rows = []
for prompt, completion in TEXTS:
    chat = [{"role": "user", "content": prompt}, {"role": "assistant", "content": completion}]
    text = tokenizer.apply_chat_template(chat, tokenize=False)
    ids = tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
    with torch.no_grad():
        scores = [model(input_ids=ids).logits[0, 0].item() for model in models]
    rows.append(
        {"prompt": prompt, "completion": completion, "ids": ids[0].tolist(), "scores": scores}
    )
(HERE / "tiny_rm.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
