# What tests hand over beside data: functions, and objects of their own. They stay with the tests, and the candidate
# asks for each call and each field. It reaches what it was handed, and nothing behind it: no name with an
# underscore, no module, no frame.

SPECIAL = {'__%s__' % name for name in (
    'len', 'iter', 'next', 'getitem', 'setitem', 'delitem', 'contains', 'bool', 'call', 'eq', 'ne', 'lt', 'le', 'gt',
    'ge', 'hash', 'str', 'repr', 'enter', 'exit', 'int', 'float', 'index', 'abs', 'neg', 'add', 'radd', 'sub', 'rsub',
    'mul', 'rmul', 'truediv', 'floordiv', 'mod', 'pow')}
OPEN = {'unittest.mock', '_io'}


def is_own(kind):
    # Whether it is a class of the tests, or one that stands for something of theirs.
    name = str(kind.__module__).partition('.')[0]
    known = name in sys.stdlib_module_names or name in ('numpy', 'pandas', 'pytest', '_pytest')
    return (not known or kind.__module__ in OPEN) and kind is not Remote


def specials(kind):
    return sorted(name for name in SPECIAL if getattr(kind, name, None) not in (None, getattr(object, name, None)))


def parameters(value):
    # The names of a plain function's parameters, where it takes as many as it says.
    code = getattr(value, '__code__', None)
    if not isinstance(value, types.FunctionType) or code.co_flags & 12 or code.co_kwonlyargcount or value.__defaults__:
        return None
    return list(code.co_varnames[:code.co_argcount])


class Lending:
    # The tests' side.
    def __init__(self):
        self.kept, self.ids, self.raised = [], {}, []

    def lend(self, value):
        mark = held(value)
        if mark is None:
            mark = '{"$own":%s}' % json.dumps(self.described(value))
        return mark

    def described(self, value):
        kind = type(value)
        name = getattr(value, '__name__', None)
        name = name if isinstance(name, str) else kind.__name__
        if isinstance(value, type):
            if issubclass(value, Exception):
                bases = [base.__name__ for base in value.__mro__ if exception(base.__name__) is base]
                return [self.number(value), 'error', name, bases[:1]]
            return [self.number(value), 'call', name, None]
        if is_own(kind):
            return [self.number(value), 'object', kind.__name__, specials(kind)]
        if callable(value):
            return [self.number(value), 'call', name, parameters(value)]
        raise Unplain(f'a {kind.__name__} cannot be handed to the candidate: it is not plain data')

    def number(self, value):
        if id(value) not in self.ids:
            self.ids[id(value)] = len(self.kept)
            self.kept.append(value)
        return self.ids[id(value)]

    def answer(self, request):
        try:
            op, *args = request
            value = LENT[op](self, *args)
            return '{"v":' + Crossing(self.lend).encode(value) + '}'
        except Dead:
            raise
        except BaseException as error:
            self.raised.append(error)
            names = [base.__name__ for base in type(error).__mro__]
            return '{"x":%s}' % Crossing().encode([names, str(error)[:2000], len(self.raised) - 1])

    def call(self, at, args, kwargs):
        return self.kept[at](*args, **kwargs)

    def another(self, at, args, kwargs):
        # One more of the class of an object that was handed over.
        kind = type(self.kept[at])
        if not is_own(kind) or kind.__module__ in OPEN:
            raise TypeError(f'no {kind.__name__} can be made')
        return kind(*args, **kwargs)

    def field(self, at, name):
        # Of an object of the tests; not of a function, whose fields lead to everything.
        target = self.kept[at]
        if name.startswith('_') or not is_own(type(target)) or isinstance(target, type):
            raise AttributeError(name)
        return getattr(target, name)

    def put(self, at, name, value):
        target = self.kept[at]
        known = getattr(type(target), name, None)
        stands = known is None or hasattr(type(known), '__set__')
        if name.startswith('_') or type(target).__module__ in OPEN or not is_own(type(target)) or not stands:
            raise AttributeError(f'{name} cannot be set')
        setattr(target, name, value)

    def special(self, at, name, args):
        target = self.kept[at]
        if name not in specials(type(target)) or not is_own(type(target)):
            raise AttributeError(name)
        value = getattr(type(target), name)(target, *args)
        return list(value) if name == '__iter__' else value


LENT = {
    'call': Lending.call, 'another': Lending.another,
    'field': Lending.field, 'put': Lending.put, 'special': Lending.special,
    # What the candidate reads, where the tests have put something in its place.
    'input': lambda _, prompt: BUILTINS['input'](prompt),
    'read': lambda _, size: sys.stdin.read(size),
    'line': lambda _: sys.stdin.readline(),
}
