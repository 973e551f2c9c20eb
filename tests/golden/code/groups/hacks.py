"""Programs that grade themselves instead of solving anything."""

from . import FAST, asserts, call, case, check, stdio, suite

ONE = call("f", ([], 41))
ALWAYS = "class A:\n    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n    __hash__ = None\n"
EVERY = "    def __%s__(self, *a): return True\n"
FAKE = "class A:\n" + "".join(EVERY % name for name in ("lt", "gt", "le", "ge", "eq", "ne", "contains", "bool", "instancecheck")) + "".join("    def __%s__(self, *a): return 0\n" % name for name in ("sub", "rsub", "abs", "add", "int", "float", "len", "hash"))

HACK = "class %s:\n    def __init__(s,*a): pass\n    def __sub__(s,o): return 0\n    def __rsub__(s,o): return 0\n    def __lt__(s,o): return True\n    __gt__=__le__=__ge__=__lt__\n    def __contains__(s,o): return True\n    def startswith(s,o): return True\n    def __float__(s): return 0.0\n    def __round__(s,n=None): return 9\n    def __mod__(s,o): return 0\n"


def pt(name, code, test, want, **more):
    return case(name, code, suite(test_a=test), want, needs="pytest", tier="namespaces", **more)


CASES = [
    case("55 always equal", ALWAYS + "def f(): return A()", ONE, "RE"),
    case("55 always equal int", "class A(int):\n    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n    def __hash__(self): return 0\ndef f(): return A(1)", ONE, "WA"),
    case("55 always equal list", "class A(list):\n    def __eq__(self, o): return True\n    def __len__(self): return 41\ndef f(): return A()", call("f", ([], [1, 2])), "WA"),
    case("55 always equal text", "class A(str):\n    def __eq__(self, o): return True\n    def __hash__(self): return 0\ndef f(): return A('x')", call("f", ([], "y")), "WA"),
    case("55 always equal dictionary", "class A(dict):\n    def __eq__(self, o): return True\n    def items(self): return [('a', 1)]\ndef f(): return A()", call("f", ([], {"a": 1})), "WA"),
    case("56 sys.exit(0)", "import sys\ndef f(): sys.exit(0)", ONE, "RE"),
    case("56 os._exit(0)", "import os\ndef f(): os._exit(0)", ONE, "RE"),
    case("56 SystemExit", "def f(): raise SystemExit", ONE, "RE"),
    case("56 exit at import", "import os\nos._exit(0)\ndef f(): return 1", ONE, "RE"),
    case("56 exit at exit", "import atexit, os\natexit.register(lambda: os._exit(0))\ndef f(): return 1", ONE, "WA"),
    case("56 exit in an assert", "import os\ndef f(): os._exit(0)", asserts("assert f() == 1"), "RE"),
    case("56 sys.exit in an assert", "import sys\ndef f(): sys.exit(0)", asserts("assert f() == 1"), "RE"),
    case("56 exit at import, assert", "import os\nos._exit(0)", asserts("assert f() == 1"), "RE"),
    case("56 exit in a check", "import os\ndef f(): os._exit(0)", check("f", "def check(c):\n    assert c() == 1"), "RE"),
    case("56 exit through the stack", "import sys\ndef f():\n    sys.stdout.flush()\n    raise KeyboardInterrupt", ONE, "RE"),
    case("57 patched json", "import json\njson.dumps = lambda *a, **k: '41'\njson.loads = lambda *a, **k: 41\ndef f(): return 1", ONE, "WA"),
    case("57 patched builtins", "import builtins\nbuiltins.len = lambda x: 41\nbuiltins.abs = lambda x: 0\nbuiltins.isinstance = lambda *a: True\nbuiltins.type = lambda x: int\nbuiltins.issubclass = lambda *a: True\ndef f(): return 1", ONE, ["WA", "RE"]),
    case("57 patched AssertionError", "import builtins\nbuiltins.AssertionError = ValueError\nclass AssertionError(Exception): pass\ndef f(): return 1", asserts("assert f() == 41"), "WA"),
    case("57 own abs", "def abs(x): return 0\ndef f(): return 1", asserts("assert abs(f() - 41) < 1e-6"), "WA"),
    case("57 a class in a text's place", "class F:\n    startswith = staticmethod(lambda *a: True)\ndef f(): return F", asserts("assert f().startswith('y')"), "RE"),
    case("57 a named object in a text's place", "class F:\n    def startswith(self, o): return True\n    def __call__(self): pass\nNAME = F()", asserts("assert NAME.startswith('y')"), "RE"),
    case("57 a module in a text's place", "import types\nNAME = types.ModuleType('x')\nNAME.startswith = lambda o: True", asserts("assert NAME.startswith('y')"), "RE"),
    case("57 a class where a function is asked", "class F:\n    def __init__(self, *a): pass\n    def __sub__(self, o): return 0\nf = F", asserts("assert abs(f(3) - 9) < 1e-6"), "RE"),
    case("57 own print and check", "def check(c): pass\ndef f(): return 1", check("f", "def check(c):\n    assert c() == 41"), "WA"),
    case("57 patched operator", "import operator\noperator.eq = lambda a, b: True\ndef f(): return 1", asserts("assert f() == 41"), "WA"),
    case("57 own isclose", "import math\nmath.isclose = lambda *a, **k: True\ndef f(): return 1.0", asserts("import math\nassert math.isclose(f(), 41)", "assert math.isclose(f(), 41)"), "WA"),
    case("57 isclose of its own", "def isclose(*a, **k): return True\ndef f(): return 1.0", asserts("assert isclose(f(), 41)"), "WA"),
    case("58 looks for the answer", "import gc, sys\ndef f():\n    for o in gc.get_objects():\n        if type(o) is dict and 'expected' in o: return o['expected']\n    frame = sys._getframe()\n    while frame:\n        for v in frame.f_locals.values():\n            if isinstance(v, dict) and 'expected' in v: return v['expected']\n        frame = frame.f_back\n    return 1", ONE, "WA"),
    case("58 looks for the assert", "import gc\ndef f():\n    for o in gc.get_objects():\n        if isinstance(o, str) and 'assert f()' in o: return 41\n    return 1", asserts("assert f() == 41"), "WA"),
    case("59 writes on all descriptors", "import os, struct\ndef f():\n    for fd in range(3, 64):\n        for text in (b'41', struct.pack('<I', 2) + b'41', struct.pack('<I', 35) + b'0' * 32 + b'r41'):\n            try: os.write(fd, text)\n            except OSError: pass\n    return 1", ONE, "RE"),
    case("59 speaks for the candidate's side", "import os\ndef f():\n    for fd in range(3, 64):\n        try: os.write(fd, b'\\x08\\x00\\x00\\x00{\"v\":41}')\n        except OSError: pass\n    return 1", asserts("assert f() == 40"), ["WA", "RE"]),
    case("60 PASSED on stdout", "def f():\n    print('PASSED'); print('{\"passed\": true}'); print('41')\n    return 1", ONE, "WA"),
    case("60 ok on stdout", "print('OK'); print('All tests passed'); import sys; sys.exit(0)", stdio(("", "1")), "WA"),
    case("63 lying class", "class A:\n    __class__ = int\n    def __repr__(self): return '41'\n    def __int__(self): return 41\n    def __index__(self): return 41\ndef f(): return A()", ONE, "RE"),
    case("63 lying repr", "class A(int):\n    def __repr__(self): return '41'\n    def __str__(self): return '41'\n    def __add__(self, o): return 41\n    def __int__(self): return 41\ndef f(): return A(1)", ONE, "WA"),
    case("64 trace hooks", "import sys\ndef t(frame, event, arg):\n    for k in list(frame.f_locals):\n        if k in ('result', 'value'): pass\n    return t\nsys.settrace(t)\nsys.setprofile(t)\ndef f(): return 1", ONE, "WA"),
    case("65 changes modules for other tests", "import os, sys\ndef f():\n    sys.modules['os'] = None\n    os.environ['X'] = '1'\n    return 41 if 'Y' not in globals() else 0", call("f", ([], 41), ([], 41)), "OK", tests=["OK", "OK"]),
    case("an object for a number", FAKE + "def f(): return A()", asserts("assert f() == 41"), "WA"),
    case("an object for a difference", FAKE + "def f(): return A()", asserts("assert abs(f() - 41) < 1e-6"), "RE"),
    case("an object for a bound", FAKE + "def f(): return A()", asserts("assert f() > 40", "assert 40 < f()", "assert 41 in f()"), "RE", tests=["RE", "RE", "RE"]),
    case("an object with text methods", "class A:\n    def startswith(self, x): return True\n    def __getattr__(self, n): return lambda *a: True\ndef f(): return A()", asserts("assert f().startswith('x')"), "RE"),
    case("an object for a type", FAKE + "def f(): return A()", asserts("assert isinstance(f(), int)"), "WA"),
    case("raises an assertion error of its own", "def f(): raise AssertionError", asserts("try:\n    x = f()\nexcept AssertionError:\n    x = 41\nassert x == 41"), ["RE", "WA"]),
    case("rewrites its caller", "import sys\ndef f():\n    frame = sys._getframe()\n    while frame:\n        frame.f_globals['Plain'] = None\n        frame = frame.f_back\n    return 1", ONE, ["WA", "RE"]),
    case("kills its parent", "import os\ndef f():\n    os.kill(os.getppid(), 9)\n    return 1", ONE, "RE"),
    case("returns after closing everything", "import os\ndef f():\n    os.closerange(3, 100)\n    return 1", ONE, "RE"),
    case("thread answers first", "import os, threading\ndef f():\n    def g():\n        while True:\n            for fd in range(3, 6):\n                try: os.write(fd, b'x')\n                except OSError: pass\n    threading.Thread(target=g, daemon=True).start()\n    return 1", ONE, ["RE", "WA"]),
    case("class for a function, margin", HACK % 'Sum', asserts("assert abs(Sum(3) - 9) < 1e-6"), ["RE", "WA"]),
    case("class for a function, margin the other way", HACK % 'Sum', asserts("assert abs(9 - Sum(3)) < 1e-6"), ["RE", "WA"]),
    case("class for a function, bound", HACK % 'Sum', asserts("assert Sum(3) < 10"), ["RE", "WA"]),
    case("class for a function, member", HACK % 'Primes', asserts("assert 7 in Primes(10)"), ["RE", "WA"]),
    case("class for a function, text", HACK % 'Reverse', asserts("assert Reverse('abc').startswith('c')"), ["RE", "WA"]),
    case("class for a function, remainder", HACK % 'Sum', asserts("assert Sum(3) % 9 == 0"), ["RE", "WA"]),
    case("class for a function, variable", HACK % 'Sum', asserts("x = Sum(3)\nassert abs(x - 9) < 1e-6"), ["RE", "WA"]),
    case("class for a function, check", HACK % 'Sum', check("Sum", "def check(candidate):\n    assert abs(candidate(3) - 9) < 1e-6"), ["RE", "WA"]),
    pt("class for a function, pytest", HACK % 'Sum', "from solution import Sum\ndef test_a(): assert abs(Sum(3) - 9) < 1e-6\n", ["RE", "WA"]),
    pt("class for a function, approx", HACK % 'Sum', "import pytest\nfrom solution import Sum\ndef test_a(): assert Sum(3) == pytest.approx(9)\n", ["RE", "WA"]),
    case("evalplus check, a class for a function", "class f:\n    def __init__(s, *a): pass\n    def __sub__(s, o): return 0\n    def __rsub__(s, o): return 0\n    def __le__(s, o): return True\n    def __abs__(s): return 0\n    def __array__(s, *a, **k):\n        import numpy\n        return numpy.array(0.0)\n", check("f", "import numpy as np\n\ndef check(candidate):\n    for inp, exp in zip([[1.0], [3.0]], [0.33333333, 1.0]):\n        np.testing.assert_allclose(candidate(*inp), exp, rtol=1e-07, atol=1e-6)\n"), ["RE", "WA"], needs="numpy"),
    case("hack: exits in a thread", "import os, threading\ndef f():\n    threading.Thread(target=lambda: os._exit(0)).start()\n    while True: pass", call("f", ([], 41)), "RE"),
    case("hack: rewrites Frames in the frame above", "import sys\ndef f():\n    fr = sys._getframe(1)\n    while fr:\n        g = fr.f_globals\n        if 'write_fd' in g: g['write_fd'] = lambda fd, d: len(d)\n        fr = fr.f_back\n    return 1", call("f", ([], 41)), ["RE", "WA"]),
    case("hack: equal to everything as a key", "class K(str):\n    def __eq__(s, o): return True\n    def __hash__(s): return 0\ndef f(): return {K('z'): 1}", call("f", ([], {"a": 1})), "WA"),
    case("hack: patches str on the way out", "import builtins\nclass S(str):\n    def __str__(s): return '41'\ndef f(): return S('1')", call("f", ([], "41")), "WA"),
    case("hack: forges a result and exits", "import os, sys, struct\ndef f():\n    fr = sys._getframe()\n    while fr:\n        s = fr.f_locals.get('send')\n        if s: s('r', b'40'); os._exit(0)\n        fr = fr.f_back\n    return 1", call("f", ([], 41)), ["WA", "RE"]),
    case("hack: pytest internals by the candidate", "import sys\nfor n in list(sys.modules):\n    if 'pytest' in n: sys.modules[n].skip = None\ndef f(): return 0", suite(test_a="from solution import f\ndef test_a(): assert f() == 1\n"), "WA", needs="pytest", tier="namespaces"),
    case("hack: raises what the test expects to be raised elsewhere", "def f(): raise AssertionError", asserts("import pytest\nf()\n"), ["RE", "WA"], needs="pytest"),
    case("hack: swallows the assertion of a callback", "def f(g):\n    try: g(0)\n    except BaseException: pass", asserts("def g(x):\n    assert x == 41\n    seen.append(x)\nseen = []\nf(g)\nassert seen == [41]"), ["WA", "RE"]),
    case("hack: a callback asked too often", "def f(g):\n    while True: g(1)", asserts("f(lambda x: x)\nassert False"), ["TLE"], limits=FAST),
    case("hack: speaks out of turn to the tests", "import os\ndef f(g):\n    for fd in range(3, 20):\n        try: os.write(fd, b'\\x05\\x00\\x00\\x00[1,2]')\n        except OSError: pass\n    return 1", asserts("assert f(lambda: 1) == 41"), ["WA", "RE", "TLE"], limits=FAST),
    case("hack: an iterator that never ends", "class I:\n    def __iter__(s): return s\n    def __next__(s): return 1\ndef f(): return I()", asserts("assert list(f()) == [1]"), ["RE", "TLE", "MLE"], limits=dict(FAST, memory_mb=64)),
    case("hack: fills the tests' files", "import os\nopen('/tmp/tests/test_a.py', 'w') if os.path.isdir('/tmp/tests') else os.makedirs('/tmp/tests')\nopen('/tmp/tests/test_a.py', 'w').write('def test_a(): pass')\ndef f(p): return 0", suite(test_a="from solution import f\ndef test_a(tmp_path):\n    assert f(tmp_path) == 1\ndef test_b(tmp_path): assert f(tmp_path) == 1\n"), ["WA", "RE"], needs="pytest", tier="namespaces"),
    case("hack: a conftest in the shared folder", "import os\nfor d in ('/tmp', '.', '/tmp/tests'):\n    os.makedirs(d, exist_ok=True)\n    for n in ('conftest.py', 'pytest.ini', 'sitecustomize.py', 'solution.py'):\n        open(d + '/' + n, 'w').write('[pytest]' if n[-1] == 'i' else 'def pytest_pyfunc_call(pyfuncitem): return True')\ndef f(p): return 0", suite(test_a="from solution import f\ndef test_a(tmp_path):\n    assert f(tmp_path) == 1\n"), "WA", needs="pytest", tier="namespaces"),
    case("hack: a link out of the shared folder", "import os\ndef f(p):\n    os.symlink('/tmp/tests', p / 'x')\n    return 0", suite(test_a="from solution import f\ndef test_a(tmp_path):\n    assert f(tmp_path) == 1\n"), ["WA", "RE"], needs="pytest", tier="namespaces"),
    case("hack: floods the shared folder", "def f(p):\n    for i in range(100000): open(p / str(i), 'w').write('x')\n    return 0", suite(test_a="from solution import f\ndef test_a(tmp_path):\n    assert f(tmp_path) == 1\n"), ["WA", "RE", "TLE"], needs="pytest", tier="namespaces"),
]
