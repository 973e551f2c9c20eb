# What the tests' own text says of the program's names. The program cannot change it.


def trees(texts):
    import ast
    for text in texts:
        try:
            yield ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue


def bound_in(nodes):
    # The names that test files bind themselves.
    import ast
    for node in nodes:
        if isinstance(node, ast.alias):
            yield (node.asname or node.name).partition('.')[0]
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def word(node):
    return getattr(node, 'id', getattr(node, 'attr', None))


def maker(node):
    # Who made it, where it is the result of a call.
    return word(getattr(node, 'func', None))


def makers(nodes):
    # By a variable, a field or a fixture: the names whose calls gave it its value.
    import ast
    found = collections.defaultdict(set)
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found[word(target)].add(maker(node.value))
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            found[word(node.target)].add(maker(node.value))
        elif isinstance(node, ast.FunctionDef):
            given = (one.value for one in ast.walk(node) if isinstance(one, (ast.Return, ast.Yield)))
            found[node.name].update(map(maker, given))
    return found


def identities(tree):
    # Where tests ask whether two are the same object, they mean the candidate's objects, not the handles.
    import ast

    def one(node):
        return ast.copy_location(ast.Call(ast.Name(ITSELF, ast.Load()), [node], []), node)

    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
            sides = [node.left, *node.comparators]
            if not any(isinstance(side, ast.Constant) for side in sides) and len(sides) == 2:
                node.left, *node.comparators = map(one, sides)
        elif maker(node) in ('id', 'assertIs', 'assertIsNot'):
            node.args = [one(side) if not isinstance(side, (ast.Starred, ast.Constant)) else side for side in node.args]
    return ast.fix_missing_locations(tree)


# No test can have a name like this.
ITSELF = '@itself'


def used_as_classes(nodes):
    # The names that tests treat as classes: what they make has fields or methods that no plain value has, or is told
    # to do something; or they are named where only classes can be. (A function's name may begin with a capital, too,
    # and then an object must not stand for its value.)
    import ast
    made, shown = makers(nodes), set()

    def show(owner):
        if isinstance(owner, ast.BinOp):
            show(owner.left)
            show(owner.right)
        shown.update(made.get(word(owner), ()), (word(owner), maker(owner)))

    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr not in PLAIN:
            show(node.value)
        elif isinstance(node, ast.Expr) and isinstance(getattr(node.value, 'func', None), ast.Attribute):
            show(node.value.func.value)
        elif isinstance(node, ast.withitem):
            show(node.context_expr)
        elif isinstance(node, ast.ExceptHandler):
            show(node.type)
        elif isinstance(node, ast.ClassDef):
            shown.update(map(word, node.bases))
        elif maker(node) in ('isinstance', 'issubclass', 'assertIsInstance') and len(node.args) > 1:
            shown.update(map(word, getattr(node.args[1], 'elts', [node.args[1]])))
        elif maker(node) in ('raises', 'assertRaises', 'assertRaisesRegex') and node.args:
            show(node.args[0])
    return shown - {None}
