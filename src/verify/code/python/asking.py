# The tests' side of two processes: what they hold of the candidate, and what its objects may do there.


class CandidateError(Exception):
    # An exception of the candidate whose type the tests do not know.
    pass


class Asking:
    def __init__(self, rpc):
        self.wire, self.alive, self.errors, self.raised = Wire(rpc), True, {}, None
        self.lending, self.shown, self.derived, self.files = Lending(), set(), {}, None
        self.patching, self.handles, self.given = None, {}, []
        self.names = [name for name in self.reply(None) if isinstance(name, str)]

    def hook(self, fields):
        if len(fields) == 1 and '$lent' in fields:
            return self.lending.kept[fields['$lent']]
        if len(fields) == 1 and '$given' in fields:
            return self.given[-1][fields['$given']]
        if len(fields) == 1 and '$ref' in fields:
            at, kind, name, bases = fields['$ref']
            if kind == 'error':
                return self.error(at, name, bases)
            # A module that the candidate imported is for the tests their own.
            if kind == 'module' and (name in sys.stdlib_module_names or name == 'numpy'):
                return __import__(name)
            remote = Remote(self, int(at), str(name), kind)
            return driven(remote) if kind == 'coroutine' else remote
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
        if self.files is not None and (new := self.files.changed()):
            self.reply(Crossing().encode(['files', new]))
        for news in self.patching.news() if self.patching else ():
            self.reply(Crossing(self.lending.lend).encode(news))
        return self.reply(Crossing(self.lending.lend).encode([op, *args]))

    def call(self, *op, args, kwargs):
        # What was given in arguments and comes back is the tests' own, with what the candidate changed in it.
        self.given.append(containers([*args, *kwargs.values()]))
        try:
            return self.ask(*op, args, kwargs)
        finally:
            self.given.pop()

    def share(self, texts):
        # Only what the tests' text speaks of.
        self.patching = Patching(texts)
        if any(re.search(r'te?mp|open\(|write_|\bPath\b', text) for text in texts):
            self.files = Files()
            self.reply(Crossing().encode(['files', {}]))

    def reply(self, text):
        # The candidate's answer; it may have questions first.
        try:
            if text is not None:
                self.wire.send(text)
            while type(reply := loads(self.wire.receive(), object_hook=self.hook)) is list:
                self.wire.send(self.lending.answer(reply))
            value, error, said = reply.get('v'), reply.get('x'), reply.get('o')
            for number, new in reply.get('m', ()):
                renew(self.given[-1][number], new)
        except (Exception, Dead):
            self.alive = False
            raise Dead('the candidate is gone') from None
        if said and sys.stdout is not sys.__stdout__:
            # Somebody listens.
            sys.stdout.write(str(said))
        for name, text in reply.get('w', ()):
            warn(str(name), str(text))
        if self.files is not None and reply.get('f'):
            self.files.apply(reply['f'])
        if self.patching is not None:
            self.patching.heard(reply)
        if error is not None:
            raise self.thrown(error)
        return value

    def thrown(self, error):
        if type(error) is int:
            # One of the tests' own, which came back.
            self.raised = self.lending.raised[error]
            return self.raised
        names, message, args, fields = error
        for name in names:
            known = self.errors.get(name) or exception(name)
            if known:
                break
        else:
            known = CandidateError
        self.raised = raised(known, names[0], message, args, fields)
        return self.raised


async def driven(remote):
    # A coroutine of the candidate, for the tests to wait for.
    return remote._asking.ask('await', remote)


def warn(name, text):
    import warnings
    kind = getattr(sys.modules['builtins'], name, None)
    warnings.warn(text, kind if isinstance(kind, type) and issubclass(kind, Warning) else UserWarning, stacklevel=4)


def raised(known, name, message, args, fields):
    stand_in = '_remote' in known.__dict__
    try:
        error = known(*args)
        vars(error).update(fields, **({'_message': message} if stand_in else {}))
        return error if stand_in or str(error) == message else known(message)
    except Exception:
        return CandidateError(f'{name}: {message}')


def held(value):
    if isinstance(value, Remote):
        return '{"$held":%d}' % value._at
    if isinstance(value, type) and isinstance(value.__dict__.get('_remote'), Remote):
        return '{"$held":%d}' % value._remote._at
    name = getattr(value, '__name__', None)
    if isinstance(name, str) and getattr(sys.modules['builtins'], name, None) is value:
        return '{"$builtin":%s}' % quote(name)
    return None


# What tests call on plain values: an object in a plain value's place must not answer in its stead.
PLAIN = {name for kind in (str, bytes, list, tuple, dict, set, int, float) for name in dir(kind)}


class Remote:
    # A handle to an object of the candidate.
    #
    # An object that a test made itself, by calling a class, may use operators against plain values. One
    # that a function gave instead of a value may not: `x - 1`, `x > 1`, `1 in x` or `x.startswith('a')`
    # would ask the candidate for the verdict. What is a class to the test is told by the name that the test
    # called it by (`_made`) and by what else it does with it (`_sure`), never by what the candidate says it is.
    def __init__(self, asking, at, name, kind='object'):
        self.__dict__.update(_asking=asking, _at=at, _kind=kind, _made=False, _sure=False, _answers=True, _called='',
                             __name__=name)

    def __call__(self, *args, **kwargs):
        value = self._asking.call('call', self, args=list(args), kwargs=kwargs)
        if isinstance(value, Remote) and self._kind == 'class' and is_class_name(self._called):
            value.__dict__.update(_made=True, _sure=self._called in self._asking.shown)
        return value if self._answers else undecided(value)

    def __mro_entries__(self, bases):
        return (deriving(self),)

    @property
    def __class__(self):
        # `super()` in a class of the tests wants an object of that class.
        return self._asking.derived.get(self.__name__, Remote)

    def __getattr__(self, name):
        known = name in ('__doc__', '__dict__') or (name, self._kind) == ('__init__', 'class')
        if name.startswith('__') and not known:
            raise AttributeError(name)
        if name in PLAIN and not self._made and not (self._kind == 'class' and is_class_name(self._called)):
            raise AttributeError(f'{name}: the candidate gave an object, not plain data')
        value = self._asking.ask('attr', self, name)
        if name in PLAIN and not (self._sure or self._called in self._asking.shown):
            value = undecided(value)
            if isinstance(value, Remote):
                value.__dict__['_answers'] = False
        return called(name, value) if self._called and self._kind != 'object' else value

    def __setattr__(self, name, value):
        self._asking.ask('set', self, name, value)

    def __getitem__(self, key):
        return self._asking.ask('item', self, key)

    def __setitem__(self, key, value):
        self._asking.ask('store', self, key, value)

    def __len__(self):
        return self._asking.ask('len', self)

    def __iter__(self):
        return self if self._kind == 'iterator' else iter(self._asking.ask('list', self))

    def __next__(self):
        if self._kind != 'iterator':
            raise TypeError(f'{self.__name__!r} object is not an iterator')
        more, value = self._asking.ask('next', self)
        if more is not True:
            raise StopIteration
        return value

    def __enter__(self):
        return self._asking.ask('enter', self)

    def __exit__(self, kind, error, trace):
        # An error of the test's is the test's: the candidate cannot swallow it.
        self._asking.ask('leave', self)

    def __contains__(self, value):
        self.trusted(value)
        return self.answered(value, self._asking.ask('in', self, value))

    def __bool__(self):
        return self._asking.ask('bool', self) is True

    def __str__(self):
        return str(self._asking.ask('str', self))

    def __repr__(self):
        return str(self._asking.ask('repr', self))

    def __instancecheck__(self, value):
        return isinstance(value, Remote) and self._asking.ask('isinstance', value, self) is True

    def __subclasscheck__(self, kind):
        held = kind if isinstance(kind, Remote) else getattr(kind, '__dict__', {}).get('_remote')
        return held is not None and self._asking.ask('issubclass', held, self) is True

    def __eq__(self, other):
        # Between two of the candidate's objects their own word is what is tested. On a plain value they have none.
        return isinstance(other, Remote) and self._asking.ask('equal', self, other)

    def __ne__(self, other):
        return not isinstance(other, Remote) or self._asking.ask('binary', self, 'ne', other)

    def __hash__(self):
        return self._asking.ask('hash', self)

    def trusted(self, other):
        if not self._made and not isinstance(other, Remote):
            raise TypeError('the candidate gave an object, not plain data')

    def answered(self, other, value):
        # A plain answer to a question that holds a plain value could be the verdict.
        if self._sure or isinstance(other, Remote) or isinstance(value, Remote):
            return value
        raise TypeError('the candidate gave an object, not plain data')


def itself(value):
    # The one handle of an object of the candidate. (Others differ in what they may do.)
    return value._asking.handles.setdefault(value._at, value) if type(value) is Remote else value


def undecided(value):
    if type(value) is bool:
        raise TypeError('the candidate gave an object, not plain data')
    return value


def binary(name):
    def operate(self, other):
        self.trusted(other)
        return self.answered(other, self._asking.ask('binary', self, name, other))
    return operate


def reflected(name):
    def operate(self, other):
        self.trusted(other)
        return self.answered(other, self._asking.ask('binary', other, name, self))
    return operate


def unary(name):
    def operate(self):
        self.trusted(None)
        return self._asking.ask('unary', self, name)
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
    for kind in CHANGING:
        if isinstance(old, kind) and isinstance(new, kind):
            if kind in (list, bytearray):
                kind.__setitem__(old, slice(None), new)
            else:
                new = new.copy()
                kind.clear(old)
                (kind.extend if kind is collections.deque else kind.update)(old, new)
