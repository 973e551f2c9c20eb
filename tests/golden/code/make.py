"""Writes the cases of the code verifier: `python3 make.py`. Each file is one group in `groups/`.

A case is an item of `POST /v1/verify/code` and what must become of it: `want` is the worst verdict (or
several, where the machine's isolation decides), `tests` the verdicts one by one, `score` the fraction,
`status` the reason for no score. The expected values are by hand: the programs say what they do.
"""

import importlib
import json
import pathlib

HERE = pathlib.Path(__file__).parent
GROUPS = (
    "right_and_wrong", "calls", "judged", "handed_over", "suites", "limits", "hacks", "hostile", "languages", "extraction",
    "second_opinion", "objects",
)


def main():
    for group in GROUPS:
        cases = importlib.import_module(f"groups.{group}").CASES
        names = [case["name"] for case in cases]
        assert len(set(names)) == len(names), group
        lines = (json.dumps(case, ensure_ascii=True) for case in cases)
        (HERE / f"{group}.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
