"""Asks a running service every case in `tests/golden/code` that its isolation allows, and compares.

    python3 .ci/code_cases.py URL KEY [group ...]

Prints one line: the isolation, cases asked, cases not askable there, cases that differ; then what differs. The tests
of the repository do the same with a service of their own; this is for one in a container.
"""

import json
import pathlib
import sys
import urllib.request

CASES = pathlib.Path(__file__).parent.parent / "tests/golden/code"
TIERS = ["none", "filters", "namespaces"]


def ask(url, key, body=None):
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    request = urllib.request.Request(url, data=body and json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)


def is_right(case, result):
    want = case["want"] if isinstance(case["want"], list) else [case["want"]]
    verdicts = [test["verdict"] for test in result.get("tests") or []]
    return (
        result.get("verdict") in want
        and result["status"] == case.get("status", "ok")
        and case.get("tests", verdicts) == verdicts
        and case.get("score", result["score"]) == result["score"]
    )


def main(url, key, *groups):
    found = ask(f"{url}/v1/verify/code/capabilities", key)
    has = {name for name in ("numpy", "pytest") if found[name]} | {name for name, there in found["languages"].items() if there}
    asked, left, wrong = 0, 0, []
    for group in groups or sorted(path.stem for path in CASES.glob("*.jsonl")):
        cases = [json.loads(line) for line in (CASES / f"{group}.jsonl").read_text().splitlines()]
        fit = [
            case for case in cases
            if TIERS.index(case.get("tier", "filters")) <= TIERS.index(found["tier"]) and case.get("needs") in has | {None}
        ]
        left += len(cases) - len(fit)
        for stop in ("all", "first_failure"):
            chosen = [case for case in fit if case.get("stop", "all") == stop]
            body = {"items": [case["item"] for case in chosen], "stop": stop, "deadline_ms": 550000}
            results = ask(f"{url}/v1/verify/code", key, body)["results"]
            asked += len(results)
            pairs = zip(chosen, results, strict=True)
            wrong += [f"{group}: {case['name']}: {result}" for case, result in pairs if not is_right(case, result)]
    ready = ask(f"{url}/readyz", key)["ready"]
    print(f"{found['tier']}\t{asked}\t{left}\t{len(wrong)}\t{'; '.join(found['missing'])}")
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    return 0 if not wrong and ready else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
