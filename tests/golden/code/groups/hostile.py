"""Programs that reach for what is not theirs. They print what they got hold of; nothing is right."""

from . import case, stdio

NONE = stdio(("", "[]"))
LIMITS = {"cpu_ms": 2000, "wall_ms": 5000, "memory_mb": 128}

TRY = """import ctypes, os, socket, sys
got = []
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, action):
    try: action()
    except BaseException: return
    got.append(name)
def call(*a):
    if libc.syscall(*a) < 0: raise OSError(ctypes.get_errno())
def reach(family, kind, address):
    with socket.socket(family, kind) as s:
        s.settimeout(0.2); s.connect(address); s.send(b'x')
"""


def tries(name, *lines, **more):
    return case(name, TRY + "\n".join(lines) + "\nprint(got)", NONE, "OK", limits=LIMITS, **more)


def each(name, paths, action, **more):
    return tries(name, f"for p in {paths!r}:\n    attempt(p, lambda: {action})", **more)


CASES = [
    case("13 daemon", "import os\nif os.fork() == 0:\n    os.setsid()\n    import time; time.sleep(100)\nprint('[]')", NONE, ["OK", "RE"], limits=LIMITS),
    tries("14 kill(-1) and kill(0)", "attempt('all', lambda: os.kill(-1, 9))", "attempt('group', lambda: os.kill(0, 9))"),
    tries("15 kill the fork server", "attempt('parent', lambda: os.kill(os.getppid(), 9))", "attempt('one', lambda: os.kill(1, 9))",
          "for p in range(2, 400):\n    if p != os.getpid(): attempt(p, lambda: os.kill(p, 9))"),
    case("25 symlink to a secret", "import os\nos.symlink('/etc/shadow', 'x')\nprint(open('x').read())", NONE, "RE", limits=LIMITS),
    case("26 fifo", "import os\nos.mkfifo('x')\nprint('[]')", NONE, "OK", limits=LIMITS, tier="namespaces"),
    each("27 other files", ["/etc/passwd", "/etc/hostname", "/etc/resolv.conf", "/proc/1/environ", "/proc/self/environ", "/proc/self/maps", "/proc/version", "/etc/group", "/var/log/dpkg.log", "/sys/kernel/notes", "/home", "/root", "/var", "/usr/local/bin"], "os.listdir(p) if os.path.isdir(p) else open(p, 'rb').read(1)"),
    tries("28 environment", "got += [k for k in os.environ if k not in ('PATH', 'HOME', 'LC_ALL', 'PYTHONHASHSEED', 'PYTHONDONTWRITEBYTECODE', 'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'TMPDIR')]"),
    tries("29 descriptors", "for fd in range(3, 1024): attempt(fd, lambda: os.fstat(fd))"),
    each("30 writes", ["/usr/x", "/usr/lib/x", "/x", "/bin/x", "/dev/x", "/box/x", "/etc/x", "/var/tmp/x"], "open(p, 'w')"),
    tries("31 network", "attempt('tcp', lambda: reach(socket.AF_INET, socket.SOCK_STREAM, ('1.1.1.1', 80)))", "attempt('udp', lambda: reach(socket.AF_INET, socket.SOCK_DGRAM, ('169.254.169.254', 80)))",
          "attempt('dns', lambda: socket.getaddrinfo('example.org', 80))", "attempt('6', lambda: reach(socket.AF_INET6, socket.SOCK_STREAM, ('::1', 8080)))"),
    tries("32 loopback", "for port in (22, 80, 8080, 8000, 5432): attempt(port, lambda: reach(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', port)))"),
    tries("33 abstract sockets", "def f():\n    s = socket.socket(socket.AF_UNIX); s.bind('\\0x')", "attempt('bind', f)"),
    tries("34 other sockets", "for family in (16, 17, 40, 38, 29): attempt(family, lambda: socket.socket(family, socket.SOCK_RAW))", "attempt('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))", "attempt('vsock', lambda: socket.socket(40, socket.SOCK_STREAM))"),
    tries("35 other processes", "attempt('ptrace', lambda: call(101, 16, os.getppid(), 0, 0))", "attempt('traceme', lambda: call(101, 0, 0, 0, 0))", "attempt('readv', lambda: call(310, os.getppid(), None, 0, None, 0, 0))"),
    tries("36 namespaces", "attempt('user', lambda: call(272, 0x10000000))", "attempt('mount', lambda: call(272, 0x20000))", "attempt('mount', lambda: call(165, b'none', b'/tmp', b'tmpfs', 0, None))",
          "attempt('setns', lambda: call(308, 0, 0))", "attempt('chroot', lambda: os.chroot('/tmp'))", "attempt('umount', lambda: call(166, b'/tmp', 2))", "attempt('clone', lambda: call(56, 0x10000000 | 17, 0, 0, 0, 0))", "attempt('pivot', lambda: call(155, b'.', b'.'))", "attempt('open_tree', lambda: call(428, -100, b'/', 1))"),
    tries("37 kernel doors", "b = ctypes.create_string_buffer(256)", "attempt('uring', lambda: call(425, 8, b))", "attempt('bpf', lambda: call(321, 0, b, 72))", "attempt('perf', lambda: call(298, b, 0, -1, -1, 0))", "attempt('userfaultfd', lambda: call(323, 0))", "attempt('keyctl', lambda: call(250, 0, -3, 0))", "attempt('add_key', lambda: call(248, b'user', b'x', b'y', 1, -3))", "attempt('memfd', lambda: call(319, b'x', 0))", "attempt('module', lambda: call(175, b, 0, b''))", "attempt('handle', lambda: call(303, -100, b'/', b, b, 0))"),
    case("38 x32 call", "import ctypes\nctypes.CDLL(None).syscall(0x40000000 | 39)\nprint('[]')", NONE, "RE", limits=LIMITS),
    case("38 int 0x80", "import ctypes, mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3')\nctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()\nprint('[]')", NONE, "RE", limits=LIMITS),
    tries("39 setuid programs", "for p in ('/bin/su', '/usr/bin/passwd', '/bin/mount', '/bin/true'): attempt(p, lambda: os.execv(p, [p]))"),
    case("40 core", "import os, resource\ntry:\n    resource.setrlimit(resource.RLIMIT_CORE, (1 << 30, 1 << 30))\nexcept (ValueError, OSError): print('[]')", NONE, "OK", limits=LIMITS),
    tries("41 own limits", "import resource", "for r in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):", "    attempt(r, lambda: resource.setrlimit(r, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))", "attempt('other', lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1)))"),
    tries("42 priority", "attempt('fifo', lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)))", "attempt('nice', lambda: os.nice(-5))", "attempt('affinity', lambda: os.sched_setaffinity(0, {0}))"),
    tries("48 clock", "import time", "attempt('time', lambda: time.clock_settime(time.CLOCK_REALTIME, 0))"),
    tries("49 shared memory", "attempt('shm', lambda: call(29, 0x4242, 4096, 0o1600))", "attempt('sem', lambda: call(64, 0x4242, 1, 0o1600))", "attempt('msg', lambda: call(68, 0x4242, 0o1600))", "attempt('mq', lambda: call(240, b'x', 0o102, 0o600, None))", "attempt('/dev/shm', lambda: open('/dev/shm/x', 'w'))"),
    tries("57 subprocesses", "import subprocess", "attempt('run', lambda: subprocess.run(['/bin/true'], check=True))", "attempt('system', lambda: os.system('true') == 0 or 1 / 0)"),
    case("leaves a file", "import os\nprint(os.listdir('.'))\nopen('left', 'w').write('x')", stdio(("", "[]"), ("", "[]"), ("", "[]")), "OK", limits=LIMITS, tier="namespaces"),
    case("leaves a thread", "import threading, time\nthreading.Thread(target=time.sleep, args=(100,), daemon=True).start()\nprint('[]')", NONE, "OK", limits=LIMITS),
    tries("own process only", "got = os.listdir('/') if os.path.isdir('/box') and set(os.listdir('/')) - {'bin', 'box', 'dev', 'etc', 'lib', 'lib32', 'lib64', 'libx32', 'sbin', 'tmp', 'usr'} else []"),
]
for one in CASES:
    if one["name"].startswith(("25", "26")):
        one["tier"] = "namespaces"
