# The fork server inside a box: one pre-initialised interpreter, one clone per run.
#
# It is PID 1 of its box (tier A) or an ordinary process (tier B). It never runs foreign code itself: it
# forks, and the child closes every door behind itself (`fence`) before it touches what it was given. A door
# that does not close is a fault of the sandbox, reported before any foreign code ran.
import sys
sys.dont_write_bytecode = True
import abc, array, base64, bisect, calendar, cmath, collections, collections.abc, contextlib, copy, ctypes
import dataclasses, datetime, decimal, enum, fractions, functools, gc, hashlib, heapq, inspect, io, itertools
import json, json.decoder, json.encoder, linecache, math, numbers, operator, os, pprint, queue, random, re
import resource, secrets, select, signal, socket, statistics, string, struct, textwrap, threading, time
import traceback, types, typing, unicodedata

CTL, RULES = 3, 4
libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 38, 47
SYS_LANDLOCK_RESTRICT, SYS_SECCOMP, SYS_CLOSE_RANGE, SYS_CAPSET = 446, 317, 436, 126
if os.uname().machine == 'aarch64':
    SYS_SECCOMP, SYS_CAPSET = 277, 91
MS_NOSUID, MS_NODEV, MNT_DETACH = 2, 4, 2


class SockFprog(ctypes.Structure):
    _fields_ = [('len', ctypes.c_ushort), ('filter', ctypes.c_void_p)]


def check(result, what):
    if result < 0:
        raise OSError(ctypes.get_errno(), what)


def load_filter(program, pid):
    # The program's own process id is known only now: a marker stands for it.
    program = program.replace(MARKER, struct.pack('<I', pid))
    buffer = ctypes.create_string_buffer(program, len(program))
    prog = SockFprog(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    check(libc.syscall(SYS_SECCOMP, 1, 0, ctypes.byref(prog)), 'seccomp')


def limit(which, soft, hard=None):
    resource.setrlimit(which, (soft, soft if hard is None else hard))


def fence(request, fds):
    # Arranges descriptors and closes every door. Returns the descriptors from 3 on.
    os.setsid()
    fds = [os.dup2(fd, 100 + at) for at, fd in enumerate(fds)]
    rules = os.dup2(RULES, 100 + len(fds)) if RULED else -1
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
    limit(resource.RLIMIT_NOFILE, 64)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_MEMLOCK, 0)
    limit(resource.RLIMIT_MSGQUEUE, 0)
    limit(resource.RLIMIT_STACK, limits['stack'], resource.RLIM_INFINITY)
    if limits['nproc']:
        limit(resource.RLIMIT_NPROC, limits['nproc'])
    signal.signal(signal.SIGPIPE, signal.SIG_IGN if request['mode'] != 'exec' else signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN if request['mode'] != 'exec' else signal.SIG_DFL)
    if NAMESPACES:
        check(libc.prctl(PR_CAP_AMBIENT, 4, 0, 0, 0), 'ambient capabilities')
        header = struct.pack('<Ii', 0x20080522, 0)
        check(libc.syscall(SYS_CAPSET, header, bytes(24)), 'capset')
    check(libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0), 'pdeathsig')
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'no_new_privs')
    if rules >= 0:
        check(libc.syscall(SYS_LANDLOCK_RESTRICT, rules, 0), 'landlock')
        os.close(rules)
    load_filter(FILTERS[request['profile']], os.getpid())
    return list(range(3, len(fds)))


def child(request, fds):
    try:
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
    global NAMESPACES, RULED, FILTERS, MARKER
    # Standard input is the control socket, standard output the rules: both move out of the way.
    os.dup2(0, CTL, False)
    os.dup2(1, RULES, False)
    null = os.open('/dev/null', os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    ctl = socket.socket(fileno=CTL)
    setup = json.loads(ctl.recv(1 << 18))
    NAMESPACES, RULED = setup['namespaces'], setup['ruled']
    FILTERS = {name: bytes.fromhex(program) for name, program in setup['filters'].items()}
    MARKER = struct.pack('<I', setup['marker'])
    for name in setup['preload']:
        try:
            __import__(name)
        except ImportError:
            pass
    if hasattr(sys, 'set_int_max_str_digits'):
        sys.set_int_max_str_digits(0)
    check(libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0), 'pdeathsig')
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.collect()
    gc.freeze()
    ctl.send(json.dumps({'ready': list(sys.version_info[:3])}).encode())
    while True:
        data, fds, _, _ = socket.recv_fds(ctl, 1 << 16, 16)
        if not data:
            os._exit(0)
        serve(ctl, json.loads(data), fds)


def serve(ctl, request, fds):
    reply = {}
    mounted = NAMESPACES and libc.mount(b'tmpfs', b'/box/tmp', b'tmpfs', MS_NOSUID | MS_NODEV,
                                        b'size=%d,nr_inodes=1024,mode=0700' % request['limits']['tmp'])
    if mounted:
        reply['fault'] = 'no fresh /tmp: ' + os.strerror(ctypes.get_errno())
        ctl.send(json.dumps(reply).encode())
        for fd in fds:
            os.close(fd)
        return
    pid = os.fork()
    if pid == 0:
        child(request, fds)
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
    if NAMESPACES:
        libc.umount2(b'/box/tmp', MNT_DETACH)
    data = json.dumps(reply).encode()
    if kept:
        socket.send_fds(ctl, [data], kept)
        os.close(kept[0])
    else:
        ctl.send(data)


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
