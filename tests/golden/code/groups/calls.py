"""Functions that are called."""

from . import FAST, call, case

TWO_SUM = """class Solution:
    def twoSum(self, nums: List[int], target: int) -> List[int]:
        seen = {}
        for i, n in enumerate(nums):
            if target - n in seen:
                return [seen[target - n], i]
            seen[n] = i
"""
BIG = 2**400

CASES = [
    case("add", "def f(a, b):\n    return a + b", call("f", ([1, 2], 3), ([-1, 1], 0)), "OK", tests=["OK", "OK"], score=1.0),
    case("add wrong", "def f(a, b):\n    return a - b", call("f", ([1, 2], 3), ([1, 0], 1)), "WA", tests=["WA", "OK"], score=0.5),
    case("method of a class", TWO_SUM, call("Solution.twoSum", ([[2, 7, 11], 9], [0, 1])), "OK"),
    case("big integers pass exactly", "def f(n):\n    return n + 1", call("f", ([BIG], BIG + 1)), "OK"),
    case("big integers differ by one", "def f(n):\n    return n", call("f", ([BIG], BIG + 1)), "WA"),
    case("float for a big integer", "def f(n):\n    return float(n + 1)", call("f", ([2**53], 2**53 + 1)), "WA"),
    case("tuple for a list", "def f():\n    return (1, 2)", call("f", ([], [1, 2])), "OK"),
    case("set for a list", "def f():\n    return {1, 2}", call("f", ([], [1, 2])), "WA"),
    case("true for one", "def f():\n    return True", call("f", ([], 1)), "OK"),
    case("text for a number", "def f():\n    return '1'", call("f", ([], 1)), "WA"),
    case("none", "def f():\n    pass", call("f", ([], None)), "OK"),
    case("nothing for something", "def f():\n    pass", call("f", ([], 1)), "WA"),
    case("dictionary", "def f(x):\n    return {'b': 1, 'a': x}", call("f", ([2], {"a": 2, "b": 1})), "OK"),
    case("integer keys", "def f():\n    return {1: 2}", call("f", ([], {"1": 2})), "OK"),
    case("float exactly", "def f():\n    return 0.1 + 0.2", call("f", ([], 0.3)), "WA"),
    case("float within a margin", "def f():\n    return 0.1 + 0.2", call("f", ([], 0.3), abs=1e-9), "OK"),
    case("infinity", "def f():\n    return float('inf')", call("f", ([], {"$float": "inf"})), "OK"),
    case("infinity as an argument", "def f(x):\n    return x > 1e308", call("f", ([{"$float": "inf"}], True)), "OK"),
    case("nan equals nothing", "def f():\n    return float('nan')", call("f", ([], {"$float": "nan"})), "WA"),
    case("nested", "def f(x):\n    return [[y] for y in x]", call("f", ([[1, [2]]], [[1], [[2]]])), "OK"),
    case("arguments by name", "def f(a, b=1):\n    return a - b", {"mode": "call", "entry": "f", "cases": [{"args": [5], "kwargs": {"b": 3}, "expected": 2}]}, "OK"),
    case("printing does not matter", "def f():\n    print('{\"x\": 1}')\n    return 1", call("f", ([], 1)), "OK"),
    case("exception", "def f():\n    raise KeyError(1)", call("f", ([], 1)), "RE"),
    case("wrong number of arguments", "def f(a):\n    return a", call("f", ([1, 2], 1)), "RE"),
    case("no such function", "def g():\n    return 1", call("f", ([], 1)), "RE"),
    case("syntax error", "def f(:", call("f", ([], 1), ([], 2)), "CE", tests=["CE", "CE"], score=0.0),
    case("crash at import", "1 / 0\ndef f():\n    return 1", call("f", ([], 1)), "RE"),
    case("state does not leak", "n = 0\ndef f():\n    global n\n    n += 1\n    return n", call("f", ([], 1), ([], 1), ([], 1)), "OK"),
    case("generator for a list", "def f():\n    yield 1", call("f", ([], [1])), "WA"),
    case("object", "class A: pass\ndef f():\n    return A()", call("f", ([], 1)), "RE"),
    case("unicode", "def f(s):\n    return s[::-1]", call("f", (["äß😀"], "😀ßä")), "OK"),
    case("lone surrogate", "def f():\n    return '\\ud800'", call("f", ([], "x")), "WA"),
    case("subclass of int by its value", "class I(int): pass\ndef f():\n    return I(3)", call("f", ([], 3)), "OK"),
    case("main guard does not run", "def f():\n    return 1\nif __name__ == '__main__':\n    input()", call("f", ([], 1)), "OK"),
    case("recursion", "def f(n):\n    return 1 if n < 2 else n * f(n - 1)", call("f", ([100], __import__("math").factorial(100))), "OK"),
    case("changed argument", "def f(x):\n    x.sort()\n    return x", call("f", ([[3, 1, 2]], [1, 2, 3])), "OK"),
    case("apps call", "def f(a):\n    return a * 2", {"inputs": [[3]], "outputs": [[6]], "fn_name": "f"}, "OK"),
    case("apps call of a class", TWO_SUM, {"inputs": [[[3, 3], 6]], "outputs": [[[0, 1]]], "fn_name": "twoSum"}, "OK"),
    case("livecodebench call", TWO_SUM, {"inputs": ["[3,2,4]\n6"], "outputs": ["[1, 2]"], "fn_name": "twoSum"}, "OK"),
    case("livecodebench call wrong", TWO_SUM, {"inputs": ["[3,2,4]\n6"], "outputs": ["[0, 2]"], "fn_name": "twoSum"}, "WA"),
    case("endless", "def f():\n    while True: pass", call("f", ([], 1)), "TLE", limits=FAST),
    case("numpy value", "import numpy as np\ndef f():\n    return np.array([1, 2])", call("f", ([], [1, 2])), "OK", needs="numpy"),
]
