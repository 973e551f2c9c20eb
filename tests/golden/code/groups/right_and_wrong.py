"""Programs that read and write."""

import sys

from . import FAST, case, stdio

SUM = "a, b = map(int, input().split())\nprint(a + b)\n"
BIG = 10**60 + 7
sys.set_int_max_str_digits(0)
DIGITS = str(2**20000)

CASES = [
    case("sum", SUM, stdio(("1 2\n", "3\n"), ("-5 5", "0")), "OK", tests=["OK", "OK"], score=1.0),
    case("difference for a sum", SUM.replace("+", "-"), stdio(("1 2\n", "3\n"), ("5 0", "5")), "WA", tests=["WA", "OK"], score=0.5),
    case("trailing blanks", "print('1 2 ', end='\\n\\n')", stdio(("", "1 2")), "OK"),
    case("inner blanks", "print('1  2')", stdio(("", "1 2")), "WA"),
    case("inner blanks as tokens", "print('1  2')", stdio(("", "1 2"), kind="tokens"), "OK"),
    case("missing token", "print('1')", stdio(("", "1 2"), kind="tokens"), "WA"),
    case("exact needs the newline", "print(1, end='')", stdio(("", "1\n"), kind="exact"), "WA"),
    case("exact", "print(1)", stdio(("", "1\n"), kind="exact"), "OK"),
    case("case matters", "print('yes')", stdio(("", "YES")), "WA"),
    case("case ignored", "print('yes')", stdio(("", "YES"), kind="lines_trimmed", ignore_case=True), "OK"),
    case("float near", "print(0.1 + 0.2)", stdio(("", "0.3"), kind="tokens_float"), "OK"),
    case("float far", "print(0.31)", stdio(("", "0.3"), kind="tokens_float"), "WA"),
    case("float by text", "print(0.1 + 0.2)", stdio(("", "0.3")), "WA"),
    case("big integer", f"print({BIG})", stdio(("", str(BIG)), kind="tokens_float"), "OK"),
    case("big integer off by one", f"print({BIG + 1})", stdio(("", str(BIG)), kind="tokens_float"), "WA"),
    case("integer as float", "print(3.0)", stdio(("", "3")), "WA"),
    case("six thousand digits", "print(2**20000)", stdio(("", DIGITS)), "OK"),
    case("six thousand digits, the last wrong", "print(2**20000 + 1)", stdio(("", DIGITS)), "WA"),
    case("nan is not a number", "print('nan')", stdio(("", "1.5"), kind="tokens_float"), "WA"),
    case("empty output", "pass", stdio(("", "")), "OK"),
    case("nothing for something", "pass", stdio(("", "1")), "WA"),
    case("output before a crash", "print(3)\nraise ValueError('x')", stdio(("", "3")), "RE"),
    case("exit code", "print(3)\nimport sys; sys.exit(1)", stdio(("", "3")), "RE"),
    case("exit zero after the answer", "print(3)\nimport sys; sys.exit(0)", stdio(("", "3")), "OK"),
    case("os._exit loses the buffer", "print(3)\nimport os; os._exit(0)", stdio(("", "3")), "WA"),
    case("exit with a text", "import sys; print(3); sys.exit('bad')", stdio(("", "3")), "RE"),
    case("division by zero", "print(1 // 0)", stdio(("", "0")), "RE"),
    case("end of input", "input(); print(1)", stdio(("", "1")), "RE"),
    case("recursion error", "def f(): return f()\nf()", stdio(("", "1")), "RE"),
    case("deep recursion in a thread", "import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(256 * 2**20)\ndef f(n): return 0 if n == 0 else 1 + f(n - 1)\nt = threading.Thread(target=lambda: print(f(50000)))\nt.start(); t.join()", stdio(("", "50000")), "OK"),
    case("main guard", "def main(): print(int(input()) * 2)\nif __name__ == '__main__':\n    main()", stdio(("21", "42")), "OK"),
    case("standard input read whole", "import sys\nprint(sum(map(int, sys.stdin.read().split())))", stdio(("1\n2\n3\n", "6")), "OK"),
    case("input by descriptor", "import os\nprint(len(os.read(0, 100)))", stdio(("abc", "3")), "OK"),
    case("input by open(0)", "print(sum(int(x) for x in open(0)))", stdio(("1\n2\n", "3")), "OK"),
    case("buffered bytes", "import sys\nsys.stdout.buffer.write(b'ok\\n')", stdio(("", "ok")), "OK"),
    case("unicode", "print(input()[::-1])", stdio(("äöü😀", "😀üöä")), "OK"),
    case("atexit prints", "import atexit\natexit.register(print, 'bye')\nprint('hi')", stdio(("", "hi\nbye")), "OK"),
    case("a thread prints after main", "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.05), print('late'))).start()", stdio(("", "late")), "OK"),
    case("usual imports", "import heapq, bisect, itertools, functools, collections, math, re, json, random, datetime, decimal, fractions\nprint(math.comb(10, 3))", stdio(("", "120")), "OK"),
    case("numpy", "import numpy as np\nprint(int(np.arange(10).sum()))", stdio(("", "45")), "OK", needs="numpy"),
    case("no such module", "import nonexistent_module", stdio(("", "")), "RE"),
    case("syntax error", "print(1", stdio(("", "1"), ("", "2")), "CE", tests=["CE", "CE"], score=0.0),
    case("python 2", "print 1", stdio(("", "1")), "CE"),
    case("bad indentation", "if True:\nprint(1)", stdio(("", "1")), "CE"),
    case("nul in the source", "print(1)\0", stdio(("", "1")), "CE"),
    case("files of its own", "open('x.txt', 'w').write('7')\nprint(open('x.txt').read())", stdio(("", "7")), "OK", tier="namespaces"),
    case("first failure stops", "print(1)", stdio(*[("", "2")] * 70), "WA", stop="first_failure", score=0.0),
    case("stack limit raised", "import resource, sys\nresource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\nprint('ok')", stdio(("", "ok")), "OK"),
    case("errors on stderr do not matter", "import sys\nprint('x', file=sys.stderr)\nprint(1)", stdio(("", "1")), "OK"),
    case("asyncio", "import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    print('ok')\nasyncio.run(f())", stdio(("", "ok")), "OK"),
    case("apps form", "print(int(input()) + 1)", {"inputs": ["1\n", "2\n"], "outputs": ["2\n", "4\n"]}, "WA", tests=["OK", "WA"], score=0.5),
    case("apps lists of lines", "print(int(input()) + int(input()))", {"inputs": [["1", "2"]], "outputs": [["3"]]}, "OK"),
    case("quick enough", "print(sum(range(10**5)))", stdio(("", "4999950000")), "OK", limits=FAST),
]
