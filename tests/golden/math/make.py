"""Makes the labelled cases of the math verifier: one JSONL file per module of `groups/`.

A line is {"group", "gold" (text, or a list of alternatives), "completion", "policy" (where it is not the
default), "expected", "why"}. `expected` is a verdict, or "F" where every verdict but `correct` will do. The
labels are decided by mathematics, in the modules that were written by hand, or hold by construction, in
`groups/generated.py`. Standard library only:

    python tests/golden/math/make.py [--check]
"""

import importlib
import json
import random
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

GROUPS = [
    "extraction", "numbers", "units", "roots", "functions", "symbolic", "equations", "intervals", "collections",
    "matrices", "words", "adversarial", "policies", "realistic", "wild", "branches", "smuggling", "breadth", "statements", "everyday", "settled", "blind", "mended",
    "generated",
]

# What models write around a boxed answer.
FRAMES = [
    r"\boxed{@}",
    r"$\boxed{@}$",
    r"The answer is $\boxed{@}$.",
    "Let us put the pieces together.\n\nTherefore, the final answer is:\n\n\\[\n\\boxed{@}\n\\]",
    "## Solution\n\n1. Simplify.\n2. Substitute back.\n\n**Final answer:** $\\boxed{@}$",
    "Okay, so I need 3 steps here. First 12, then 7.\n</think>\n\nAfter simplification we get\n$$\\boxed{@}$$",
    "<think>\nMaybe \\boxed{999}? No, let me recheck. That was wrong.\n</think>\n\nThe result is \\boxed{@}",
    "We verify: both sides agree. Hence $\\boxed{@}$, as desired. $\\blacksquare$",
]


def lines(name, rng):
    for case in importlib.import_module(f"groups.{name}").CASES:
        completion = case.pop("completion", None)
        if completion is None:
            completion = rng.choice(FRAMES).replace("@", case.pop("answer"))
        case.pop("answer", None)
        head = {"group": name, "gold": case.pop("gold"), "completion": completion}
        yield json.dumps(head | case, ensure_ascii=False)


def main():
    stale, total, negative = [], 0, 0
    for name in GROUPS:
        made = list(lines(name, random.Random(name)))
        total += len(made)
        negative += sum('"expected": "correct"' not in line for line in made)
        assert len(set(made)) == len(made), f"{name}: a case occurs twice"
        text, target = "\n".join(made) + "\n", HERE / f"{name}.jsonl"
        if "--check" in sys.argv:
            stale += [name] if text != target.read_text(encoding="utf-8") else []
        else:
            target.write_text(text, encoding="utf-8")
    print(f"{total} cases, {negative} of them negative")
    sys.exit(f"out of date: {stale}" if stale else 0)


main()
