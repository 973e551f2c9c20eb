# What a program must not be able to do. Each attempt that succeeds is named on standard output.
import ctypes, os, socket

libc = ctypes.CDLL(None, use_errno=True)
opened = []


def attempt(name, action):
    try:
        action()
    except BaseException:
        return
    opened.append(name)


def syscall(*arguments):
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno())


def reach(family, kind, address):
    with socket.socket(family, kind) as one:
        one.settimeout(0.2)
        one.connect(address)


def process():
    if os.fork() == 0:
        os._exit(0)


for path in ('/etc/passwd', '/etc/hostname', '/proc/self/environ', '/proc/1/cmdline', '/proc/self/maps',
             '/root', '/var/log', '/sys/kernel', '/home'):
    attempt('read ' + path, lambda: os.listdir(path) if os.path.isdir(path) else open(path).read(1))
for path in ('/usr/bin/x', '/usr/lib/x', '/x', '/var/tmp/x', '/dev/shm/x', '/etc/x', '/run/x'):
    attempt('write ' + path, lambda: open(path, 'w'))
if not OWN_ROOT:
    attempt('list /', lambda: os.listdir('/'))
attempt('tcp', lambda: reach(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', 80)))
attempt('udp', lambda: reach(socket.AF_INET, socket.SOCK_DGRAM, ('169.254.169.254', 53)))
attempt('unix socket', lambda: socket.socket(socket.AF_UNIX))
attempt('netlink', lambda: socket.socket(16, socket.SOCK_RAW))
attempt('process', process)
attempt('execute', lambda: os.execv('/bin/true', ['true']))
attempt('signal the fork server', lambda: os.kill(os.getppid(), 9))
attempt('signal a group', lambda: os.kill(0, 9))
attempt('signal everyone', lambda: os.kill(-1, 9))
if os.uname().machine == 'x86_64':
    for name, call in (('ptrace', (101, 16, os.getppid(), 0, 0)), ('unshare', (272, 0x10000000)),
                       ('mount', (165, b'none', b'/tmp', b'tmpfs', 0, None)), ('setns', (308, 3, 0)),
                       ('chroot', (161, b'/')), ('io_uring', (425, 8, ctypes.create_string_buffer(200))),
                       ('bpf', (321, 0, None, 0)), ('perf', (298, ctypes.create_string_buffer(200), 0, -1, -1, 0)),
                       ('userfaultfd', (323, 0)), ('keyctl', (250, 0, -3, 0)), ('memfd', (319, b'x', 0)),
                       ('process_vm_readv', (310, os.getppid(), None, 0, None, 0, 0)),
                       ('shared memory', (29, 0, 4096, 0o1600)), ('message queue', (240, b'x', 0x42, 0o600, None)),
                       ('clock', (227, 0, ctypes.create_string_buffer(16))), ('affinity', (203, 0, 8, b'\1' * 8)),
                       ('pidfd', (434, os.getppid(), 0)), ('personality', (135, 0x40000))):
        attempt(name, lambda: syscall(*call))
for fd in range(3, 256):
    attempt('descriptor %d' % fd, lambda: os.fstat(fd))
if set(os.environ) - {'PATH', 'HOME', 'LC_ALL', 'PYTHONHASHSEED', 'PYTHONDONTWRITEBYTECODE', 'OMP_NUM_THREADS',
                      'OPENBLAS_NUM_THREADS', 'TMPDIR'}:
    opened.append('environment')
print('blocked', ', '.join(opened), sep=': ' if opened else '', end='')
