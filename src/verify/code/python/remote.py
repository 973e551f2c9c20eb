# Tests and candidate in two processes: the tests call, the candidate answers, plain data crosses.
#
# The candidate never sees a test, and cannot reach the process that decides. What it answers is decoded as
# data; its objects stay with it, and the tests hold handles.

FRAME = 8 << 20


class Dead(BaseException):
    # The candidate's process is gone, or does not speak the protocol: no test can catch this and pass.
    pass


class Wire:
    def __init__(self, fd):
        self.fd = fd

    def send(self, text):
        data = text.encode()
        data = pack('<I', len(data)) + data
        while data:
            data = data[write_fd(self.fd, data):]

    def exactly(self, size):
        parts = []
        while size:
            part = os.read(self.fd, min(size, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b''.join(parts)

    def receive(self):
        size, = struct.unpack('<I', self.exactly(4))
        if size > FRAME:
            raise ValueError('the frame is too large')
        return self.exactly(size).decode()


# ---- the candidate's side


class Answering:
    def __init__(self, made):
        self.made, self.kept, self.ids = made, [], {}

    def handle(self, value):
        key = id(value)
        if key not in self.ids:
            self.ids[key] = len(self.kept)
            self.kept.append(value)
        kind = 'object'
        if isinstance(value, type):
            kind = 'error' if issubclass(value, Exception) else 'class'
        elif isinstance(value, types.ModuleType):
            kind = 'module'
        elif callable(value):
            kind = 'call'
        bases = [base.__name__ for base in value.__mro__[1:]] if kind == 'error' else []
        return '{"$ref":[%d,"%s",%s,%s]}' % (
            self.ids[key], kind, quote(str(getattr(value, '__name__', type(value).__name__))),
            json.dumps(bases))

    def encode(self, value):
        return Plain(self.handle).encode(value)

    def hook(self, fields):
        if len(fields) == 1 and '$held' in fields:
            return self.kept[fields['$held']]
        return untag(fields)

    def answer(self, text):
        op, target, *args = loads(text, object_hook=self.hook)
        try:
            value, changed = OPS[op](self, target, *args)
            return '{"v":' + self.encode(value) + changed + '}'
        except MemoryError:
            raise
        except BaseException as error:
            kind = type(error)
            names = [base.__name__ for base in kind.__mro__]
            try:
                message = str(error)[:2000]
            except BaseException:
                message = ''
            return '{"x":[%s,%s]}' % (json.dumps(names), quote(message))

    def call(self, target, args, kwargs):
        # Arguments that the call changed in place go back, so that the tests see it.
        before = [Plain(lambda _: 'null').encode(arg) if type(arg) in MUTABLE else None for arg in args]
        value = target(*args, **kwargs)
        changed = []
        for at, (old, arg) in enumerate(zip(before, args)):
            if old is not None and Plain(lambda _: 'null').encode(arg) != old:
                changed.append('[%d,%s]' % (at, self.encode(arg)))
        return value, ',"m":[' + ','.join(changed) + ']' if changed else ''


MUTABLE = (list, dict, set, bytearray, collections.deque)


def state(_, target):
    fields = dict(getattr(target, '__dict__', {}))
    for kind in type(target).__mro__:
        slots = kind.__dict__.get('__slots__', ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            if hasattr(target, slot):
                fields[slot] = getattr(target, slot)
    return [type(target).__qualname__, fields], ''


OPS = {
    'name': lambda self, target: (getattr(self.made, target), ''),
    'attr': lambda self, target, name: (getattr(target, name), ''),
    'set': lambda self, target, name, value: (setattr(target, name, value), ''),
    'call': Answering.call,
    'item': lambda self, target, key: (target[key], ''),
    'store': lambda self, target, key, value: (target.__setitem__(key, value), ''),
    'len': lambda self, target: (len(target), ''),
    'list': lambda self, target: (list(target), ''),
    'in': lambda self, target, value: (value in target, ''),
    'str': lambda self, target: (str.__str__(str(target)), ''),
    'repr': lambda self, target: (str.__str__(repr(target)), ''),
    'bool': lambda self, target: (bool(target), ''),
    'isinstance': lambda self, target, kind: (isinstance(target, kind), ''),
    'binary': lambda self, target, op, other: (getattr(operator, op)(target, other), ''),
    'state': state,
}


def answer(request, send, payload, rpc):
    document = decode(read_all(payload).decode())
    made = loaded(document, send, None)
    wire, answering = Wire(rpc), Answering(made)
    wire.send(json.dumps([name for name in made.__dict__ if isinstance(name, str)]))
    while True:
        try:
            text = wire.receive()
        except EOFError:
            exit_now(0)
        wire.send(answering.answer(text))


# ---- the tests' side


class CandidateError(Exception):
    # An exception of the candidate whose type the tests do not know.
    pass


class Asking:
    def __init__(self, rpc):
        self.wire, self.alive, self.errors, self.raised = Wire(rpc), True, {}, None
        try:
            self.names = [name for name in loads(self.wire.receive()) if isinstance(name, str)]
        except (EOFError, ValueError, OSError):
            self.alive = False
            raise Dead('the candidate did not start') from None

    def hook(self, fields):
        if len(fields) == 1 and '$ref' in fields:
            at, kind, name, bases = fields['$ref']
            if kind == 'error':
                return self.error(at, name, bases)
            # A module that the candidate imported is for the tests their own.
            own = sys.modules.get(name) if kind == 'module' and name in sys.stdlib_module_names else None
            return own or Remote(self, int(at), str(name), kind)
        return untag(fields)

    def error(self, at, name, bases):
        # A stand-in for an exception class, so that tests can expect it.
        if name not in self.errors:
            base = next((known for known in map(exception, bases) if known), CandidateError)
            self.errors[name] = type(name, (base,), {'__module__': 'solution', '_remote': Remote(self, at, name)})
        return self.errors[name]

    def ask(self, op, *args):
        if not self.alive:
            raise Dead('the candidate is gone')
        text = Plain(held).encode([op, *args])
        try:
            self.wire.send(text)
            reply = loads(self.wire.receive(), object_hook=self.hook)
            value, error, changed = reply.get('v'), reply.get('x'), reply.get('m', [])
        except Unplain:
            raise
        except Exception:
            self.alive = False
            raise Dead('the candidate is gone') from None
        if error is not None:
            raise self.thrown(error)
        return value, changed

    def thrown(self, error):
        names, message = error
        for name in names:
            known = self.errors.get(name) or exception(name)
            if known:
                break
        else:
            known = CandidateError
        try:
            self.raised = known(message)
        except Exception:
            self.raised = CandidateError(f'{names[0]}: {message}')
        return self.raised


def exception(name):
    known = getattr(sys.modules['builtins'], str(name), None)
    usable = isinstance(known, type) and issubclass(known, Exception)
    return known if usable and known is not AssertionError else None


def held(value):
    if isinstance(value, Remote):
        return '{"$held":%d}' % value._at
    if isinstance(value, type) and isinstance(value.__dict__.get('_remote'), Remote):
        return '{"$held":%d}' % value._remote._at
    raise Unplain(f'a {type(value).__name__} cannot be handed to the candidate: it is not plain data')


# What tests call on plain values: an object in a plain value's place must not answer in its stead.
PLAIN = {name for kind in (str, bytes, list, tuple, dict, set, int, float) for name in dir(kind)}


class Remote:
    # A handle to an object of the candidate.
    #
    # An object that a test made itself, by calling a class, may use operators against plain values. One
    # that a function gave instead of a value may not: `x - 1`, `x > 1`, `1 in x` or `x.startswith('a')`
    # would ask the candidate for the verdict.
    def __init__(self, asking, at, name, kind='object'):
        self.__dict__.update(_asking=asking, _at=at, _kind=kind, _made=False, __name__=name)

    def __call__(self, *args, **kwargs):
        value, changed = self._asking.ask('call', self, list(args), kwargs)
        for at, new in changed:
            renew(args[at], new)
        if isinstance(value, Remote) and self._kind == 'class' and self.__name__[:1].isupper():
            value.__dict__['_made'] = True
        return value

    def __getattr__(self, name):
        if name.startswith('__') and name not in ('__doc__', '__dict__'):
            raise AttributeError(name)
        if name in PLAIN and self._kind == 'object' and not self._made:
            raise AttributeError(f'{name}: the candidate gave an object, not plain data')
        return self._asking.ask('attr', self, name)[0]

    def __setattr__(self, name, value):
        self._asking.ask('set', self, name, value)

    def __getitem__(self, key):
        return self._asking.ask('item', self, key)[0]

    def __setitem__(self, key, value):
        self._asking.ask('store', self, key, value)

    def __len__(self):
        return self._asking.ask('len', self)[0]

    def __iter__(self):
        return iter(self._asking.ask('list', self)[0])

    def __contains__(self, value):
        self.trusted(value)
        return self._asking.ask('in', self, value)[0]

    def __bool__(self):
        return self._asking.ask('bool', self)[0] is True

    def __str__(self):
        return str(self._asking.ask('str', self)[0])

    def __repr__(self):
        return str(self._asking.ask('repr', self)[0])

    def __instancecheck__(self, value):
        return isinstance(value, Remote) and self._asking.ask('isinstance', value, self)[0] is True

    def __eq__(self, other):
        # Never the object's own word: the same object, or the same type with the same data.
        if not isinstance(other, Remote):
            return False
        return self._at == other._at or self._asking.ask('state', self)[0] == self._asking.ask('state', other)[0]

    def __hash__(self):
        return hash(self._at)

    def trusted(self, other):
        if not self._made and not isinstance(other, Remote):
            raise TypeError('the candidate gave an object, not plain data')


def binary(name):
    def operate(self, other):
        self.trusted(other)
        return self._asking.ask('binary', self, name, other)[0]
    return operate


for name in ('add', 'sub', 'mul', 'truediv', 'floordiv', 'mod', 'matmul', 'lt', 'le', 'gt', 'ge'):
    setattr(Remote, f'__{name}__', binary(name))


def renew(old, new):
    if type(old) is list and type(new) is list:
        old[:] = new
    elif type(old) is bytearray and type(new) is bytearray:
        old[:] = new
    elif type(old) in (dict, set) and type(new) is type(old):
        old.clear()
        old.update(new)
    elif type(old) is collections.deque and type(new) is collections.deque:
        old.clear()
        old.extend(new)


BUILTINS = set(dir(sys.modules['builtins']))


def candidate_names(asking, used):
    # Only what the tests name and do not define: a candidate cannot replace `abs` or `isclose` of theirs.
    for name in asking.names:
        if name in used and name not in BUILTINS and not name.startswith('__'):
            yield name, getattr(math, name) if name in JUDGES else asking.ask('name', name)[0]


# What decides over values is never the candidate's own.
JUDGES = {'isclose', 'isnan', 'isinf', 'isfinite'}


def verdict(error, asking):
    # Dead first: what a test raised after the candidate's end says nothing.
    if not asking.alive or isinstance(error, Dead):
        return 'dead'
    if isinstance(error, Unplain):
        return 'unplain'
    if isinstance(error, AssertionError):
        return 'wrong'
    return 'error'


def names_of(code):
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= names_of(constant)
    return found


def unreadable(send, error):
    send('c')
    send('r', json.dumps({'outcome': 'invalid', 'detail': f'{type(error).__name__}: {error}'}).encode())
    exit_now(0)


def judge(request, send, payload, rpc):
    # One assert, or a `check`: one outcome.
    document = decode(read_all(payload).decode())
    try:
        code = compile(document['source'], 'test.py', 'exec', dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        unreadable(send, error)
    send('c')
    streams()
    outcome, detail, asking = 'ok', None, types.SimpleNamespace(alive=True, raised=None)
    try:
        asking = Asking(rpc)
        space = module('tests').__dict__
        space.update(candidate_names(asking, names_of(code)))
        exec(code, space)
        if document.get('entry'):
            space['check'](asking.ask('name', document['entry'])[0])
        if not asking.alive:
            outcome = 'dead'
    except BaseException as error:
        outcome, detail = verdict(error, asking), describe(error)
    sys.stdout.flush()
    send('r', json.dumps({'outcome': outcome, 'detail': detail}).encode())
    exit_now(0)


def describe(error):
    text = f'{type(error).__name__}: {error}' if str(error) else type(error).__name__
    return text[:2000].encode(errors='replace').decode()


class Stub(types.ModuleType):
    def __getattr__(self, name):
        if name == '__path__' or name.startswith('__') and name != '__all__':
            raise AttributeError(name)
        asking = self.__dict__['_asking']
        if name == '__all__':
            return [name for name in asking.names if not name.startswith('_')]
        return asking.ask('name', name)[0]


class Reporter:
    def __init__(self, asking):
        self.asking, self.outcomes, self.broken = asking, {}, []

    def of(self, item):
        name = f'{item.path.name}::' + item.nodeid.rpartition('.py::')[2].lstrip(':')
        return self.outcomes.setdefault(name, ['missing', None])

    def pytest_collection_modifyitems(self, items):
        for item in items:
            self.of(item)

    def pytest_collectreport(self, report):
        if report.failed:
            self.broken.append(str(report.longrepr)[-2000:])

    def pytest_runtest_makereport(self, item, call):
        known = self.of(item)
        if call.excinfo is not None:
            error = call.excinfo.value
            skipped = isinstance(error, sys.modules['pytest'].skip.Exception)
            if known[0] in ('missing', 'ok'):
                known[:] = ['skipped' if skipped else verdict(error, self.asking), describe(error)]
        elif call.when == 'call' and known[0] == 'missing':
            known[:] = ['ok' if self.asking.alive else 'dead', None]


def suite(request, send, payload, rpc):
    # pytest, in this process; outcomes come from its own hooks, never from text or an exit code.
    document = decode(read_all(payload).decode())
    import pytest
    send('c')
    streams()
    base = '/tmp/tests'
    os.mkdir(base)
    for name, text in document['files'].items():
        os.makedirs(os.path.dirname(f'{base}/{name}'), exist_ok=True)
        with open(f'{base}/{name}', 'w', encoding='utf-8') as file:
            file.write(text)
    os.chdir(base)
    sys.path.insert(0, base)
    try:
        asking = Asking(rpc)
    except Dead as error:
        send('r', json.dumps({'items': [], 'outcome': 'dead', 'detail': str(error)}).encode())
        exit_now(0)
    stub = Stub(document['module'])
    stub.__dict__['_asking'] = asking
    sys.modules[document['module']] = stub
    reporter = Reporter(asking)
    os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'
    arguments = ['-q', '-p', 'no:cacheprovider', '-p', 'no:faulthandler', '--rootdir', base, '-c', '/dev/null',
                 '--import-mode=importlib', *sorted(document['files'])]
    try:
        pytest.main([one for one in arguments if not one.endswith('conftest.py')], plugins=[reporter])
    except BaseException as error:
        reporter.broken.append(describe(error))
    items = [[name, *outcome] for name, outcome in reporter.outcomes.items()]
    outcome = 'ok' if asking.alive else 'dead'
    if reporter.broken and not items:
        outcome = 'dead' if not asking.alive else 'broken'
    send('r', json.dumps({'items': items, 'outcome': outcome, 'detail': '\n'.join(reporter.broken)[-2000:]}).encode())
    exit_now(0)


MODES.update({'answer': answer, 'judge': judge, 'suite': suite})
main()
