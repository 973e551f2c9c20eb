# The tests themselves: an assert, a `check`, or pytest. Nothing that decides here is the candidate's.

BUILTINS = sys.modules['builtins'].__dict__
MODULES = {name: name for name in ('cmath', 'collections', 'decimal', 'fractions', 'functools', 'itertools', 'math',
                                   'numpy', 'operator', 'pandas', 'pytest', 'statistics', 'unittest')}
MODULES.update(np='numpy', pd='pandas')
LACKING = object()
UNCHECKED = 'no function `check` is defined'
# Not `x is None`, which needs no reading.
IDENTITY = r'\b(is(?! (not )?None\b)|id|assertIs|assertIsNot)\b'
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
        return LACKING


def candidate_names(asking, used, entry):
    # Only what the tests name. A name that Python has, too, is Python's (`abs`, `sorted`, `isclose`, `np`), for it
    # decides; only where a test uses nothing else of the candidate's is it what is tested.
    names = [name for name in asking.names if name in used and not name.startswith('__')]
    foreign = [name for name in names if tests_own(name) is None and not hasattr(math, name)]
    if not entry and not foreign and len(names) > 1:
        raise CandidateError('the program has its own ' + ', '.join(names) + ': none can judge the other')
    for name in names:
        if name in foreign or not foreign and not entry:
            yield name, called(name, asking.ask('name', name))
        else:
            value = getattr(math, name, None) or tests_own(name)
            if value is LACKING:
                raise Unplain(f'{MODULES[name]} is not installed')
            yield name, value


def verdict(error, asking):
    # Dead first: what a test raised after the candidate's end says nothing.
    if not asking.alive or isinstance(error, Dead):
        return 'dead'
    if isinstance(error, Unplain):
        return 'unplain'
    if isinstance(error, ModuleNotFoundError) and error is not asking.raised and error.name:
        # The tests import what is not there, whatever the program is. (`solution.x` would be a name of the program.)
        return 'error' if error.name.partition('.')[0] in sys.modules else 'faulty'
    if isinstance(error, AssertionError):
        return 'wrong'
    return 'error'


def names_of(code):
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= names_of(constant)
    return found


def own_nodes(code):
    # LeetCode's classes, where the test has its own: every program has them.
    return {part.co_name for part in code.co_consts if isinstance(part, types.CodeType)} & set(NAMED)


def with_identities(source):
    # The test's code, where it may ask whether two are the same object. (What is too deep to be read asks as Python
    # does.)
    if not re.search(IDENTITY, source):
        return None
    import ast
    BUILTINS[ITSELF] = itself
    try:
        return compile(identities(ast.parse(source)), 'test.py', 'exec', dont_inherit=True)
    except (ValueError, RecursionError, MemoryError):
        return None


def unreadable(send, error):
    send('c')
    send('r', json.dumps({'outcome': 'invalid', 'detail': f'{type(error).__name__}: {error}'}).encode())
    exit_now(0)


def judge(request, send, payload, rpc):
    # One assert, or a `check`: one outcome.
    document = decode(read_all(payload).decode())
    try:
        code = compile(document['source'], 'test.py', 'exec', dont_inherit=True)
        if document.get('entry') and 'check' not in code.co_names:
            raise LookupError(UNCHECKED)
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError) as error:
        unreadable(send, error)
    code = with_identities(document['source']) or code
    send('c')
    outcome, detail, asking = 'ok', None, types.SimpleNamespace(alive=True, raised=None)
    try:
        asking = Asking(rpc)
        space, entry = module('tests').__dict__, document.get('entry')
        read_beforehand(asking, [document['source'], document['all']], entry)
        asking.share([document['source']])
        space.update(candidate_names(asking, names_of(code) - own_nodes(code), entry))
        exec(code, space)
        if entry:
            check = space['check']
            if isinstance(check, Remote):
                raise Unplain(UNCHECKED)
            check(called(entry.rpartition('.')[2], asking.ask('name', entry)))
        if not asking.alive:
            outcome = 'dead'
    except BaseException as error:
        outcome, detail = verdict(error, asking), describe(error)
    sys.stdout.flush()
    send('r', json.dumps({'outcome': outcome, 'detail': detail}).encode())
    exit_now(0)


def read_beforehand(asking, sources, entry):
    # What tests say of classes matters only where the program has a name like one.
    if not any(is_class_name(name) and name in sources[0] for name in [*asking.names, entry or '']):
        return
    import ast
    nodes = [node for tree in trees(sources) for node in ast.walk(tree)]
    asking.shown = used_as_classes(nodes)
    checks = (node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == 'check')
    if entry and any(one.arg in asking.shown for check in checks for one in check.args.args):
        asking.shown.add(entry.rpartition('.')[2])


def describe(error):
    text = f'{type(error).__name__}: {error}' if str(error) else type(error).__name__
    return text[:2000].encode(errors='replace').decode()


class Stub(types.ModuleType):
    # The program, as tests import it. What they put into it, they put into the program.
    def __setattr__(self, name, value):
        if name.startswith('__'):
            super().__setattr__(name, value)
        else:
            self.__dict__['_asking'].ask('put', name, value)

    def __delattr__(self, name):
        self.__dict__['_asking'].ask('drop', name)

    def __getattr__(self, name):
        if name == '__path__' or name.startswith('__') and name != '__all__':
            raise AttributeError(name)
        asking = self.__dict__['_asking']
        if name == '__all__':
            # For `import *`: nothing that Python or the test file itself has, and nothing that steers pytest.
            return [name for name in asking.names if not name.startswith(('_', 'pytest', 'test', 'Test'))
                    and name not in self.__dict__['_bound'] and tests_own(name) is None]
        return called(name, asking.ask('name', name))


class Reporter:
    def __init__(self, asking):
        self.asking, self.outcomes, self.broken, self.names = asking, {}, [], {}

    def of(self, item):
        name = f'{item.path.name}::' + item.nodeid.rpartition('.py::')[2].lstrip(':')
        self.names[item.nodeid] = name
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

    def pytest_runtest_logreport(self, report):
        # A test that is expected to fail counts when it does not, where that is an error.
        if getattr(report, 'wasxfail', None) is not None or str(report.longrepr).startswith('[XPASS(strict)]'):
            known = self.outcomes[self.names[report.nodeid]]
            if known[0] in ('wrong', 'error', 'ok', 'skipped'):
                known[0] = {'skipped': 'skipped', 'passed': 'ok'}.get(report.outcome, 'wrong')


def read_identities():
    # pytest reads test files itself, and changes what it reads in one place.
    import _pytest.assertion.rewrite as rewrite
    BUILTINS[ITSELF] = itself
    changed = rewrite.rewrite_asserts
    rewrite.rewrite_asserts = lambda tree, *rest: changed(identities(tree), *rest)


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
    os.chdir(SHARED)
    sys.path.insert(0, base)
    try:
        asking = Asking(rpc)
    except Dead as error:
        send('r', json.dumps({'items': [], 'outcome': 'dead', 'detail': str(error)}).encode())
        exit_now(0)
    stub = Stub(document['module'])
    import ast
    texts = [text for name, text in document['files'].items() if name.endswith('.py')]
    nodes = [node for tree in trees(texts) for node in ast.walk(tree)]
    asking.shown = used_as_classes(nodes)
    asking.share(texts)
    stub.__dict__.update(_asking=asking, _bound=set(bound_in(nodes)))
    sys.modules[document['module']] = stub
    reporter = Reporter(asking)
    os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'
    arguments = ['-q', '-p', 'no:cacheprovider', '-p', 'no:faulthandler', '--rootdir', base, '-c', '/dev/null',
                 '--confcutdir', base, '--import-mode=importlib']
    files = [f'{base}/{name}' for name in sorted(document['files']) if not name.endswith('conftest.py')]
    try:
        read_identities()
        pytest.main(arguments + files, plugins=[reporter])
    except BaseException as error:
        reporter.broken.append(describe(error))
    items = [[name, *outcome] for name, outcome in reporter.outcomes.items()]
    outcome = 'ok' if asking.alive else 'dead'
    if reporter.broken and not items:
        outcome = 'dead' if not asking.alive else 'broken'
    send('r', json.dumps({'items': items, 'outcome': outcome, 'detail': '\n'.join(reporter.broken)[-2000:]}).encode())
    exit_now(0)


MODES.update({'judge': judge, 'suite': suite})
