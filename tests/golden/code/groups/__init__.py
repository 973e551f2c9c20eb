"""Groups of cases, and what they are written with."""


def item(code, tests, **more):
    return {"code": code, "tests": tests, **more}


def case(name, code, suite_, want, **more):
    """A case; `limits` and `language` go to the item, the rest is expected."""
    own = {key: more.pop(key) for key in ("limits", "language") if key in more}
    return {"name": name, "item": item(code, suite_, **own), "want": want, **more}


def stdio(*pairs, **compare):
    tests = {"mode": "stdio", "cases": [{"stdin": stdin, "stdout": stdout} for stdin, stdout in pairs]}
    if compare:
        tests["compare"] = compare
    return tests


def call(entry, *cases, **compare):
    """Each case: a list of arguments and what is expected."""
    tests = {"mode": "call", "entry": entry, "cases": [{"args": args, "expected": want} for args, want in cases]}
    if compare:
        tests["compare"] = {"kind": "value", **compare}
    return tests


def asserts(*lines):
    return {"mode": "assert", "asserts": list(lines)}


def check(entry, source):
    return {"mode": "assert", "entry": entry, "check": source}


def suite(**files):
    return {"mode": "pytest", "module": "solution", "files": {f"{name}.py": text for name, text in files.items()}}


FAST = {"cpu_ms": 500, "wall_ms": 1500}
