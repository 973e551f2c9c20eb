"""pytest suites."""

from . import FAST, case, suite

ADD = "def add(a, b):\n    return a + b\n"

CASES = [dict(one, needs="pytest", tier="namespaces") for one in [
    case("right", ADD, suite(test_a="from solution import add\n\ndef test_one():\n    assert add(1, 2) == 3\n\ndef test_two():\n    assert add('a', 'b') == 'ab'\n"), "OK", tests=["OK", "OK"], score=1.0),
    case("one wrong", ADD, suite(test_a="from solution import add\n\ndef test_one():\n    assert add(1, 2) == 3\n\ndef test_two():\n    assert add(1, 2) == 4\n"), "WA", tests=["OK", "WA"], score=0.5),
    case("parametrised", ADD, suite(test_a="import pytest, solution\n\n@pytest.mark.parametrize('a,b', [(1, 2), (2, 3), (3, 5)])\ndef test_it(a, b):\n    assert solution.add(a, 1) == b\n"), "WA", tests=["OK", "OK", "WA"]),
    case("raises", "def f():\n    raise ValueError('no')", suite(test_a="import pytest\nfrom solution import f\n\ndef test_it():\n    with pytest.raises(ValueError, match='no'):\n        f()\n"), "OK"),
    case("approx", "def f():\n    return 0.1 + 0.2", suite(test_a="import pytest\nfrom solution import *\n\ndef test_it():\n    assert f() == pytest.approx(0.3)\n"), "OK"),
    case("fixtures and two files", ADD, suite(conftest="import pytest\n\n@pytest.fixture\ndef two():\n    return 2\n", test_a="from solution import add\n\ndef test_it(two):\n    assert add(two, two) == 4\n", test_b="import solution\n\ndef test_it():\n    assert solution.add(1, 1) == 2\n"), "OK", tests=["OK", "OK"]),
    case("unittest", ADD, suite(test_a="import unittest\nfrom solution import add\n\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(add(1, 1), 2)\n    def test_b(self):\n        self.assertEqual(add(1, 1), 3)\n"), "WA", tests=["OK", "WA"]),
    case("exception", "def f():\n    raise KeyError(1)", suite(test_a="from solution import f\n\ndef test_it():\n    assert f() == 1\n"), "RE"),
    case("syntax error", "def f(:", suite(test_a="from solution import f\n\ndef test_it():\n    assert f() == 1\n"), "CE"),
    case("exits", "import os\ndef f():\n    os._exit(0)", suite(test_a="from solution import f\n\ndef test_it():\n    f()\n\ndef test_more():\n    assert True\n"), "RE", tests=["RE", "RE"]),
    case("no tests", ADD, suite(test_a="from solution import add\n"), None, status="no_tests"),
    case("all skipped", ADD, suite(test_a="import pytest\n\n@pytest.mark.skip\ndef test_it():\n    pass\n"), None, status="no_tests"),
    case("endless", "def f():\n    while True: pass", suite(test_a="from solution import f\n\ndef test_it():\n    f()\n"), "TLE", limits=FAST),
    case("fake report", "def f():\n    print('1 passed in 0.01s')\n    import sys; sys.exit(0)", suite(test_a="from solution import f\n\ndef test_it():\n    assert f() == 1\n"), "RE"),
    case("skips itself", "import unittest\ndef f():\n    raise unittest.SkipTest('x')", suite(test_a="from solution import f\n\ndef test_it():\n    assert f() == 1\n"), "RE"),
    case("drops a conftest", "open('/tmp/conftest.py', 'w').write('def pytest_runtest_makereport(): pass')\ndef f():\n    return 2", suite(test_a="from solution import f\n\ndef test_it():\n    assert f() == 1\n"), "WA"),
]]
