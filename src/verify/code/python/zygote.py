# The fork server inside a box: one pre-initialised interpreter, one clone per run.
#
# It is PID 1 of its box (tier A) or an ordinary process (tier B). It never runs foreign code itself: it
# forks, and the child closes every door behind itself (`fence`) before it touches what it was given. A door
# that does not close is a fault of the sandbox, reported before any foreign code ran.
import sys
sys.dont_write_bytecode = True
import abc, array, atexit, base64, bisect, calendar, cmath, collections, collections.abc, contextlib, copy, ctypes
import dataclasses, datetime, decimal, enum, fractions, functools, gc, heapq, inspect, io, itertools
import json, json.decoder, json.encoder, linecache, math, numbers, operator, os, pprint, queue, random, re
import resource, select, signal, socket, statistics, string, struct, textwrap, threading, time
import traceback, types, typing, unicodedata

CTL, RULES = 3, 4
libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 38, 47
SYS_LANDLOCK_RESTRICT, SYS_SECCOMP, SYS_CLOSE_RANGE, SYS_CAPSET = 446, 317, 436, 126
if os.uname().machine == 'aarch64':
    SYS_SECCOMP, SYS_CAPSET = 277, 91
MS_NOSUID, MS_NODEV, MS_NOATIME, MNT_DETACH = 2, 4, 1024, 2


class SockFprog(ctypes.Structure):
    _fields_ = [('len', ctypes.c_ushort), ('filter', ctypes.c_void_p)]


# The C library's fork alone. The interpreter's own spends a third of a short run on putting locks and threads
# in order, of which this process, with its one thread, has none. What is left to do, `child` does.
plain_fork = ctypes.PyDLL(None).fork
seed = super(random.Random, random._inst).seed


# For a run with a group: it is born in it. The address of this thread's id is the library's, which its fork would set.
CLONE_INTO_CGROUP, CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID = 0x200000000, 0x01000000, 0x00200000
SYS_CLONE3, PR_GET_TID_ADDRESS = 435, 40
plain_syscall = ctypes.PyDLL(None, use_errno=True).syscall


def fork_into(group):
    own = ctypes.c_uint64()
    known = libc.prctl(PR_GET_TID_ADDRESS, ctypes.byref(own), 0, 0, 0) == 0
    flags = CLONE_INTO_CGROUP | (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID if known else 0)
    arguments = struct.pack('<11Q', flags, 0, own.value, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, group)
    return plain_syscall(SYS_CLONE3, arguments, len(arguments))


def check(result, what):
    if result < 0:
        raise OSError(ctypes.get_errno(), what)


class Filter:
    # A program for the kernel. A run's own process id is known only at the end: a marker stands for it.
    def __init__(self, program, marker):
        self.buffer = ctypes.create_string_buffer(program, len(program))
        self.prog = ctypes.byref(SockFprog(len(program) // 8, ctypes.addressof(self.buffer)))
        self.marks = [at for at in range(0, len(program), 4) if program[at:at + 4] == marker]

    def load(self):
        for at in self.marks:
            struct.pack_into('<I', self.buffer, at, os.getpid())
        check(libc.syscall(SYS_SECCOMP, 1, 0, self.prog), 'seccomp')


def limit(which, soft, hard=None):
    resource.setrlimit(which, (soft, soft if hard is None else hard))


def fence(request, fds):
    # Arranges descriptors and closes every door. Returns the descriptors from 3 on.
    os.setsid()
    fds = [os.dup2(fd, 32 + at) for at, fd in enumerate(fds)]
    rules = os.dup2(RULES, 32 + len(fds)) if RULED else -1
    for at, fd in enumerate(fds):
        os.dup2(fd, at)
    kept = len(fds)
    if rules >= 0:
        rules = os.dup2(rules, kept)
        kept += 1
    check(libc.syscall(SYS_CLOSE_RANGE, kept, 0xFFFFFFFF, 0), 'close_range')
    os.chdir(request['cwd'])
    limits = request['limits']
    if limits['as']:
        limit(resource.RLIMIT_AS, limits['as'])
    limit(resource.RLIMIT_CPU, limits['cpu_s'], limits['cpu_s'] + 1)
    limit(resource.RLIMIT_FSIZE, limits['file'])
    limit(resource.RLIMIT_STACK, limits['stack'], resource.RLIM_INFINITY)
    if limits['nproc']:
        limit(resource.RLIMIT_NPROC, limits['nproc'])
    if request['mode'] == 'exec':
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    if NAMESPACES:
        check(libc.prctl(PR_CAP_AMBIENT, 4, 0, 0, 0), 'ambient capabilities')
        header = struct.pack('<Ii', 0x20080522, 0)
        check(libc.syscall(SYS_CAPSET, header, bytes(24)), 'capset')
    check(libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0), 'pdeathsig')
    if rules >= 0:
        check(libc.syscall(SYS_LANDLOCK_RESTRICT, rules, 0), 'landlock')
        os.close(rules)
    FILTERS[request['profile']].load()
    return list(range(3, len(fds)))


def child(request, fds):
    try:
        seed()
        getattr(threading.main_thread(), '_set_native_id', int)()
        status, payload, *rest = fence(request, fds)
        send = Frames(status, request['nonce'].encode())
        mode = MODES[request['mode']]
    except BaseException as error:
        # The status pipe is at its old number until the doors are arranged, then descriptor 3.
        note = f'{type(error).__name__}: {error}'.encode()
        for fd in (fds[3], 3):
            try:
                Frames(fd, request['nonce'].encode())('f', note)
                break
            except OSError:
                pass
        os._exit(97)
    try:
        mode(request, send, payload, *rest)
    except SystemExit as stop:
        finish(exit_code(stop))
    except MemoryError:
        memory_out(send)
    except BaseException as error:
        show(error)
        finish(1)
    finish(0)


def main():
    global NAMESPACES, RULED, FILTERS, GROUPS
    # Standard input is the control socket, standard output the rules: both move out of the way.
    os.dup2(0, CTL, False)
    os.dup2(1, RULES, False)
    null = os.open('/dev/null', os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    ctl = socket.socket(fileno=CTL)
    setup, GROUPS, _, _ = socket.recv_fds(ctl, 1 << 18, 4)
    setup = json.loads(setup)
    NAMESPACES, RULED = setup['namespaces'], setup['ruled']
    marker = struct.pack('<I', setup['marker'])
    FILTERS = {name: Filter(bytes.fromhex(text), marker) for name, text in setup['filters'].items()}
    for name in setup['preload']:
        try:
            __import__(name)
        except ImportError:
            pass
    if hasattr(sys, 'set_int_max_str_digits'):
        sys.set_int_max_str_digits(0)
    check(libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0), 'pdeathsig')
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    ready()
    ctl.send(json.dumps({'ready': list(sys.version_info[:3])}).encode())
    while True:
        data, fds, _, _ = socket.recv_fds(ctl, 1 << 16, 16)
        if not data:
            os._exit(0)
        serve(ctl, json.loads(data), fds)


def ready():
    # What every run would do again is done once, here; then the doors that no run needs are shut for all.
    standing_streams()
    warm()
    limit(resource.RLIMIT_NOFILE, 64)
    for which in (resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE):
        limit(which, 0)
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'no_new_privs')
    FILTERS['base'].load()
    gc.collect()
    gc.freeze()


def standing_streams():
    # Over stand-ins of the kinds that a run has: a file to read, pipes to write. A run puts its own in
    # their place by number.
    pipe = os.pipe()
    os.dup2(pipe[1], 1)
    os.dup2(pipe[1], 2)
    streams()
    os.dup2(0, 1)
    os.dup2(0, 2)
    os.close(pipe[0])
    os.close(pipe[1])


def serve(ctl, request, fds):
    reply = {}
    if NAMESPACES and not mounted(request['limits']['tmp']):
        return refuse(ctl, fds, 'no fresh /tmp')
    pid = fork_into(GROUPS[request['group']]) if 'group' in request else plain_fork()
    if pid == 0:
        child(request, fds)
    if pid < 0:
        return refuse(ctl, fds, 'no clone')
    pidfd = os.pidfd_open(pid)
    socket.send_fds(ctl, [b'{"started":true}'], [pidfd])
    os.close(pidfd)
    for fd in fds:
        os.close(fd)
    _, status, usage = os.wait4(pid, 0)
    reap()
    reply['signal'] = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    reply['exit'] = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
    reply['cpu_us'] = int((usage.ru_utime + usage.ru_stime) * 1e6)
    reply['mem_kb'] = usage.ru_maxrss
    kept = []
    if request.get('keep'):
        kept = keep('/tmp/' + request['keep'])
    # Where a run left no trace the next finds the same; else what it left goes now.
    if NAMESPACES and FRESH[1] != looks():
        unmount()
    data = json.dumps(reply).encode()
    if kept:
        socket.send_fds(ctl, [data], kept)
        os.close(kept[0])
    else:
        ctl.send(data)


def refuse(ctl, fds, what):
    ctl.send(json.dumps({'fault': f'{what}: {os.strerror(ctypes.get_errno())}'}).encode())
    for fd in fds:
        os.close(fd)


# The size of the /tmp that is mounted, and how it looked when it was new.
FRESH = None


def looks():
    # All that a run could leave in its /tmp, the marks of the directory itself included.
    marks = os.stat('/box/tmp')
    return (os.listdir('/box/tmp'), tuple(marks), marks.st_atime_ns, marks.st_mtime_ns, marks.st_ctime_ns,
            os.statvfs('/box/tmp'))


def mounted(size):
    # A run has an empty /tmp of this size.
    global FRESH
    if FRESH and FRESH[0] != size:
        unmount()
    if not FRESH:
        if libc.mount(b'tmpfs', b'/box/tmp', b'tmpfs', MS_NOSUID | MS_NODEV | MS_NOATIME,
                      b'size=%d,nr_inodes=1024,mode=0700' % size):
            return False
        FRESH = size, looks()
    return True


def unmount():
    global FRESH
    libc.umount2(b'/box/tmp', MNT_DETACH)
    FRESH = None


def reap():
    # PID 1 of the box outlives this; everything else in it ends.
    while True:
        if NAMESPACES:
            try:
                os.kill(-1, signal.SIGKILL)
            except ProcessLookupError:
                pass
        else:
            orphans()
        try:
            os.waitpid(-1, 0 if NAMESPACES else os.WNOHANG)
        except ChildProcessError:
            return


def orphans():
    # Without a namespace: this process is the subreaper of what its children left behind.
    try:
        with open(f'/proc/self/task/{os.getpid()}/children') as file:
            for pid in file.read().split():
                os.kill(int(pid), signal.SIGKILL)
    except OSError:
        pass


def keep(path):
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return []
    import stat
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return [fd]
    os.close(fd)
    return []
