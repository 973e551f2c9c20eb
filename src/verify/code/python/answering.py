# The candidate's side of two processes: it answers what the tests ask of it.


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
