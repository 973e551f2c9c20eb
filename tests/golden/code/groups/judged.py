"""Tests that are programs: the candidate answers from another process."""

from . import FAST, asserts, case, check

ADD = "def add(a, b):\n    return a + b\n"
STACK = """class Stack:
    def __init__(self, items=()):
        self.items = list(items)
    def push(self, x):
        self.items.append(x)
    def pop(self):
        if not self.items:
            raise IndexError('empty')
        return self.items.pop()
    def __len__(self):
        return len(self.items)
    def __contains__(self, x):
        return x in self.items
    def __eq__(self, other):
        return self.items == other.items
"""

CASES = [
    case("right", ADD, asserts("assert add(1, 2) == 3", "assert add('a', 'b') == 'ab'"), "OK", tests=["OK", "OK"], score=1.0),
    case("one wrong", ADD, asserts("assert add(1, 2) == 3", "assert add(1, 2) == 4"), "WA", tests=["OK", "WA"], score=0.5),
    case("message and setup", ADD, asserts("x = 5\nassert add(x, 1) == 6, 'six'"), "OK"),
    case("tuples are not lists", "def f():\n    return [1, 2]", asserts("assert f() == (1, 2)"), "WA"),
    case("tuples stay tuples", "def f(t):\n    return t + (3,)", asserts("assert f((1, 2)) == (1, 2, 3)"), "OK"),
    case("sets", "def f(x):\n    return set(x)", asserts("assert f([1, 1, 2]) == {1, 2}"), "OK"),
    case("truth", "def f(n):\n    return n > 1", asserts("assert f(2)", "assert not f(0)", "assert f(2) is True"), "OK"),
    case("truth wrong", "def f(n):\n    return n < 1", asserts("assert f(2)", "assert not f(0)"), "WA"),
    case("nearly equal", "def f():\n    return 0.1 + 0.2", asserts("assert abs(f() - 0.3) < 1e-9"), "OK"),
    case("isclose by the candidate's import", "import math\ndef f():\n    return 0.1 + 0.2", asserts("assert math.isclose(f(), 0.3)"), "OK"),
    case("a function called like a module", "import math\ndef copy(x):\n    return x + [math.pi > 3]", asserts("assert copy([1]) == [1, True]", "assert math.floor(copy([2.5])[0]) == 2"), "OK"),
    case("changed in place", "def f(x):\n    x.sort()", asserts("x = [3, 1, 2]\nf(x)\nassert x == [1, 2, 3]"), "OK"),
    case("not changed in place", "def f(x):\n    x = sorted(x)", asserts("x = [3, 1, 2]\nf(x)\nassert x == [1, 2, 3]"), "WA"),
    case("exception", "def f():\n    raise ValueError('x')", asserts("assert f() == 1"), "RE"),
    case("expected exception", "def f():\n    raise ValueError('x')", asserts("try:\n    f()\n    ok = False\nexcept ValueError as e:\n    ok = str(e) == 'x'\nassert ok"), "OK"),
    case("other exception", "def f():\n    raise TypeError('x')", asserts("try:\n    f()\nexcept ValueError:\n    pass"), "RE"),
    case("no such function", ADD, asserts("assert sub(2, 1) == 1"), "RE"),
    case("syntax error", "def add(:", asserts("assert add(1, 2) == 3"), "CE"),
    case("crash at import", "1 / 0", asserts("assert add(1, 2) == 3"), "RE"),
    case("big integers", "def f(n):\n    return n * n", asserts(f"assert f({10**50}) == {10**100}"), "OK"),
    case("iterator", "def f():\n    yield 1\n    yield 2", asserts("assert list(f()) == [1, 2]"), "OK"),
    case("map in a list", "def f(x):\n    return map(str, x)", asserts("assert list(f([1])) == ['1']"), "OK"),
    case("class", STACK, asserts("s = Stack()\ns.push(1)\ns.push(2)\nassert len(s) == 2\nassert 2 in s\nassert s.pop() == 2\nassert s.items == [1]"), "OK"),
    case("class, wrong", STACK.replace("self.items.pop()", "self.items.pop(0)"), asserts("s = Stack([1, 2])\nassert s.pop() == 2"), "WA"),
    case("class, equal", STACK, asserts("assert Stack([1]) == Stack([1])", "assert Stack([1]) != Stack([2])"), "OK"),
    case("class, exception", STACK, asserts("try:\n    Stack().pop()\n    assert False\nexcept IndexError:\n    pass"), "OK"),
    case("check", ADD, check("add", "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(0, 0) == 0\n"), "OK", score=1.0),
    case("check, wrong", ADD.replace("+", "*"), check("add", "METADATA = {}\n\ndef check(candidate):\n    assert candidate(2, 2) == 4\n    assert candidate(1, 2) == 3\n"), "WA", score=0.0),
    case("check, with loops and helpers", "def poly(xs, x):\n    return sum(c * x**i for i, c in enumerate(xs))\n", check("poly", "import math, random\n\ndef check(candidate):\n    rng = random.Random(42)\n    for _ in range(50):\n        xs = [rng.randint(-9, 9) for _ in range(4)]\n        assert math.fabs(candidate(xs, 2) - (xs[0] + 2 * xs[1] + 4 * xs[2] + 8 * xs[3])) < 1e-4\n"), "OK"),
    case("check, no such function", ADD, check("subtract", "def check(candidate):\n    assert candidate(2, 1) == 1\n"), "RE"),
    case("endless", "def f():\n    while True: pass", asserts("assert f() == 1"), "TLE", limits=FAST),
    case("sleeps", "import time\ndef f():\n    time.sleep(60)", asserts("assert f() == 1"), "TLE", limits=FAST),
    case("memory", "def f():\n    return len(bytearray(10**12))", asserts("assert f() == 1"), ["MLE", "RE"]),
    case("a test that cannot be read", ADD, asserts("assert add(1,"), None, status="invalid_input"),
    case("a function as an argument", "def f(g):\n    return g(1)", asserts("assert f(lambda x: x) == 1"), None, status="invalid_input"),
    case("no asserts", ADD, asserts(), None, status="no_tests"),
    case("defined exceptions", "class MyError(ValueError): pass\ndef f():\n    raise MyError('m')", asserts("try:\n    f()\n    assert False\nexcept MyError:\n    pass", "try:\n    f()\n    assert False\nexcept ValueError:\n    pass"), "OK"),
]
