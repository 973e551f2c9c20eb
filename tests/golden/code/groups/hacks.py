"""Programs that grade themselves instead of solving anything."""

from . import asserts, call, case, check, stdio

ONE = call("f", ([], 41))
ALWAYS = "class A:\n    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n    __hash__ = None\n"
EVERY = "    def __%s__(self, *a): return True\n"
FAKE = "class A:\n" + "".join(EVERY % name for name in ("lt", "gt", "le", "ge", "eq", "ne", "contains", "bool", "instancecheck")) + "".join("    def __%s__(self, *a): return 0\n" % name for name in ("sub", "rsub", "abs", "add", "int", "float", "len", "hash"))

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
]
