# What the tests have changed in Python's library, done here, too.


class Patched:
    # The candidate's side.
    def __init__(self):
        self.originals, self.state, self.records = {}, None, []

    def patch(self, name, key, value):
        module = __import__(name)
        self.originals.setdefault((name, key), module.__dict__.get(key))
        module.__dict__[key] = value
        return None, ''

    def restore(self, name, key):
        sys.modules[name].__dict__[key] = self.originals.pop((name, key))
        return None, ''

    def seeded(self, state):
        version, numbers, gauss = state
        random.setstate((version, tuple(numbers), gauss))
        self.state = random.getstate()
        return None, ''

    def log(self, level):
        import logging
        if not any(isinstance(one, logging.NullHandler) for one in logging.root.handlers):
            handler = logging.NullHandler()
            handler.handle = lambda record: self.records.append([record.name, record.levelno, record.getMessage()])
            logging.root.addHandler(handler)
        logging.root.setLevel(level)
        return None, ''

    def told(self):
        said = ''
        if self.state is not None and random.getstate() != self.state:
            self.state = random.getstate()
            said += ',"r":' + Crossing().encode(self.state)
        if self.records:
            records, self.records = self.records, []
            said += ',"l":' + Crossing().encode(records)
        return said
