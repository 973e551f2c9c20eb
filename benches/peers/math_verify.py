"""Grades the same items with this verifier and with Math-Verify, in the same run on the same machine.

Makes a virtual environment, installs Math-Verify and sympy from PyPI, and prints both rates, their ratio, and
every item on which the two disagree. Both run in one thread, one item at a time, on distinct inputs; Math-Verify is
called with all its normalisations, boxed answers first and the gold in \\boxed{}, which is its most accurate setting
that we know, and with its default time limits.

    cargo bench --bench math --no-run
    python benches/peers/math_verify.py target/release/deps/math-… [FILES] [--venv DIR] [--json OUT]

FILES are JSONL with gold and completion; the default is the mix of the benchmark. Lines that name another policy
than the default are skipped.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = ["math-verify==0.9.0", "latex2sympy2_extended==1.11.0", "sympy==1.14.0"]

WORKER = r"""
import json, sys, time
from importlib.metadata import version
from latex2sympy2_extended import NormalizationConfig
from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

NORMAL = NormalizationConfig(basic_latex=True, units=True, malformed_operators=True, nits=True, boxed="all")
CONFIG = [LatexExtractionConfig(boxed_match_priority=0, normalization_config=NORMAL), ExprExtractionConfig()]

def grade(golds, completion):
    answer = parse(completion, extraction_config=CONFIG)
    for gold in golds:
        gold = gold if "boxed" in gold else "\\boxed{" + gold + "}"
        if verify(parse(gold), answer):
            return True
    return False

import logging
logging.disable(logging.CRITICAL)
grade(["1"], "\\boxed{1}")
print(json.dumps({"versions": {name: version(name) for name in ["math-verify", "latex2sympy2_extended", "sympy"]}}), flush=True)
for line in sys.stdin:
    item = json.loads(line)
    golds = item["gold"] if isinstance(item["gold"], list) else [item["gold"]]
    start, cpu = time.perf_counter(), time.process_time()
    try:
        right = grade(golds, item["completion"])
    except Exception as error:
        right = type(error).__name__
    print(json.dumps({"right": right, "wall": time.perf_counter() - start, "cpu": time.process_time() - cpu}), flush=True)
"""


def python_of(folder):
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def jsonl(command, lines, path):
    with open(path, "w+", encoding="utf-8") as given:
        given.write("".join(lines))
        given.seek(0)
        return [json.loads(line) for line in subprocess.run(command, stdin=given, stdout=subprocess.PIPE, check=True).stdout.splitlines()]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", help="the compiled benchmark")
    arguments.add_argument("files", nargs="*", type=Path, default=[HERE.parent / "mix" / "math.jsonl"])
    arguments.add_argument("--venv", type=Path, help="where the environment is, or is made (default: a temporary folder)")
    arguments.add_argument("--json", type=Path, help="also write every pair of verdicts there")
    options = arguments.parse_args()

    lines = [line for path in options.files for line in path.read_text(encoding="utf-8").splitlines(keepends=True)]
    items = [json.loads(line) for line in lines]
    lines = [line for line, item in zip(lines, items) if "policy" not in item]
    items = [item for item in items if "policy" not in item]
    with tempfile.TemporaryDirectory() as scratch:
        given = str(Path(scratch) / "items.jsonl")
        python = python_of(options.venv or Path(scratch) / "venv")
        theirs = jsonl([python, "-c", WORKER], lines, given)
        ours = jsonl([options.binary, "--verdicts", given], lines, given)
    versions = theirs.pop(0)["versions"]
    report(items, ours, theirs, versions)
    if options.json:
        rows = [{**item, "ours": a["verdict"], "extracted": a["extracted"], "theirs": b["right"], "seconds": b["wall"]} for item, a, b in zip(items, ours, theirs)]
        options.json.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def label(item):
    if "right" in item:
        return item["right"]
    return item["expected"] in ("correct", "T")


def report(items, ours, theirs, versions):
    differ = [(item, a, b) for item, a, b in zip(items, ours, theirs) if (a["verdict"] == "correct") != (b["right"] is True)]
    for item, a, b in differ:
        tail = item["completion"][-70:].replace("\n", " ")
        print(f"label {label(item)!s:5} ours {a['verdict']:12} theirs {b['right']!s:12} gold {str(item['gold'])[:50]!r} from {tail!r}")
    wall, cpu = sum(b["wall"] for b in theirs), sum(b["cpu"] for b in theirs)
    nanos = sum(a["nanos"] for a in ours)
    met = lambda rights: sum(right == label(item) for item, right in zip(items, rights))
    print(f"{len(items)} items, {len(differ)} disagreements; " + ", ".join(f"{name} {v}" for name, v in versions.items()))
    print(f"labels met: ours {met([a['verdict'] == 'correct' for a in ours])}, theirs {met([b['right'] is True for b in theirs])}")
    print(f"ours {len(items) / nanos * 1e9:.0f} grades/s; theirs {len(items) / wall:.1f} by the clock, {len(items) / cpu:.1f} by CPU time")
    print(f"ratio {wall / nanos * 1e9:.0f} by the clock, {cpu / nanos * 1e9:.0f} against their CPU time")


if __name__ == "__main__":
    sys.exit(main())
