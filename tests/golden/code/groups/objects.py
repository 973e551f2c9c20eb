"""Which object it is, and whether two are equal, where tests and program are two processes."""

from . import asserts, case, check, suite

NODE = """class N:
    def __init__(self, v): self.v, self.next = v, None
    def copy(self): return N(self.v)
    def same(self): return self
    def add(self, v):
        self.v += v
        return self
"""
CELLS = """class N:
    def __init__(self, *v): self.v = v
    def __eq__(self, other): return %s
"""
ALIKE = CELLS % "self.v == other.v"
RATIO = CELLS % "self.v[0] * other.v[1] == other.v[0] * self.v[1]"
HASHED = ALIKE + "    def __hash__(self): return hash(self.v)\n"
SINGLE = "class S:\n    one = None\n    def __new__(cls):\n        cls.one = cls.one or object.__new__(cls)\n        return cls.one\n"
COLOURS = "import enum\nclass C(enum.Enum):\n    R = 1\n    G = 2\ndef f(): return C.R\n"
UNITTEST = """import unittest
from solution import N
class TestN(unittest.TestCase):
    def test_same(self):
        a = N(1)
        self.assertIs(a.add(1), a)
        self.assertIsNot(a.copy(), a)
    def test_copy(self):
        a = N(1)
        self.assertIs(a.copy(), a)
"""
FIXTURE = """import pytest
from solution import N
@pytest.fixture
def a(): return N(1)
def test_same(a): assert a.same() is a
def test_copy(a): assert a.same() is not a
"""
LIST = """class ListNode:
    def __init__(self, val=0, next=None): self.val, self.next = val, next
def make(xs): return ListNode(xs[0], make(xs[1:])) if xs else None
def read(n): return [n.val] + read(n.next) if n else []
"""
LEET = """class Solution:
    def depth(self, root: Optional[TreeNode]) -> int:
        return 0 if root is None else 1 + max(self.depth(root.left), self.depth(root.right))
    def add(self, a: Optional[ListNode], b: Optional[ListNode]) -> Optional[ListNode]:
        head = at = ListNode(0)
        carry = 0
        while a or b or carry:
            carry += (a.val if a else 0) + (b.val if b else 0)
            at.next = at = ListNode(carry % 10)
            carry //= 10
            a, b = a and a.next, b and b.next
        return head.next
    def clone(self, n):
        return n and type(n)(n.val, self.clone(n.next))
    def count(self, n: int) -> int:
        root = TreeNode(n, TreeNode(), TreeNode(1, right=TreeNode()))
        return self.depth(root) + n
"""
BACK = "def f(a): return a"
OTHER = "def f(a): return list(a)"
GROWS = "def f(a):\n    a.append(2)\n    return a"
DEEP = "def f(a):\n    a[0].append(a)\n    return a[0]"
ABSENT = "import nothing_of_this_name\nassert f() == 1"
ONE = "def f(): return 1"


def pt(name, code, test, want, **more):
    return case(name, code, suite(test_a=test), want, needs="pytest", tier="namespaces", **more)


CASES = [
    case("itself is no copy", NODE, asserts("a = N(1)\nb = a.same()\nassert b is not a and b.v == 1"), "WA"),
    case("a copy is another", NODE, asserts("a = N(1)\nb = a.copy()\nassert b is not a and b.v == 1"), "OK"),
    case("who returns itself is itself", NODE, asserts("a = N(1)\nassert a.add(1) is a and a.v == 2"), "OK"),
    case("what was put in comes out", NODE, asserts("a, b = N(1), N(2)\na.next = b\nassert a.next is b and a.next is not a"), "OK"),
    case("one object has one number", NODE, asserts("a = N(1)\nassert id(a.same()) == id(a)", "a = N(1)\nassert id(a.same()) != id(a)"), "WA", tests=["OK", "WA"]),
    case("a singleton", SINGLE, asserts("assert S() is S()"), "OK"),
    case("not a singleton", "class S: pass", asserts("assert S() is S()"), "WA"),
    case("a member of an enumeration", COLOURS, asserts("assert f() is C.R", "assert f() is C.G"), "WA", tests=["OK", "WA"]),
    case("itself does not get more rights", NODE + "    def area(self): return self\n    def __sub__(self, o): return 0\n    def __abs__(self): return 0\n", asserts("a = N(1)\nassert a.area() is a\nassert abs(a.area() - 9) < 1e-6"), "RE"),
    pt("itself in unittest", NODE, UNITTEST, "WA", tests=["WA", "OK"]),
    pt("itself in pytest", NODE, FIXTURE, "WA", tests=["OK", "WA"]),
    case("the same list comes back", BACK, asserts("a = [1]\nassert f(a) is a", "a = [1]\nb = f(a)\nassert b == [1] and b is not a"), "WA", tests=["OK", "WA"]),
    case("another list comes back", OTHER, asserts("a = [1]\nassert f(a) is a", "a = [1]\nb = f(a)\nassert b == [1] and b is not a"), "WA", tests=["WA", "OK"]),
    case("the same list comes back changed", GROWS, asserts("a = [1]\nassert f(a) is a and a == [1, 2]"), "OK"),
    case("a list within what was given is changed", GROWS, asserts("a = {1: [1]}\nb = a[1]\nf(b)\nassert a == {1: [1, 2]}"), "OK"),
    case("a list within a list comes back", DEEP, asserts("a = [[1]]\nb = a[0]\nassert f(a) is b and b[0] == 1 and b[1] is a"), "OK"),
    case("what is given by name is changed", "def f(*, k): k[0]['x'].add(1)", asserts("k = [{'x': {0}}]\nf(k=k)\nassert k == [{'x': {0, 1}}]"), "OK"),
    case("what was not changed is as it was", "def f(a, b): b.clear()", asserts("a, b = [1], {2: 3}\nf(a, b)\nassert a == [1] and b == {}"), "OK"),
    case("an object of the tests comes back", "def f(a): return a[1]", asserts("class A: pass\na = A()\nassert f([0, a]) is a"), "OK"),
    case("own equality", ALIKE, asserts("assert N(1) == N(1)", "assert N(1) == N(2)", "assert N(1) != N(2)", "assert N(2) in [N(1), N(2)]"), "WA", tests=["OK", "WA", "OK", "OK"]),
    case("own equality of what differs", RATIO, asserts("assert N(1, 2) == N(2, 4)", "assert N(2, 4) in [N(1, 2)]", "assert N(1, 2) == N(1, 3)"), "WA", tests=["OK", "OK", "WA"]),
    case("equality that never holds", CELLS % "False", asserts("assert N(1) == N(1)"), "WA"),
    case("no equality", NODE, asserts("assert N(1) == N(1)", "a = N(1)\nassert a == a"), "WA", tests=["WA", "OK"]),
    case("equal objects once in a set", HASHED, asserts("assert len({N(1), N(1)}) == 1", "assert {N(1): 2}[N(1)] == 2", "assert len({N(1), N(2)}) == 1"), "WA", tests=["OK", "OK", "WA"]),
    case("equal objects without a hash", ALIKE, asserts("assert len({N(1), N(1)}) == 1"), "RE"),
    case("a hash that does not fit", ALIKE + "    def __hash__(self): return id(self)\n", asserts("assert len({N(1), N(1)}) == 1"), "WA"),
    case("equal to everything", CELLS % "True" + "def f(): return N(9)", asserts("assert f() == N(1)", "assert f() == 9", "assert f() in [1, 9]"), "RE", tests=["RE", "WA", "WA"]),
    case("equal to all of its kind", CELLS % "isinstance(other, N)" + "def f(): return N(9)", asserts("assert f() == N(1)"), "RE"),
    case("another class that is equal to everything", ALIKE + (CELLS % "True").replace("N", "A") + "def f(): return A(9)", asserts("assert f() == N(1)", "assert N(1) == f()"), "RE", tests=["RE", "WA"]),
    case("no function `check`", ONE, check("f", "def chek(candidate):\n    assert candidate() == 1"), None, status="invalid_input"),
    case("a function `check` of the program", ONE + "\ndef check(c): pass", check("f", "x = 1"), None, status="invalid_input"),
    case("tests that import what is not there", ONE, asserts(ABSENT), None, status="invalid_input"),
    case("unusable tests after a failure are not needed", ONE, asserts("assert f() == 2", ABSENT), "WA", stop="first_failure", tests=["WA", "SKIPPED"]),
    case("unusable tests before a failure", ONE, asserts("assert f() == 1", ABSENT, "assert f() == 2"), None, stop="first_failure", status="invalid_input"),
    pt("a test that imports what is not there", ONE, "from solution import f\ndef test_a():\n    import nothing_of_this_name\n    assert f() == 1\n", None, status="invalid_input"),
    case("a program that imports what is not there", "def f(): import nothing_of_this_name", asserts("assert f() == 1"), "RE"),
    case("a program that raises what the import would", "def f(): raise ModuleNotFoundError('x', name='x')", asserts("assert f() == 1"), "RE"),
    pt("a program that lacks what is patched", ONE, "from unittest import mock\nimport solution\ndef test_a():\n    with mock.patch('solution.requests.get'):\n        assert solution.f() == 1\n", "RE"),
    case("LeetCode's nodes of the tests", LEET, asserts(LIST + "assert read(Solution().add(make([2, 4, 3]), make([5, 6, 4]))) == [7, 0, 8]", LIST + "a = make([1, 2])\nb = Solution().clone(a)\nassert read(b) == [1, 2] and b is not a and isinstance(b, ListNode)"), "OK"),
    case("LeetCode's nodes of the program", LEET, asserts("assert Solution().depth(TreeNode(1, TreeNode(2))) == 2", "assert Solution().depth(TreeNode(1)) == 2"), "WA", tests=["OK", "WA"]),
    case("LeetCode's nodes in a check", LEET, check("Solution.depth", "class TreeNode:\n    left = right = None\ndef check(candidate):\n    assert candidate(TreeNode()) == 1"), "OK"),
    case("LeetCode's nodes in a call", LEET, {"mode": "call", "entry": "Solution.count", "cases": [{"args": [4], "expected": 7}]}, "OK"),
    case("LeetCode's nodes of a function", "def f(n: ListNode):\n    return TreeNode(n.val, right=TreeNode(2))", asserts(LIST + "t = f(make([1]))\nassert t.val == 1 and t.left is None and t.right.val == 2"), "OK"),
    case("LeetCode's nodes of a function in a call", "def f(n): return ListNode(n).val", {"mode": "call", "entry": "f", "cases": [{"args": [4], "expected": 4}]}, "OK"),
    case("a name of Python's beside the tests' nodes", "def reversed(n): return 'mine'", asserts(LIST + "assert reversed(make([1])) == 'mine'"), "OK"),
    case("nodes of its own", "class ListNode:\n    def __init__(self, x): self.x = x\n" + LEET, asserts("assert ListNode(3).x == 3"), "OK"),
]
