"""Makes squad.json: exact match and F1 of SQuAD v1.1 for fixed and for seeded random texts.

The formula is the published one (Rajpurkar et al. 2016, section 6.1, and the steps of the v1.1 evaluation
script: lower case, drop string.punctuation, articles to spaces, split on white space; best over the golds),
written down here in Python's own string functions. Standard library only:

    python tests/golden/text/make.py [--check]
"""

import json
import random
import re
import string
import sys
from collections import Counter
from pathlib import Path

TARGET = Path(__file__).with_name("squad.json")

FIXED = [
    ("The Eiffel Tower.", ["eiffel tower"]),
    ("in the Eiffel Tower, Paris", ["Eiffel Tower", "the tower in Paris"]),
    ("Saint Bernadette Soubirous", ["Bernadette", "St. Bernadette Soubirous"]),
    ("", ["the"]),
    ("", ["x"]),
    ("a an the", ["THE"]),
    ("t.h.e end", ["end"]),
    ("the—end", ["end", "—end"]),
    ("a1 a-1 a 1", ["1 a1 a1"]),
    ("$1,234.50", ["1234.50", "1,23450"]),
    ("x x x", ["x"]),
    ("x", ["x x x"]),
    ("Æther, the é", ["æther É"]),
    ("ΣΑΣ", ["σας"]),
    ("İstanbul", ["istanbul", "i̇stanbul"]),
    ("tab\tand\u00a0no-break\u2003em\x1funit", ["tab and nobreak em unit"]),
    ("“quoted” text", ["quoted text", "“QUOTED” text"]),
    ("東京 the 都", ["東京 都"]),
    ("an_apple", ["anapple"]),
    ("the\nthe", [""]),
]

WORDS = ["the", "a", "an", "The", "A", "Paris", "paris", "river", "River,", "in", "of", "1889", "1,889", "x.", "(x)",
         "theatre", "and", "on-line", "online", "é", "U.S.", "US", "—", "...", "an-", "it's", "its"]


def words(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def exact_match(answer, gold):
    return float(words(answer) == words(gold))


def f1(answer, gold):
    answer, gold = words(answer), words(gold)
    common = sum((Counter(answer) & Counter(gold)).values())
    if common == 0:
        return 0.0
    precision, recall = common / len(answer), common / len(gold)
    return 2 * precision * recall / (precision + recall)


def drawn(rng):
    text = lambda: " ".join(rng.choices(WORDS, k=rng.randrange(7)))
    return text(), [text() for _ in range(rng.randrange(1, 4))]


def main():
    rng = random.Random(20160606)
    cases = [
        {
            "answer": answer,
            "golds": golds,
            "exact_match": max(exact_match(answer, gold) for gold in golds),
            "f1": max(f1(answer, gold) for gold in golds),
        }
        for answer, golds in FIXED + [drawn(rng) for _ in range(230)]
    ]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    made = '{"cases": [\n' + lines + "\n]}\n"
    if "--check" in sys.argv:
        sys.exit(made != TARGET.read_text(encoding="utf-8"))
    TARGET.write_text(made, encoding="utf-8")


main()
