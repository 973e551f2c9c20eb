# Files that a test writes for the candidate, or the candidate for the test: each has a /tmp of its own, and what
# changes in one is copied to the other. The test files themselves are not there.

SHARED, MOST = '/tmp', 4 << 20
# What an interpreter might take for its own.
CODE = ('.py', '.pyc', '.pth', '.so')


class Files:
    def __init__(self):
        self.known = {}

    def changed(self):
        # Contents by relative path since this was last asked; none for a directory, `False` for what has gone.
        found, new, left = {}, {}, MOST
        for folder, folders, names in os.walk(SHARED):
            if folder == SHARED and 'tests' in folders:
                folders.remove('tests')
            for name in folders + names:
                path = os.path.join(folder, name)
                marks = os.lstat(path)
                kind = marks.st_mode >> 12
                if kind not in (4, 8) or len(found) > 1000:
                    continue
                short = path[len(SHARED) + 1:]
                found[short] = marks.st_ino, marks.st_mtime_ns if kind == 8 else 0, marks.st_size if kind == 8 else 0
                if self.known.get(short) != found[short] and (left := left - marks.st_size) > 0:
                    new[short] = self.content(path) if kind == 8 else None
        new.update((short, False) for short in self.known if short not in found)
        self.known = found
        return new

    def content(self, path):
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), 'rb') as file:
            return file.read(MOST)

    def apply(self, new):
        for short, content in new.items():
            parts = short.split('/')
            if short.endswith(CODE):
                continue
            if not all(parts) or {'.', '..'} & set(parts) or parts[0] == 'tests':
                raise ValueError(short)
            path = f'{SHARED}/{short}'
            if content is False:
                if os.path.lexists(path):
                    (os.rmdir if os.path.isdir(path) else os.unlink)(path)
                continue
            os.makedirs(path if content is None else os.path.dirname(path), exist_ok=True)
            if content is not None:
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
                with open(os.open(path, flags, 0o600), 'wb') as file:
                    file.write(content)
        self.changed()
