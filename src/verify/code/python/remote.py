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


class Crossing(Plain):
    # Plain data, and values of the standard library and NumPy that are data, too: exactly these types, rebuilt
    # on the other side.
    def encode(self, value, depth=0):
        kind = type(value)
        if kind in BASIC:
            return super().encode(value, depth)
        reduce = named if issubclass(kind, tuple) else REDUCE.get(kind) or REDUCE.get(kind.__name__)
        parts = reduce and reduce(value, kind)
        if parts is None:
            return super().encode(value, depth)
        return '{"$%s":%s}' % (parts[0], super().encode(parts[1:], depth + 1))

    def rarer(self, value, kind, depth):
        if kind is types.GeneratorType and self.other:
            return self.other(value)
        return super().rarer(value, kind, depth)


BASIC = {bool, int, float, str, list, tuple, dict, type(None)}


def own(module, name):
    # A type of a module that is loaded, whatever calls itself so.
    return getattr(sys.modules.get(module), name, None)


def named(value, kind):
    fields = kind.__dict__.get('_fields')
    if kind.__bases__ == (tuple,) and type(fields) is tuple and len(fields) < 256:
        return 'named', kind.__name__, list(fields), list(tuple.__iter__(value))


def array(value, kind):
    if kind is own('numpy', 'ndarray') and value.dtype.kind in 'biufc':
        return 'array', value.dtype.str, list(value.shape), value.ravel().tolist()


FACTORIES = {'int': int, 'float': float, 'str': str, 'bool': bool, 'list': list, 'tuple': tuple, 'dict': dict,
             'set': set, 'NoneType': None}


def factory(value, kind):
    name = getattr(value.default_factory, '__name__', 'NoneType')
    if FACTORIES.get(name) is value.default_factory:
        return 'default', name, dict(value)


REDUCE = {
    type(...): lambda v, _: ('ellipsis',),
    type(NotImplemented): lambda v, _: ('notimplemented',),
    datetime.date: lambda v, _: ('date', v.year, v.month, v.day),
    datetime.timedelta: lambda v, _: ('timedelta', v.days, v.seconds, v.microseconds),
    datetime.datetime: lambda v, _: None if v.tzinfo else (
        'datetime', v.year, v.month, v.day, v.hour, v.minute, v.second, v.microsecond),
    collections.Counter: lambda v, _: ('counter', dict(v)),
    collections.OrderedDict: lambda v, _: ('ordered', dict(v)),
    collections.defaultdict: factory,
    'ndarray': array,
    'UUID': lambda v, kind: ('uuid', v.hex) if kind is own('uuid', 'UUID') else None,
    'PosixPath': lambda v, kind: ('path', str(v)) if kind is own('pathlib', 'PosixPath') else None,
}


def rebuilt_array(dtype, shape, items):
    import numpy
    if not re.fullmatch('[<>|=]?[biufc][0-9]{1,2}', dtype):
        raise ValueError(dtype)
    return numpy.array(items, dtype=dtype).reshape(shape)


def rebuilt(module, name):
    def make(*parts):
        __import__(module)
        return getattr(sys.modules[module], name)(*parts)
    return make


REBUILD = {
    '$ellipsis': lambda: ..., '$notimplemented': lambda: NotImplemented, '$date': datetime.date,
    '$timedelta': datetime.timedelta, '$datetime': datetime.datetime, '$counter': collections.Counter,
    '$ordered': collections.OrderedDict, '$array': rebuilt_array, '$uuid': rebuilt('uuid', 'UUID'),
    '$path': rebuilt('pathlib', 'PosixPath'),
    '$default': lambda name, items: collections.defaultdict(FACTORIES[name], items),
    '$named': lambda name, fields, values: collections.namedtuple(name, fields)(*values),
}


def crossed(fields):
    if len(fields) == 1:
        (tag, parts), = fields.items()
        make = REBUILD.get(tag)
        if make:
            return make(*parts)
    return untag(fields)


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
        elif isinstance(value, types.GeneratorType):
            kind = 'iterator'
        elif callable(value):
            kind = 'call'
        bases = [base.__name__ for base in value.__mro__[1:]] if kind == 'error' else []
        return '{"$ref":[%d,"%s",%s,%s]}' % (
            self.ids[key], kind, quote(str(getattr(value, '__name__', type(value).__name__))),
            json.dumps(bases))

    def encode(self, value):
        return Crossing(self.handle).encode(value)

    def hook(self, fields):
        if len(fields) == 1 and '$held' in fields:
            return self.kept[fields['$held']]
        if len(fields) == 1 and '$builtin' in fields:
            return getattr(sys.modules['builtins'], fields['$builtin'])
        return crossed(fields)

    def answer(self, text):
        op, target, *args = loads(text, object_hook=self.hook)
        try:
            value, changed = OPS[op](self, target, *args)
            return '{"v":' + self.encode(value) + changed + '}'
        except MemoryError:
            raise
        except BaseException as error:
            return '{"x":%s}' % self.thrown(error)

    def thrown(self, error):
        # The names of its types, its message, and what it carries, as far as that is data.
        names = [base.__name__ for base in type(error).__mro__]
        try:
            message = str(error)[:2000]
        except BaseException:
            message = ''
        try:
            return Crossing().encode([names, message, list(error.args), dict(vars(error))])
        except BaseException:
            return Crossing().encode([names, message, [message], {}])

    def call(self, target, args, kwargs):
        # Arguments that the call changed in place go back, so that the tests see it.
        before = [Crossing(lambda _: 'null').encode(arg) if type(arg) in MUTABLE else None for arg in args]
        value = target(*args, **kwargs)
        changed = []
        for at, (old, arg) in enumerate(zip(before, args)):
            if old is not None and Crossing(lambda _: 'null').encode(arg) != old:
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
    # Who has no word of its own on equality equals itself alone; who has one in C shows its data by its text.
    own_word = type(target).__eq__
    if not fields and not isinstance(own_word, types.FunctionType):
        fields = {'': repr(target)[:4000]}
    return [type(target).__qualname__, fields, own_word is not object.__eq__], ''


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
    'unary': lambda self, target, op: (UNARY[op](target), ''),
    'enter': lambda self, target: (type(target).__enter__(target), ''),
    'leave': lambda self, target: (type(target).__exit__(target, None, None, None), ''),
    'issubclass': lambda self, target, kind: (issubclass(target, kind), ''),
    'next': lambda self, target: ((lambda got: [got is not END, None if got is END else got])(next(target, END)), ''),
    'state': state,
}

END = object()
UNARY = {'neg': operator.neg, 'pos': operator.pos, 'invert': operator.invert, 'abs': abs, 'int': int, 'float': float,
         'index': operator.index, 'round': round}


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
            if kind == 'module' and (name in sys.stdlib_module_names or name == 'numpy'):
                return __import__(name)
            return Remote(self, int(at), str(name), kind)
        return crossed(fields)

    def error(self, at, name, bases):
        # A stand-in for an exception class, so that tests can expect it.
        if name not in self.errors:
            base = next((known for known in map(exception, bases) if known), CandidateError)
            space = {'__module__': 'solution', '_remote': Remote(self, at, name), '__str__': lambda self: self._message}
            self.errors[name] = type(name, (base,), space)
        return self.errors[name]

    def ask(self, op, *args):
        if not self.alive:
            raise Dead('the candidate is gone')
        text = Crossing(held).encode([op, *args])
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
        names, message, args, fields = error
        for name in names:
            known = self.errors.get(name) or exception(name)
            if known:
                break
        else:
            known = CandidateError
        self.raised = raised(known, names[0], message, args, fields)
        return self.raised


def raised(known, name, message, args, fields):
    stand_in = '_remote' in known.__dict__
    try:
        error = known(*args)
        vars(error).update(fields, **({'_message': message} if stand_in else {}))
        return error if stand_in or str(error) == message else known(message)
    except Exception:
        return CandidateError(f'{name}: {message}')


def exception(name):
    known = getattr(sys.modules['builtins'], str(name), None)
    usable = isinstance(known, type) and issubclass(known, Exception)
    return known if usable and known is not AssertionError else None


def held(value):
    if isinstance(value, Remote):
        return '{"$held":%d}' % value._at
    if isinstance(value, type) and isinstance(value.__dict__.get('_remote'), Remote):
        return '{"$held":%d}' % value._remote._at
    name = getattr(value, '__name__', None)
    if isinstance(name, str) and getattr(sys.modules['builtins'], name, None) is value:
        return '{"$builtin":%s}' % quote(name)
    raise Unplain(f'a {type(value).__name__} cannot be handed to the candidate: it is not plain data')


# What tests call on plain values: an object in a plain value's place must not answer in its stead.
PLAIN = {name for kind in (str, bytes, list, tuple, dict, set, int, float) for name in dir(kind)}


class Remote:
    # A handle to an object of the candidate.
    #
    # An object that a test made itself, by calling a class, may use operators against plain values. One
    # that a function gave instead of a value may not: `x - 1`, `x > 1`, `1 in x` or `x.startswith('a')`
    # would ask the candidate for the verdict. What is a class to the test is told by the name that the test
    # called it by, never by what the candidate says it is.
    def __init__(self, asking, at, name, kind='object'):
        self.__dict__.update(_asking=asking, _at=at, _kind=kind, _made=False, _called='', __name__=name)

    def __call__(self, *args, **kwargs):
        value, changed = self._asking.ask('call', self, list(args), kwargs)
        for at, new in changed:
            renew(args[at], new)
        if isinstance(value, Remote) and self._kind == 'class' and is_class_name(self._called):
            value.__dict__['_made'] = True
        return value

    def __mro_entries__(self, bases):
        raise Unplain('a test that derives from a class of the candidate cannot be asked from outside')

    def __getattr__(self, name):
        if name.startswith('__') and name not in ('__doc__', '__dict__'):
            raise AttributeError(name)
        if name in PLAIN and not self._made and not self._called:
            raise AttributeError(f'{name}: the candidate gave an object, not plain data')
        value = self._asking.ask('attr', self, name)[0]
        return called(name, value) if self._called and self._kind != 'object' else value

    def __setattr__(self, name, value):
        self._asking.ask('set', self, name, value)

    def __getitem__(self, key):
        return self._asking.ask('item', self, key)[0]

    def __setitem__(self, key, value):
        self._asking.ask('store', self, key, value)

    def __len__(self):
        return self._asking.ask('len', self)[0]

    def __iter__(self):
        return self if self._kind == 'iterator' else iter(self._asking.ask('list', self)[0])

    def __next__(self):
        if self._kind != 'iterator':
            raise TypeError(f'{self.__name__!r} object is not an iterator')
        more, value = self._asking.ask('next', self)[0]
        if more is not True:
            raise StopIteration
        return value

    def __enter__(self):
        return self._asking.ask('enter', self)[0]

    def __exit__(self, kind, error, trace):
        # An error of the test's is the test's: the candidate cannot swallow it.
        self._asking.ask('leave', self)

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

    def __subclasscheck__(self, kind):
        held = kind if isinstance(kind, Remote) else getattr(kind, '__dict__', {}).get('_remote')
        return held is not None and self._asking.ask('issubclass', held, self)[0] is True

    def __eq__(self, other):
        # Never the object's own word: the same object, or the same type with the same data.
        if not isinstance(other, Remote):
            return False
        if self._at == other._at:
            return True
        mine, others = self._asking.ask('state', self)[0], self._asking.ask('state', other)[0]
        return mine[2] is True and mine == others

    def __hash__(self):
        # Equal objects may be different handles.
        return 0

    def trusted(self, other):
        if not self._made and not isinstance(other, Remote):
            raise TypeError('the candidate gave an object, not plain data')


def binary(name):
    def operate(self, other):
        self.trusted(other)
        return self._asking.ask('binary', self, name, other)[0]
    return operate


def reflected(name):
    def operate(self, other):
        self.trusted(other)
        return self._asking.ask('binary', other, name, self)[0]
    return operate


def unary(name):
    def operate(self):
        self.trusted(None)
        return self._asking.ask('unary', self, name)[0]
    return operate


for name in ('add', 'sub', 'mul', 'truediv', 'floordiv', 'mod', 'pow', 'matmul', 'and_', 'or_', 'xor', 'lshift',
             'rshift'):
    setattr(Remote, f'__{name.rstrip("_")}__', binary(name))
    setattr(Remote, f'__r{name.rstrip("_")}__', reflected(name))
for name in ('lt', 'le', 'gt', 'ge'):
    setattr(Remote, f'__{name}__', binary(name))
for name in UNARY:
    setattr(Remote, f'__{name}__', unary(name))


def is_class_name(name):
    return name[:1].isupper() and '_' not in name


def called(name, value):
    # The name that a test used for it.
    if isinstance(value, Remote):
        value.__dict__['_called'] = name
    return value


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


BUILTINS = sys.modules['builtins'].__dict__
MODULES = {name: name for name in ('cmath', 'collections', 'decimal', 'fractions', 'functools', 'itertools', 'math',
                                   'numpy', 'operator', 'pandas', 'pytest', 'statistics', 'unittest')}
MODULES.update(np='numpy', pd='pandas')
JUDGES = {'isclose', 'isnan', 'isinf', 'isfinite'}


def tests_own(name):
    # What Python, its library or NumPy means by a name that tests decide with; else nothing.
    if name in BUILTINS:
        return BUILTINS[name]
    if name in collections.__all__:
        return getattr(collections, name)
    if name in JUDGES:
        return getattr(math, name)
    try:
        return __import__(MODULES[name]) if name in MODULES else None
    except ImportError:
        return None


def candidate_names(asking, used, entry):
    # Only what the tests name. A name that Python has, too, is Python's (`abs`, `sorted`, `isclose`, `np`), for it
    # decides; only where a test uses nothing else of the candidate's is it what is tested.
    names = [name for name in asking.names if name in used and not name.startswith('__')]
    foreign = [name for name in names if tests_own(name) is None and not hasattr(math, name)]
    if not entry and not foreign and len(names) > 1:
        raise CandidateError('the program has its own ' + ', '.join(names) + ': none can judge the other')
    for name in names:
        if name in foreign or not foreign and not entry:
            yield name, called(name, asking.ask('name', name)[0])
        else:
            yield name, getattr(math, name, None) or tests_own(name)


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
    outcome, detail, asking = 'ok', None, types.SimpleNamespace(alive=True, raised=None)
    try:
        asking = Asking(rpc)
        space = module('tests').__dict__
        space.update(candidate_names(asking, names_of(code), document.get('entry')))
        exec(code, space)
        if document.get('entry'):
            space['check'](called(document['entry'], asking.ask('name', document['entry'])[0]))
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
            # For `import *`: nothing that Python or the test file itself has, and nothing that steers pytest.
            return [name for name in asking.names if not name.startswith(('_', 'pytest', 'test', 'Test'))
                    and name not in self.__dict__['_bound'] and tests_own(name) is None]
        return called(name, asking.ask('name', name)[0])


def bound_in(files):
    # The names that test files bind themselves.
    import ast
    for name, text in files.items():
        if not name.endswith('.py'):
            continue
        try:
            nodes = list(ast.walk(ast.parse(text)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in nodes:
            if isinstance(node, ast.alias):
                yield (node.asname or node.name).partition('.')[0]
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                yield node.name
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


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
        if not report.failed:
            return
        said = str(report.longrepr)[-2000:]
        if self.asking.raised or not self.asking.alive:
            # A file that the candidate kept from being collected is a failed test.
            self.outcomes[report.nodeid or 'collection'] = ['error' if self.asking.alive else 'dead', said]
        else:
            self.broken.append(said)

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
    stub.__dict__.update(_asking=asking, _bound=set(bound_in(document['files'])))
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
