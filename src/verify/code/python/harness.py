# What runs in the child: the program as a whole, or one call of it. Nothing here knows what is expected.

quote = json.encoder.encode_basestring_ascii
loads, write_fd, pack, exit_now = json.loads, os.write, struct.pack, os._exit
DEPTH, NODES, TEXT = 100, 1_000_000, 1 << 20


class Frames:
    # Frames on the private pipe: length, nonce, kind, text.
    def __init__(self, fd, nonce):
        self.fd, self.nonce = fd, nonce

    def __call__(self, kind, data=b''):
        frame = self.nonce + kind.encode() + data
        frame = pack('<I', len(frame)) + frame
        while frame:
            frame = frame[write_fd(self.fd, frame):]


class Unplain(Exception):
    pass


class Plain:
    # Values to JSON text with tags, through the methods of the base types only: an object's own
    # `__eq__`, `__repr__` or `__iter__` is never asked.
    def __init__(self, other=None):
        self.left, self.other = NODES, other

    def spend(self, amount=1):
        self.left -= amount
        if self.left < 0:
            raise Unplain('the value is too large')

    def encode(self, value, depth=0):
        self.spend()
        if depth > DEPTH:
            raise Unplain('the value is nested too deeply')
        kind = type(value)
        if value is None:
            return 'null'
        if kind is bool:
            return 'true' if value else 'false'
        if issubclass(kind, int):
            digits = int.__repr__(int.__add__(value, 0))
            self.spend(len(digits) // 8)
            return digits
        if issubclass(kind, float):
            return number(float.__mul__(value, 1.0))
        if issubclass(kind, str):
            self.spend(str.__len__(value) // 8)
            return quote(str.__str__(value))
        if issubclass(kind, list):
            return self.items(list.__iter__(value), depth)
        if issubclass(kind, tuple):
            return '{"$tuple":' + self.items(tuple.__iter__(value), depth) + '}'
        if issubclass(kind, dict):
            items = dict.items(value)
            pairs = ','.join(f'[{self.encode(k, depth + 1)},{self.encode(v, depth + 1)}]' for k, v in items)
            return '{"$dict":[' + pairs + ']}'
        if issubclass(kind, set):
            return '{"$set":' + self.items(set.__iter__(value), depth) + '}'
        if issubclass(kind, frozenset):
            return '{"$frozenset":' + self.items(frozenset.__iter__(value), depth) + '}'
        return self.rarer(value, kind, depth)

    def items(self, items, depth):
        return '[' + ','.join([self.encode(item, depth + 1) for item in items]) + ']'

    def rarer(self, value, kind, depth):
        if kind is bytes or kind is bytearray:
            self.spend(len(value) // 8)
            return '{"$%s":"%s"}' % (kind.__name__, value.hex())
        if kind is complex:
            return '{"$complex":[%s,%s]}' % (number(value.real), number(value.imag))
        if kind is range or kind is collections.deque:
            return '{"$%s":%s}' % (kind.__name__, self.items(iter(value), depth))
        if kind is decimal.Decimal or kind is fractions.Fraction:
            return '{"$%s":%s}' % (kind.__name__.lower(), quote(str(value)))
        numpy = sys.modules.get('numpy')
        if numpy is not None and issubclass(kind, (numpy.generic, numpy.ndarray)):
            return self.encode(value.tolist(), depth + 1)
        if kind in LAZY:
            return '{"$iter":' + self.items(iter(value), depth) + '}'
        if self.other:
            return self.other(value)
        raise Unplain(f'a {kind.__name__} is not plain data')


LAZY = (types.GeneratorType, map, filter, zip, enumerate, reversed, type({}.keys()), type({}.values()),
        type({}.items()), type(iter([])), type(iter(())), type(iter(range(0))), itertools.chain,
        itertools.permutations, itertools.combinations, itertools.product, itertools.accumulate)


def number(value):
    if value != value:
        return '{"$float":"nan"}'
    if value in (math.inf, -math.inf):
        return '{"$float":"%sinf"}' % ('-' if value < 0 else '')
    return float.__repr__(value)


UNTAG = {
    '$float': float, '$tuple': tuple, '$set': set, '$frozenset': frozenset, '$bytes': bytes.fromhex,
    '$bytearray': bytearray.fromhex, '$complex': lambda v: complex(*v), '$deque': collections.deque,
    '$dict': lambda v: {k: w for k, w in v}, '$decimal': decimal.Decimal, '$fraction': fractions.Fraction,
    '$iter': iter, '$range': list,
}


def untag(fields):
    if len(fields) == 1:
        (tag, value), = fields.items()
        make = UNTAG.get(tag)
        if make:
            return make(value)
    return fields


def decode(text):
    return loads(text, object_hook=untag)


def read_all(fd):
    parts = []
    while part := os.read(fd, 1 << 20):
        parts.append(part)
    os.close(fd)
    return b''.join(parts)


def compiled(source, send, name='solution.py'):
    # No foreign code has run yet, so what is said here is true.
    try:
        code = compile(source, name, 'exec', dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        send('e', ''.join(traceback.format_exception_only(type(error), error)).encode(errors='replace')[:8192])
        exit_now(1)
    if send:
        send('c')
    return code


def streams():
    def text(fd, mode):
        raw = open(fd, mode + 'b', closefd=False)
        return io.TextIOWrapper(raw, encoding='utf-8', errors='surrogateescape', write_through=fd == 2)
    sys.stdin, sys.stdout = text(0, 'r'), text(1, 'w')
    sys.stderr = io.TextIOWrapper(open(2, 'wb', closefd=False), encoding='utf-8', errors='backslashreplace',
                                  line_buffering=True)
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
    sys.argv = ['solution.py']


def warm():
    # What every run goes through, once: what the interpreter remembers of it, each run finds.
    for _ in range(4):
        code = compiled('import math, collections, heapq\nprint(int("1") + 1, [1], end="")\n', None)
        exec(code, module('__main__').__dict__)
        sys.stdout.flush()


def module(name):
    made = types.ModuleType(name)
    made.__dict__['__builtins__'] = sys.modules['builtins']
    sys.modules[name] = made
    return made


def exit_code(stop):
    code = stop.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def show(error):
    try:
        frames = error.__traceback__
        while frames is not None and frames.tb_frame.f_code.co_filename != 'solution.py':
            frames = frames.tb_next
        traceback.print_exception(type(error), error, frames or error.__traceback__)
    except BaseException:
        pass


def memory_out(send):
    try:
        os.write(2, b'MemoryError\n')
        send('m')
    except BaseException:
        pass
    exit_now(MEMORY)


MEMORY = 87


def finish(code):
    try:
        if threading.active_count() > 1 or atexit._ncallbacks():
            threading._shutdown()
            atexit._run_exitfuncs()
    except BaseException:
        pass
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except ValueError:
            pass
        except BaseException:
            code = code or 120
    exit_now(code)


def stdio(request, send, payload):
    code = compiled(read_all(payload), send)
    os.close(send.fd)
    main = module('__main__')
    main.__dict__['__file__'] = 'solution.py'
    exec(code, main.__dict__)


HEADER = ('math', 'collections', 'heapq', 'bisect', 'itertools', 'functools', 'string', 're', 'random',
          'operator', 'typing')


def leetcode(names):
    # LeetCode's editor has these imported: completions for a `Solution` class rely on it.
    for name in HEADER:
        names.setdefault(name, sys.modules[name])
    for source in (math, typing, functools, itertools, bisect, heapq, collections):
        for name in getattr(source, '__all__', None) or dir(source):
            if not name.startswith('_'):
                names[name] = getattr(source, name)
    names['pow'] = pow


# LeetCode's classes.
NAMED = ('ListNode', 'TreeNode')


def nodes():
    # By their names the classes that LeetCode's comments describe, made anew: they are the program's.
    class ListNode:
        def __init__(self, val=0, next=None):
            self.val, self.next = val, next

    class TreeNode:
        def __init__(self, val=0, left=None, right=None):
            self.val, self.left, self.right = val, left, right
    for kind in (ListNode, TreeNode):
        kind.__module__, kind.__qualname__ = 'solution', kind.__name__
    return dict(zip(NAMED, (ListNode, TreeNode)))


def loaded(document, send, names):
    code = compiled(document['source'], send)
    made = module('solution')
    made.__dict__.update(names)
    exec(code, made.__dict__)
    return made


def resolve(made, entry):
    if entry.startswith('~'):
        entry = entry[1:]
        if '.' not in entry and hasattr(made, 'Solution') and not hasattr(made, entry):
            entry = 'Solution.' + entry
    owner, _, name = entry.rpartition('.')
    if not owner:
        return getattr(made, entry)
    return getattr(getattr(made, owner)(), name)


def call(request, send, payload):
    document = decode(read_all(payload).decode())
    names = nodes()
    if '.' in request['entry'] or request['entry'].startswith('~'):
        leetcode(names)
    made = loaded(document, send, names)
    result = resolve(made, request['entry'])(*document['args'], **document.get('kwargs', {}))
    text = Plain().encode(result)
    if len(text) > TEXT:
        raise Unplain('the value is too large')
    sys.stdout.flush()
    sys.stderr.flush()
    send('r', text.encode())
    exit_now(0)


# What /dev/stdin leads to. (Elsewhere it is a link into /proc, of which there is none.)
STDIN = '/tmp/.stdin'


def execute(request, send, payload):
    # A compiled program, or an interpreter with the program in a file of its own.
    argv = request['argv']
    os.set_inheritable(send.fd, False)
    if request.get('write'):
        with open(request['write'], 'wb') as file:
            file.write(read_all(payload))
    elif not request.get('reads_payload'):
        os.set_inheritable(payload, False)
    if request.get('stdin_file'):
        with open(STDIN, 'wb') as file:
            while part := os.read(0, 1 << 20):
                file.write(part)
        os.lseek(0, 0, 0)
    environment = dict(os.environ)
    environment.update(request.get('env', {}))
    send('c')
    if request.get('image'):
        os.execve(payload, argv, environment)
    os.execve(argv[0], argv, environment)


MODES = {'stdio': stdio, 'call': call, 'exec': execute}
