"""Languages beside Python."""

from . import FAST, case, stdio

S = SUM = ("1 2\n", "3\n")
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
    cpp("fast input, long long", "#include <bits/stdc++.h>\nusing namespace std;\nint main(){ios::sync_with_stdio(false);cin.tie(0);long long a,b;cin>>a>>b;cout<<a*b<<\"\\n\";}", stdio(("3000000000 3\n", "9000000000")), "OK"),
    cpp("int overflows", "#include <iostream>\nint main(){int a,b;std::cin>>a>>b;std::cout<<(int)((unsigned)a*b);}", stdio(("300000 30000\n", "9000000000")), "WA"),
    cpp("precision", "#include <iostream>\n#include <iomanip>\nint main(){double x;std::cin>>x;std::cout<<std::fixed<<std::setprecision(10)<<x/3;}", stdio(("1", "0.333333333"), kind="tokens_float"), "OK"),
    cpp("return 0 without output", "int main(){return 0;}", stdio(S), "WA"),
    cpp("stack of 100000 frames", "#include <iostream>\nint f(int n){volatile char b[500];b[0]=1;return n?f(n-1)+b[0]:0;}\nint main(){std::cout<<f(100000);}", stdio(("", "100000")), "OK"),
    cpp("vector at throws", "#include <vector>\nint main(){std::vector<int>v(3);return v.at(10);}", stdio(S), "RE"),
    cpp("division by zero", "#include <iostream>\nint main(){volatile int a=1,b=0;std::cout<<a/b;}", stdio(S), "RE"),
    cpp("threads", "#include <thread>\n#include <iostream>\nint main(){int x=0;std::thread t([&]{x=3;});t.join();std::cout<<x;}", stdio(S), "OK"),
    cpp("many threads", "#include <thread>\n#include <vector>\n#include <atomic>\n#include <iostream>\nint main(){std::atomic<int> n{0};std::vector<std::thread> v;for(int i=0;i<16;i++)v.emplace_back([&]{n++;});for(auto&t:v)t.join();std::cout<<n;}", stdio(("", "16")), "OK"),
    cpp("64 bit time busy", "#include <chrono>\nint main(){auto t=std::chrono::steady_clock::now();while(std::chrono::steady_clock::now()-t<std::chrono::seconds(30));}", stdio(S), "TLE", limits=FAST),
    cpp("sleeps", "#include <unistd.h>\nint main(){sleep(100);}", stdio(S), "TLE", limits=FAST),
    cpp("reads a file", "#include <fstream>\n#include <iostream>\nint main(){std::ifstream f(\"/etc/passwd\");std::string s;std::getline(f,s);std::cout<<(s.empty()?\"3\":s);}", stdio(S), "OK"),
    cpp("unused parameters and warnings", "#include <stdio.h>\nint main(int c,char**v){int u;char s[10];gets;printf(\"%d\",3);}", stdio(S), "CE"),
    cpp("scanf and printf", "#include <cstdio>\nint main(){int a,b;while(scanf(\"%d%d\",&a,&b)==2)printf(\"%d\\n\",a+b);}", stdio(("1 2\n3 4\n", "3\n7\n")), "OK"),
    cpp("freopen of nothing", "#include <cstdio>\nint main(){freopen(\"input.txt\",\"r\",stdin);int a,b;if(scanf(\"%d%d\",&a,&b)==2)printf(\"%d\",a+b);}", stdio(S), "WA"),
    cpp("output without flush at abort", "#include <cstdio>\n#include <cstdlib>\nint main(){printf(\"3\");fflush(stdout);abort();}", stdio(S), "RE"),
    cpp("exit in the middle", "#include <cstdlib>\n#include <cstdio>\nint main(){puts(\"3\");exit(0);}", stdio(S), "OK"),
    cpp("raises SIGTERM", "#include <csignal>\nint main(){raise(SIGTERM);}", stdio(S), "RE"),
    cpp("a big global array", "#include <iostream>\nint a[20000000];int main(){a[5]=3;std::cout<<a[5];}", stdio(S), "OK"),
    cpp("memory of 200 MB of 256", "#include <vector>\n#include <iostream>\nint main(){std::vector<char>v(200<<20,1);std::cout<<(int)v[7]+2;}", stdio(S), "OK"),
    cpp("memory of 300 MB of 256", "#include <vector>\n#include <iostream>\nint main(){std::vector<char>v(300<<20,1);std::cout<<(int)v[7]+2;}", stdio(S), "MLE"),
    cpp("optimised pragma", "#pragma GCC optimize(\"O3,unroll-loops\")\n#pragma GCC target(\"avx2\")\n#include <bits/stdc++.h>\nint main(){std::cout<<3;}", stdio(S), "OK"),
    cpp("concepts and format", "#include <concepts>\n#include <iostream>\ntemplate<std::integral T> T add(T a,T b){return a+b;}\nint main(){int a,b;std::cin>>a>>b;std::cout<<add(a,b);}", stdio(S), "OK"),
    cpp("two mains", "int main(){}\nint main(){}", stdio(S), "CE"),
    cpp("no main", "int f(){return 1;}", stdio(S), "CE"),
    cpp("empty", "", stdio(S), "CE"),
    cpp("utf-8 output", "#include <iostream>\nint main(){std::cout<<\"h\\u00e9\\n\";}", stdio(("", "h\u00e9")), "OK"),
    cpp("incbin of a secret", "__asm__(\".incbin \\\"/etc/passwd\\\"\");int main(){}", stdio(S), "CE"),
    cpp("exec a shell", "#include <unistd.h>\n#include <cstdio>\nint main(){execl(\"/bin/sh\",\"sh\",\"-c\",\"echo 3\",(char*)0);puts(\"no\");}", stdio(S), ["WA", "RE", "OK"]),
    c("gets input by line", "#include <stdio.h>\n#include <string.h>\nint main(void){char s[100];while(fgets(s,100,stdin)){s[strcspn(s,\"\\n\")]=0;printf(\"[%s]\\n\",s);}}", stdio(("a b\nc", "[a b]\n[c]")), "OK"),
    c("implicit function", "int main(void){printf(\"3\");}", stdio(S), ["OK", "CE"]),
    js("top level await in a module", "const x = await Promise.resolve(3);\nconsole.log(x);", stdio(S), ["CE", "OK", "RE"]),
    js("import syntax", "import fs from 'fs';\nconst t = fs.readFileSync(0,'utf8').split(' ').map(Number);\nconsole.log(t[0]+t[1]);", stdio(S), ["OK", "CE", "RE"]),
    js("reads by events", "let d='';process.stdin.on('data',c=>d+=c);process.stdin.on('end',()=>{const [a,b]=d.trim().split(' ').map(Number);console.log(a+b)});", stdio(S), "OK"),
    js("/dev/stdin", "const t=require('fs').readFileSync('/dev/stdin','utf8').split(' ').map(Number);console.log(t[0]+t[1]);", stdio(S), "OK"),
    js("main with async", "async function main(){await new Promise(r=>setTimeout(r,10));console.log(3)}\nmain();", stdio(S), "OK"),
    js("deep recursion", "function f(n){return n?1+f(n-1):0}\nconsole.log(f(10000));", stdio(("", "10000")), "OK"),
    js("endless recursion", "function f(n){return 1+f(n+1)}\nf(0);", stdio(S), "RE"),
    js("float print", "console.log(0.1+0.2)", stdio(("", "0.30000000000000004")), "OK"),
    js("large output", "let s='';for(let i=0;i<100000;i++)s+=i+'\\n';process.stdout.write(s);", stdio(("", "".join(f"{i}\n" for i in range(100000)))), "OK"),
    js("process.exit after write", "console.log(3);process.exit(0);", stdio(S), "OK"),
    js("sets the exit code", "console.log(3);process.exitCode=1;", stdio(S), "RE"),
    js("reference error", "console.log(x)", stdio(S), "RE"),
    js("type annotations", "const x: number = 3; console.log(x)", stdio(S), "CE"),
    js("unhandled rejection", "Promise.reject(1)", stdio(S), "RE"),
    js("timer that never ends", "setInterval(()=>{},1000)", stdio(S), "TLE", limits=FAST),
    js("shebang", "#!/usr/bin/env node\nconsole.log(3)", stdio(S), "OK"),
    js("worker threads", "const {Worker,isMainThread,parentPort}=require('worker_threads');\nif(isMainThread){new Worker(__filename).on('message',m=>console.log(m))}else{parentPort.postMessage(3)}", stdio(S), "OK"),
    js("kills", "process.kill(process.pid,'SIGKILL')", stdio(S), "RE"),
    js("aborts", "process.abort()", stdio(S), "RE"),
    js("unicode", "console.log([...require('fs').readFileSync(0,'utf8').trim()].reverse().join(''))", stdio(("a\u00e9\U0001F600", "\U0001F600\u00e9a")), "OK"),
    js("reads the environment", "console.log(Object.keys(process.env).filter(k=>/KEY|TOKEN|SECRET|ASSAY/.test(k)).length+3)", stdio(S), "OK"),
    bash("arithmetic in a loop", "s=0; while read -r a b; do s=$((s+a+b)); done; echo $s", stdio(("1 2\n3 4\n", "10")), "OK"),
    bash("no newline at the end of input", "read a b; echo $((a+b))", stdio(("1 2", "3")), "OK"),
    bash("awk, sed, grep, sort, bc", "awk '{print $1+$2}' | sed 's/3/x/' | tr x 3 | grep 3 | sort | uniq", stdio(S), "OK"),
    bash("arrays and functions", "f(){ local -a v=($1 $2); echo $((v[0]+v[1])); }\nread l; f $l", stdio(S), "OK"),
    bash("here document and files", "cat > x.txt <<E\n3\nE\ncat x.txt", stdio(S), "OK"),
    bash("command not found at the end", "echo 3; nosuchcommand", stdio(S), "RE"),
    bash("command not found in the middle", "nosuchcommand; echo 3", stdio(S), "OK"),
    bash("unset with set -u", "set -u; echo $x", stdio(S), "RE"),
    bash("sleep", "sleep 100", stdio(S), "TLE", limits=FAST),
    bash("flood", "yes", stdio(S), "OLE", limits=FAST),
    bash("background and wait", "for i in 1 2 3; do echo $i & done | sort; wait", stdio(("", "1\n2\n3")), "OK"),
    bash("temporary file and trap", "t=$(mktemp); trap 'rm -f $t' EXIT; echo 3 > $t; cat $t", stdio(S), "OK"),
    bash("process substitution", "cat <(echo 3)", stdio(S), ["OK", "RE", "WA"]),
    bash("python from bash", "python3 -c 'print(1+2)'", stdio(S), "OK"),
    bash("network", "exec 3<>/dev/tcp/127.0.0.1/80 && echo open || echo 3", stdio(S), "OK"),
    bash("kill parent", "kill -9 $PPID; echo 3", stdio(S), ["OK", "RE", "WA"]),
]
for one in CASES:
    # JavaScript needs no files and no processes.
    files = one.get("needs", "javascript") != "javascript"
    one.setdefault("tier", "namespaces" if files else "filters")
