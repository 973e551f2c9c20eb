# What a test changes in the library that both have: a patched `time.time` or `print`, the state of `random`, a level of
# the log. Looked at before each question, where the tests' text speaks of such things.

LIBRARY = ('builtins', 'time', 'random', 'os', 'sys', 'datetime', 'math', 'uuid', 'json')
# What the interpreter itself changes, and what is the tests' alone.
THEIRS = {'stdin', 'stdout', 'stderr', 'input', 'modules', 'path', 'meta_path', 'last_type', 'last_value', 'last_exc',
          'last_traceback', 'environ', '_', 'path_importer_cache', 'unraisablehook', 'excepthook', 'displayhook',
          'breakpointhook'}


class Patching:
    # The tests' side.
    def __init__(self, texts):
        speaks = lambda *words: any(word in text for text in texts for word in words)
        self.library = self.shot() if speaks('patch', 'setattr') else None
        self.random = random.getstate() if speaks('seed(') else None
        self.environ = dict(os.environ) if speaks('environ', 'env(') else None
        self.folder = os.getcwd() if speaks('chdir') else None
        self.level = -1 if speaks('caplog', 'assertLogs') else None
        self.sent = {}

    def shot(self):
        modules = {name: sys.modules.get(name) for name in LIBRARY}
        return {(name, key): value for name, module in modules.items() if module is not None
                for key, value in vars(module).items() if key not in THEIRS and not key.startswith('__')}

    def news(self):
        # What the candidate has to be told, as questions.
        if self.library is not None:
            now = {key: value for key, value in self.shot().items() if self.library.get(key, LACKING) is not value}
            now = {key: value for key, value in now.items() if key in self.library}
            for key in [key for key in self.sent if key not in now]:
                del self.sent[key]
                yield ['restore', *key]
            for key, value in now.items():
                if self.sent.get(key, LACKING) is not value:
                    self.sent[key] = value
                    yield ['patch', *key, value]
        if self.random is not None and (state := random.getstate()) != self.random:
            self.random = state
            yield ['random', state]
        if self.environ is not None and (environ := dict(os.environ)) != self.environ:
            self.environ = environ
            yield ['environ', environ]
        if self.folder is not None and (folder := os.getcwd()) != self.folder:
            self.folder = folder
            yield ['folder', folder]
        if self.level is not None:
            import logging
            if logging.root.level != self.level:
                self.level = logging.root.level
                yield ['log', self.level]

    def heard(self, reply):
        # What the candidate changed, and what it logged.
        if self.random is not None and 'r' in reply:
            self.random = tuple(reply['r'])
            random.setstate(self.random)
        for name, level, message in reply.get('l', ()):
            import logging
            logging.getLogger(str(name)).log(int(level), '%s', message)
