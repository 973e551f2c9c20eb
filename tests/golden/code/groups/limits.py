"""Programs that use too much. The numbers are those of the catalogue of hostile programs."""

from . import FAST, call, case, stdio

ONE = stdio(("", "1"))
SMALL = {"cpu_ms": 1000, "wall_ms": 3000, "memory_mb": 64}

CASES = [
    case("01 endless loop", "while True: pass", ONE, "TLE", limits=FAST),
    case("02 sleeps", "import time; time.sleep(3600)", ONE, "TLE", limits={"cpu_ms": 500, "wall_ms": 600}),
    case("03 ignores all signals", "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass", ONE, "TLE", limits=FAST),
    case("04 catches everything", "while True:\n    try:\n        while True: pass\n    except BaseException: pass", ONE, "TLE", limits=FAST),
    case("05 catastrophic pattern", "import re; re.match(r'(a+)+$', 'a' * 40 + 'b')", ONE, "TLE", limits=FAST),
    case("06 giant power", "x = 9 ** 9 ** 9", ONE, ["TLE", "MLE"], limits=FAST),
    case("07 growing list", "x = []\nwhile True: x.append(bytearray(1 << 20))", ONE, "MLE", limits=SMALL),
    case("08 a terabyte", "x = bytearray(10**12)", ONE, "MLE", limits=SMALL),
    case("08 a terabyte, caught", "try:\n    x = bytearray(10**12)\nexcept MemoryError:\n    print(1)", ONE, "OK", limits=SMALL),
    case("09 mapped and touched", "import mmap\nm = mmap.mmap(-1, 700 << 20)\nfor i in range(0, 700 << 20, 4096): m[i] = 1\nprint(1)", ONE, ["MLE", "RE"], limits=SMALL),
    case("10 thread stacks", "import threading, time\nthreading.stack_size(512 << 20)\nts = []\nfor _ in range(100):\n    t = threading.Thread(target=time.sleep, args=(1,)); t.start(); ts.append(t)", ONE, ["RE", "MLE", "TLE"], limits=SMALL),
    case("11 fork bomb", "import os\nwhile True: os.fork()", ONE, "RE", limits=SMALL),
    case("11 fork bomb, stubborn", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", ONE, "TLE", limits=FAST),
    case("12 thread bomb", "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(100,)).start()", ONE, ["RE", "TLE", "MLE"], limits=FAST),
    case("16 stops itself", "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", ONE, "TLE", limits={"cpu_ms": 400, "wall_ms": 500}),
    case("17 floods stdout", "import sys\nwhile True: sys.stdout.write('x' * 65536)", ONE, "OLE", limits=SMALL),
    case("18 floods stderr", "import sys\nwhile True: sys.stderr.write('x' * 65536)", ONE, "OLE", limits=SMALL),
    case("19 answer, then eight megabytes", "print(1)\nprint(' ' * (8 << 20))", ONE, "OLE", limits=SMALL),
    case("20 closes stdout, then loops", "import os\nprint(1, flush=True); os.close(1)\nwhile True: pass", ONE, "TLE", limits=FAST),
    case("21 fills /tmp", "f = open('/tmp/x', 'wb')\nwhile True: f.write(b'x' * 65536)", ONE, ["RE", "OLE"], limits=SMALL),
    case("22 a million files", "for i in range(10**6): open('/tmp/%d' % i, 'w').close()", ONE, "RE", limits=SMALL),
    case("23 sparse file", "f = open('/tmp/x', 'wb'); f.truncate(1 << 40); print(1)", ONE, ["RE", "OLE"], limits=SMALL),
    case("24 deep directories", "import os\nfor i in range(5000):\n    os.mkdir('d'); os.chdir('d')\nprint(1)", ONE, ["RE", "OK"], limits=SMALL),
    case("37 close to the limit", "import time\nt = time.process_time()\nwhile time.process_time() - t < 0.3: pass\nprint(1)", ONE, "OK", limits={"cpu_ms": 1000, "wall_ms": 30000}),
    case("43 null", "import ctypes; ctypes.string_at(0)", ONE, "RE", limits=SMALL),
    case("44 interpreter stack", "import sys\nsys.setrecursionlimit(10**9)\nclass A:\n    def __getattr__(self, n): return getattr(self, n + 'x')\nA().y", ONE, ["RE", "MLE", "TLE"], limits=SMALL),
    case("45 nested brackets", "x = " + "(" * 5000 + ")" * 5000, ONE, "CE", limits=SMALL),
    case("45 nested lists", "x = " + "[" * 90000 + "]" * 90000, ONE, "CE", limits=SMALL),
    case("45 huge literal", "x = " + "1+" * 60000 + "1\nprint(1)", ONE, ["CE", "OK"], limits=SMALL),
    case("47 invalid UTF-8", "import sys; sys.stdout.buffer.write(b'\\xff\\xfe1')", ONE, "WA", limits=SMALL),
    case("47 lone surrogate", "print('\\ud800')", ONE, ["WA", "RE"], limits=SMALL),
    case("62 endless generator", "def f():\n    while True: yield 1", call("f", ([], [1])), ["RE", "TLE", "MLE"], limits=SMALL),
    case("62 cyclic value", "def f():\n    x = []\n    x.append(x)\n    return x", call("f", ([], 1)), "RE", limits=SMALL),
    case("62 exponentially shared value", "def f():\n    x = []\n    for _ in range(90): x = [x, x]\n    return x", call("f", ([], 1)), ["RE", "TLE"], limits=SMALL),
    case("62 huge value", "def f():\n    return 'x' * (64 << 20)", call("f", ([], 1)), ["RE", "MLE"], limits={"cpu_ms": 2000, "memory_mb": 256}),
    case("kills itself", "import os; os.kill(os.getpid(), 9)", ONE, "RE", limits=SMALL),
    case("terminates itself", "import os; os.kill(os.getpid(), 15)", ONE, "RE", limits=SMALL),
    case("aborts", "import os; os.abort()", ONE, "RE", limits=SMALL),
    case("alarm", "import signal, time; signal.alarm(1); time.sleep(5)", ONE, "RE", limits={"wall_ms": 3000}),
]
for one in CASES:
    if one["name"].split()[0] in ("21", "22", "24", "23"):
        one["tier"] = "namespaces"
