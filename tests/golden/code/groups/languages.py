"""Languages beside Python."""

from . import FAST, case, stdio

SUM = ("1 2\n", "3\n")
LIMITS = {"cpu_ms": 1000, "wall_ms": 3000, "memory_mb": 64}


def cpp(name, code, suite_, want, **more):
    return case("cpp: " + name, code, suite_, want, language="cpp", needs="cpp", **more)


def c(name, code, suite_, want, **more):
    return case("c: " + name, code, suite_, want, language="c", needs="c", **more)


def js(name, code, suite_, want, **more):
    return case("javascript: " + name, code, suite_, want, language="javascript", needs="javascript", **more)


def bash(name, code, suite_, want, **more):
    return case("bash: " + name, code, suite_, want, language="bash", needs="bash", **more)


READ = "const t = require('fs').readFileSync(0, 'utf8').split(/\\s+/).map(Number);\n"

CASES = [
    c("sum", "#include <stdio.h>\nint main(void) { int a, b; scanf(\"%d %d\", &a, &b); printf(\"%d\\n\", a + b); }", stdio(SUM, ("5 5", "11")), "WA", tests=["OK", "WA"]),
    c("the standard of 2017 with GNU's additions", "#include <stdio.h>\nint main(void) { for (int i = 0; i < 3; i++) printf(\"%d \", ({ int n = i; n * n; })); }", stdio(("", "0 1 4")), "OK"),
    c("mathematics", "#include <math.h>\n#include <stdio.h>\nint main(void) { double x; scanf(\"%lf\", &x); printf(\"%.6f\\n\", sqrt(x)); }", stdio(("2", "1.414214")), "OK"),
    c("does not compile", "int main(void) { return x; }", stdio(SUM), "CE", score=0.0),
    c("does not link", "int f(void);\nint main(void) { return f(); }", stdio(SUM), "CE", score=0.0),
    c("not C but C++", "#include <iostream>\nint main() { std::cout << 3; }", stdio(SUM), "CE"),
    c("segmentation fault", "#include <stddef.h>\nint main(void) { volatile int *p = NULL; return *p; }", stdio(SUM), "RE"),
    c("exit code", "#include <stdio.h>\nint main(void) { puts(\"3\"); return 3; }", stdio(SUM), "RE"),
    c("endless", "int main(void) { volatile int i = 0; for (;;) i++; }", stdio(SUM), "TLE", limits=FAST),
    c("memory is refused", "#include <stdio.h>\n#include <stdlib.h>\nint main(void) { puts(malloc((size_t)1 << 40) ? \"given\" : \"3\"); }", stdio(SUM), "OK", limits=LIMITS),
    cpp("sum", "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }", stdio(SUM, ("5 5", "11")), "WA", tests=["OK", "WA"]),
    cpp("standard headers", "#include <bits/stdc++.h>\nusing namespace std;\nint main() { vector<int> v{3, 1, 2}; ranges::sort(v); for (int x : v) cout << x << ' '; }", stdio(("", "1 2 3")), "OK"),
    cpp("does not compile", "int main() { return x; }", stdio(SUM), "CE", score=0.0),
    cpp("endless", "int main() { volatile int i = 0; for (;;) i++; }", stdio(SUM), "TLE", limits=FAST),
    cpp("segmentation fault", "int main() { volatile int *p = 0; return *p; }", stdio(SUM), "RE"),
    cpp("abort", "#include <cstdlib>\nint main() { std::abort(); }", stdio(SUM), "RE"),
    cpp("exit code", "int main() { return 3; }", stdio(SUM), "RE"),
    cpp("memory", "#include <vector>\nint main() { std::vector<std::vector<char>> v; for (;;) v.emplace_back(1 << 20, 1); }", stdio(SUM), "MLE", limits=LIMITS),
    cpp("stack", "int f(int n) { volatile char b[1000]; b[0] = n; return n ? f(n - 1) + b[0] : 0; }\nint main() { return f(100000000); }", stdio(SUM), ["RE", "MLE"], limits=LIMITS),
    cpp("flood", "#include <cstdio>\nint main() { for (;;) puts(\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"); }", stdio(SUM), "OLE", limits=LIMITS),
    cpp("fork", "#include <unistd.h>\n#include <cstdio>\nint main() { puts(fork() < 0 ? \"3\" : \"forked\"); }", stdio(SUM), "OK"),
    cpp("50 includes a device", "#include </dev/zero>\nint main() {}", stdio(SUM), "CE"),
    cpp("50 includes a secret", "#include </etc/passwd>\nint main() {}", stdio(SUM), "CE"),
    cpp("50 includes its input", "#include \"/dev/stdin\"\nint main() {}", stdio(SUM), "CE"),
    cpp("51 template bomb", "template<int N> struct A { A<N - 1> a; A<N - 2> b; };\ntemplate<class T, class U> struct P {};\ntemplate<int N> struct B { using t = P<typename B<N - 1>::t, typename B<N - 1>::t>; };\ntemplate<> struct B<0> { using t = int; };\nB<40>::t x;\nA<100000> y;\nint main() {}", stdio(SUM), "CE"),
    cpp("52 an initialised gigabyte", "char a[1 << 30] = {1};\nint main() {}", stdio(SUM), "CE"),
    cpp("53 a long log", "".join(f"int f{i}() {{ return undefined_name_{i}; }}\n" for i in range(2000)), stdio(SUM), "CE"),
    cpp("54 constructor opens a socket", "#include <sys/socket.h>\n#include <unistd.h>\n#include <cstdio>\nint got = 0;\n__attribute__((constructor)) void f() { got = socket(AF_INET, SOCK_STREAM, 0) >= 0; }\nint main() { puts(got ? \"open\" : \"3\"); }", stdio(SUM), "OK"),
    js("sum", READ + "console.log(t[0] + t[1]);", stdio(SUM, ("5 5", "11")), "WA", tests=["OK", "WA"]),
    js("syntax error", "console.log(1", stdio(SUM), "CE"),
    js("exception", "throw new Error('x')", stdio(SUM), "RE"),
    js("exit code", "console.log(3); process.exit(2)", stdio(SUM), "RE"),
    js("endless", "for (;;) {}", stdio(SUM), "TLE", limits=FAST),
    js("big integers", "console.log((2n ** 200n).toString())", stdio(("", str(2**200))), "OK"),
    js("memory", "const a = []; for (;;) a.push(new Array(100000).fill(1));", stdio(SUM), "MLE", limits=dict(LIMITS, cpu_ms=5000, wall_ms=12000)),
    js("network", "const s = require('net').connect(80, '127.0.0.1'); s.on('error', () => console.log(3)); s.on('connect', () => console.log('open'));", stdio(SUM), ["OK", "RE"]),
    js("processes", "try { require('child_process').execFileSync('/bin/true'); console.log('ran') } catch (e) { console.log(3) }", stdio(SUM), "OK"),
    bash("sum", "read a b; echo $((a + b))", stdio(SUM), "OK"),
    bash("pipes", "printf '3\\n1\\n2\\n' | sort | head -1", stdio(("", "1")), "OK"),
    bash("syntax error", "if true", stdio(SUM), "CE"),
    bash("exit code", "echo 3; exit 4", stdio(SUM), "RE"),
    bash("endless", "while :; do :; done", stdio(SUM), "TLE", limits=FAST),
    bash("fork bomb", ":(){ :|:& };:; wait; echo 4", stdio(SUM), ["WA", "RE", "TLE", "OLE"], limits=dict(FAST, wall_ms=1000)),
    bash("daemon", "setsid sleep 100 & echo 3", stdio(SUM), "OK"),
    bash("secrets", "cat /etc/passwd 2>/dev/null; ls /root 2>/dev/null; echo 3", stdio(SUM), "OK"),
    bash("kills all", "kill -9 -1; echo 4", stdio(SUM), ["RE", "WA"]),
    case("no such language", "1", stdio(SUM), None, language="cobol", status="unsupported"),
    case("calls of another language", "int f() {}", {"mode": "call", "entry": "f", "cases": [{"args": [], "expected": 1}]}, None, language="cpp", status="unsupported", needs="cpp"),
]
for one in CASES:
    one.setdefault("tier", "namespaces" if "needs" in one else "filters")
