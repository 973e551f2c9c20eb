# What the candidate has been handed: stand-ins for functions and objects of the tests, its input, and its output.


class Borrowed:
    # The candidate's side: an object of the tests.
    def __init__(self, answering, at):
        self.__dict__.update(_answering=answering, _at=at)

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return self._answering.ask('field', self._at, name)

    def __setattr__(self, name, value):
        self._answering.ask('put', self._at, name, value)


class Kind(type):
    # The class of a stand-in: who calls it, as in `type(node)(1)`, has the tests make another.
    def __call__(cls, *args, **kwargs):
        return cls._first._answering.ask('another', cls._first._at, list(args), kwargs)


def borrowed_class(name, names):
    def forward(special):
        def ask(self, *args):
            value = self._answering.ask('special', self._at, special, list(args))
            return iter(value) if special == '__iter__' else value
        return ask
    return Kind(name, (Borrowed,), {special: forward(special) for special in names})


def borrowed_function(answering, at, name, names):
    def stand_in(*args, **kwargs):
        return answering.ask('call', at, list(args), kwargs)
    if names is not None and all(one.isidentifier() for one in names):
        # With the parameters of the original, for those who count them.
        listed = ', '.join(names)
        stand_in = eval(f'lambda {listed}: stand_in({listed})', {'stand_in': stand_in})
    stand_in.__name__ = stand_in.__qualname__ = name
    return stand_in


class Borrowing:
    # What the candidate has been handed, by the tests' numbers.
    def __init__(self, answering):
        self.answering, self.known, self.numbers, self.classes = answering, {}, {}, {}

    def stand_in(self, at, kind, name, more):
        if at not in self.known:
            made = self.make(at, kind, name, more)
            self.known[at], self.numbers[id(made)] = made, at
        return self.known[at]

    def make(self, at, kind, name, more):
        if kind == 'error':
            return type(name, (exception(more[0]) if more else Exception,), {})
        if kind == 'call':
            return borrowed_function(self.answering, at, name, more)
        key = (name, tuple(more))
        if key not in self.classes:
            self.classes[key] = borrowed_class(*key)
        made = type.__call__(self.classes[key], self.answering, at)
        if '_first' not in type(made).__dict__:
            type(made)._first = made
        return made

    def error(self, names, message, number):
        # What a function of the tests raised.
        errors = {one.__name__: one for one in self.known.values() if isinstance(one, type)}
        known = next(filter(None, (errors.get(name) or exception(name) for name in names)), Exception)
        made = known(message)
        made.__dict__['_own'] = number
        return made


class Typed(io.TextIOBase):
    # The candidate's standard input: what the tests have put there.
    def __init__(self, answering):
        self.answering = answering

    def readable(self):
        return True

    def read(self, size=-1):
        return self.answering.ask('read', -1 if size is None else size)

    def readline(self, size=-1):
        return self.answering.ask('line')


class Told(io.TextIOWrapper):
    # The candidate's standard output, which the tests may want to see, too.
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.told, self.left = [], TEXT

    def write(self, text):
        self.left -= len(text)
        if self.left > 0:
            self.told.append(str.__str__(text))
        return super().write(text)

    def taken(self):
        text, self.told, self.left = ''.join(self.told), [], TEXT
        return text
