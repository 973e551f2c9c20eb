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
    case("no asserts", ADD, asserts(), None, status="no_tests"),
    case("defined exceptions", "class MyError(ValueError): pass\ndef f():\n    raise MyError('m')", asserts("try:\n    f()\n    assert False\nexcept MyError:\n    pass", "try:\n    f()\n    assert False\nexcept ValueError:\n    pass"), "OK"),
    case("check of a LeetCode method", "class Solution:\n    def f(self, x: List[int]) -> int:\n        return sum(x)", check("Solution.f", "def check(candidate):\n    assert candidate([1, 2]) == 3\n    assert candidate(x=[4]) == 4\n"), "OK"),
    case("asserts on a LeetCode class", "class Solution:\n    def f(self, x: List[int]) -> int:\n        return Counter(x).most_common(1)[0][0]", asserts("assert Solution().f([1, 2, 2]) == 2"), "OK"),
    case("evalplus check", "def f(x): return x / 3", check("f", "import numpy as np\n\ndef is_floats(x):\n    if isinstance(x, float): return True\n    if isinstance(x, (list, tuple)): return all(isinstance(i, float) for i in x)\n    if isinstance(x, np.ndarray): return x.dtype == np.float64\n    return False\n\ndef assertion(out, exp, atol):\n    if atol == 0 and is_floats(exp): atol = 1e-6\n    if out != exp and atol != 0:\n        np.testing.assert_allclose(out, exp, rtol=1e-07, atol=atol)\n    else:\n        assert out == exp, f'out: {out}, exp: {exp}'\n\ndef check(candidate):\n    inputs = [[1.0], [3.0]]\n    results = [0.33333333, 1.0]\n    for i, (inp, exp) in enumerate(zip(inputs, results)):\n        assertion(candidate(*inp), exp, 0)\n"), "OK", needs="numpy"),
    case("evalplus check, wrong", "def f(x): return x / 3.1", check("f", "import numpy as np\n\ndef assertion(out, exp, atol):\n    if out != exp and atol != 0:\n        np.testing.assert_allclose(out, exp, rtol=1e-07, atol=atol)\n    else:\n        assert out == exp, f'out: {out}, exp: {exp}'\n\ndef check(candidate):\n    for inp, exp in zip([[1.0], [3.0]], [0.33333333, 1.0]):\n        assertion(candidate(*inp), exp, 1e-6)\n"), "WA", needs="numpy"),
    case("humaneval helper used in check", "def encode_cyclic(s):\n    g = [s[3 * i:min(3 * i + 3, len(s))] for i in range((len(s) + 2) // 3)]\n    return ''.join((x[1:] + x[0]) if len(x) == 3 else x for x in g)\ndef decode_cyclic(s):\n    return encode_cyclic(encode_cyclic(s))", check("decode_cyclic", "def check(candidate):\n    from random import randint, choice\n    import string\n    for _ in range(20):\n        s = ''.join(choice(string.ascii_lowercase) for i in range(randint(10, 20)))\n        assert candidate(encode_cyclic(s)) == s\n"), "OK"),
    case("mbpp with setup", "class Pair(object):\n    def __init__(self, a, b):\n        self.a = a\n        self.b = b\ndef max_chain_length(arr, n):\n    best = [1] * n\n    for i in range(1, n):\n        for j in range(i):\n            if arr[i].a > arr[j].b and best[i] < best[j] + 1: best[i] = best[j] + 1\n    return max(best)", asserts("assert max_chain_length([Pair(5, 24), Pair(15, 25), Pair(27, 40), Pair(50, 60)], 4) == 3"), "OK"),
    case("mbpp set and tuple", "def f(a, b): return tuple(set(a) & set(b))", asserts("assert set(f((3, 4, 5, 6), (5, 7, 4, 10))) == set((4, 5))", "assert f((1, 2), (2, 3)) == (2,)"), "OK"),
    case("dictionary order does not matter", "def f(): return {'b': 1, 'a': 2}", asserts("assert f() == {'a': 2, 'b': 1}", "assert list(f()) == ['b', 'a']"), "OK"),
    case("default dict and nested", "from collections import defaultdict\ndef f():\n    d = defaultdict(list)\n    d['x'].append((1, {2}))\n    return d", asserts("assert f() == {'x': [(1, {2})]}"), "OK"),
    case("None and falsy", "def f(x): return None if x else 0", asserts("assert f(1) is None", "assert f(0) == 0", "assert f(0) is not None", "assert not f(1)"), "OK"),
    case("string with quotes and newlines", "def f(): return 'a\"b\\n\\t\\\\'", asserts("assert f() == 'a\"b\\n\\t\\\\'"), "OK"),
    case("generator in a for", "def f(n):\n    for i in range(n): yield i * i", asserts("assert sum(f(4)) == 14", "assert [x for x in f(3)] == [0, 1, 4]", "g = f(2)\nassert next(g) == 0 and next(g) == 1\ntry:\n    next(g)\n    assert False\nexcept StopIteration:\n    pass"), "OK"),
    case("mutable default", "def f(x, acc=[]):\n    acc.append(x)\n    return acc", asserts("assert f(1) == [1]", "f(1)\nassert f(2) == [1, 2]"), "OK"),
    case("global counter over calls in a test", "n = 0\ndef f():\n    global n\n    n += 1\n    return n", asserts("assert [f() for _ in range(3)] == [1, 2, 3]"), "OK"),
    case("type of the result", "def f(): return [1]", asserts("assert type(f()) is list", "assert type(f()[0]) == int", "assert isinstance(f(), list)"), "OK"),
    case("bytes", "def f(b): return b[::-1]", asserts("assert f(b'ab\\xff') == b'\\xffba'"), "OK"),
    case("complex and fractions", "from fractions import Fraction\nfrom decimal import Decimal\ndef f(): return (1 + 2j, Fraction(1, 3), Decimal('1.10'))", asserts("from fractions import Fraction\nfrom decimal import Decimal\nassert f() == (1 + 2j, Fraction(1, 3), Decimal('1.1'))"), "OK"),
    case("float equality is Python's", "def f(): return 0.1 + 0.2", asserts("assert f() == 0.3"), "WA"),
    case("nan in an assert", "def f(): return float('nan')", asserts("import math\nassert math.isnan(f())", "assert f() != f()"), "OK"),
    case("prints in an assert do not matter", "def f():\n    print('{\"v\": 41}')\n    return 1", asserts("assert f() == 1"), "OK"),
    case("a keyword argument changed in place", "def f(xs=None):\n    xs.append(4)", asserts("a = [1]\nf(xs=a)\nassert a == [1, 4]"), "OK"),
    case("list passed and returned is the same", "def f(a): return a", asserts("x = [1]\nassert f(x) == x"), "OK"),
]
