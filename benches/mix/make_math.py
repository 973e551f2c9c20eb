"""Makes math.jsonl, the mix that `benches/math.rs` grades.

A line is {"class", "gold", "completion", "right"}. Of every hundred answers 57 are integers and decimals, 19 are
fractions, surds and quantities, 19 are algebra, sets, intervals and matrices, and 5 are identities that need
numerics. Completions are 0.3 to 4 KB of worked solution, no two inputs are equal, and half of the answers are wrong
by a near miss. Labels hold by construction. Standard library only:

    python benches/mix/make_math.py [--check]
"""

import json
import random
import sys
from fractions import Fraction
from pathlib import Path

TARGET = Path(__file__).with_name("math.jsonl")
RNG = random.Random(71)
ITEMS = 800

SENTENCES = [
    "We start from ${a}$ and note that ${a} + {b} = {c}$, which will be used below.",
    "Let $x_{i}$ be the number of ways to choose {b} of the {c} objects.",
    "Substituting $t = {b}$ into the second equation gives $f({b}) = {a}$, so nothing is lost.",
    "Since {a} is smaller than {c}{a}, the remaining case cannot occur.",
    "Next, expand the bracket: $({b} + {c})^2 = {b}^2 + 2\\cdot{b}\\cdot{c} + {c}^2$.",
    "By symmetry it is enough to look at the case $n = {i}$; the others follow in the same way.",
    "Wait, let me check this again: {b} times {c} is {d}. Yes, that is right.",
    "The triangle with sides ${b}$, ${c}$ and $\\sqrt{{{e}}}$ is a right triangle.",
    "Dividing both sides by ${b}$ and collecting terms, we get \\[ \\frac{{{a}}}{{{b}}} x = {c}. \\]",
    "This agrees with the bound of {a} from Step {i}.",
    "**Step {i}.** Count the arrangements in which the first {b} places are taken.",
    "Hmm, but what if the order matters? Then there would be {a} of them, which contradicts the premise.",
    "Therefore the intermediate value is ${a}.{i}$, to be divided by {b} later.",
]


def prose(size):
    out = ""
    while len(out) < size:
        b, c = RNG.randrange(2, 40), RNG.randrange(2, 40)
        out += RNG.choice(SENTENCES).format(a=RNG.randrange(2, 999), b=b, c=c, d=b * c, e=b * b + c * c, i=RNG.randrange(1, 9))
        out += RNG.choice([" ", " ", "\n", "\n\n"])
    return out


ENDS = [
    "Therefore, the final answer is $\\boxed{@}$.",
    "Therefore, the final answer is $\\boxed{@}$.",
    "Hence\n\\[\n\\boxed{@}\n\\]",
    "So we conclude:\n\n**Final Answer:** $\\boxed{@}$",
    "The answer is $@$.",
    "<answer>$@$</answer>",
]


def completion(answer, plain):
    # Log-uniform, as lengths of solutions are.
    size = int(300 * (3500 / 300) ** RNG.random())
    end = RNG.choice([*ENDS, "#### @"] if plain else ENDS).replace("@", answer)
    if RNG.random() < 0.3:
        cut = size * 2 // 3
        return f"<think>\n{prose(cut)}\n</think>\n\n{prose(size - cut)}\n{end}"
    return f"{prose(size)}\n{end}"


def mutated(number):
    at = RNG.choice([i for i, c in enumerate(number) if c.isdigit()])
    return number[:at] + RNG.choice([d for d in "123456789" if d != number[at]]) + number[at + 1:]


def number(right):
    kind = RNG.randrange(5)
    if kind == 0:
        gold = f"{RNG.randrange(1, 10**5)}.{RNG.randrange(1, 99):02}"
        return gold, gold if right else mutated(gold)
    if kind == 1:
        n = RNG.randrange(10**4, 10**9)
        return str(n), f"{n:,}" if right else f"{int(mutated(str(n))):,}"
    n = RNG.randrange(-400, 10 ** RNG.randrange(2, 7))
    return str(n), str(n) if right else str(n + RNG.choice([-1, 1, 10, -2 * n or 1]))


def frac(value):
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}" if value.denominator > 1 else str(value)


def rational(right):
    kind, k, n = RNG.randrange(4), RNG.randrange(2, 40), RNG.choice([2, 3, 5, 6, 7, 10, 11, 13, 15, 17])
    if kind == 0:
        value = Fraction(RNG.randrange(-300, 300) or 1, RNG.randrange(2, 300))
        scale = RNG.randrange(2, 6)
        other = value if right else value + Fraction(1, value.denominator)
        return frac(value), rf"\frac{{{other.numerator * scale}}}{{{other.denominator * scale}}}"
    if kind == 1:
        return rf"{k}\sqrt{{{n}}}", rf"\sqrt{{{k * k * n if right else k * k * n + 1}}}"
    if kind == 2:
        unit = RNG.choice(["cm", "km", "kg", "hours", "dollars"])
        m = RNG.randrange(2, 5000)
        return rf"{m}\text{{ {unit}}}", rf"{m if right else m + 1}\text{{ {unit}}}"
    b = RNG.randrange(1, 30)
    return rf"\frac{{{b}+\sqrt{{{n}}}}}{{{k}}}", rf"\frac{{{b}}}{{{k}}}{'+' if right else '-'}\frac{{\sqrt{{{n}}}}}{{{k}}}"


def poly(coefficients):
    degree, out = len(coefficients) - 1, ""
    for power, c in zip(range(degree, -1, -1), coefficients):
        if c:
            letters = "" if power == 0 else "x" if power == 1 else f"x^{power}"
            out += ("-" if c < 0 else "+" if out else "") + ("" if abs(c) == 1 and power else str(abs(c))) + letters
    return out


def algebra(right):
    p, factors = [1], ""
    for _ in range(RNG.randrange(2, 5)):
        a, b = RNG.choice([1, 2, 3]), RNG.choice([-7, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6])
        p = [a * (p[i] if i < len(p) else 0) + b * (p[i - 1] if i else 0) for i in range(len(p) + 1)]
        factors += f"({poly([a, b])})"
    return poly(p if right else [*p[:-1], p[-1] + 1]), factors


def collection(right):
    items = RNG.sample(range(-60, 60), RNG.randrange(3, 7))
    other = RNG.sample(items, len(items))
    if not right:
        other[0] += 200
    return r"\{" + ", ".join(map(str, items)) + r"\}", r"\{" + ",".join(map(str, other)) + r"\}"


def interval(right):
    a = RNG.randrange(-50, 50)
    b, c = a + RNG.randrange(1, 30), a + RNG.randrange(31, 60)
    open_ = "(" if right else "["
    return rf"(-\infty,{a})\cup({b},{c}]", rf"\left{open_}{b},{c}\right]\cup\left(-\infty,{a}\right)"


def matrix(right):
    rows = [[RNG.randrange(-20, 21) for _ in range(3)] for _ in range(2)]
    show = lambda kind: rf"\begin{{{kind}}}" + r" \\ ".join(" & ".join(map(str, row)) for row in rows) + rf"\end{{{kind}}}"
    gold = show("pmatrix")
    if not right:
        rows[RNG.randrange(2)][RNG.randrange(3)] += 1
    return gold, show("bmatrix")


def structure(right):
    return RNG.choice([algebra, algebra, collection, interval, matrix])(right)


def transcendental(right):
    k, m, n = RNG.randrange(2, 12), RNG.randrange(2, 50), RNG.randrange(2, 50)
    return RNG.choice([
        (rf"{m}\sin({2 * k}x)+{n}", rf"{2 * m}\sin({k}x)\cos({k}x)+{n if right else n + 1}"),
        (rf"\ln {m}+\ln {n}", rf"\ln {m * n if right else m * n + 1}"),
        (rf"{m}\cos^2({k}x)+{n}", rf"{m + n}-{m}\sin^2({k}x)" if right else rf"{m + n}-{m}\sin({k}x)"),
        (rf"e^{{{m}x}}({n}+x)", rf"{n if right else n + 1}e^{{{m}x}}+xe^{{{m}x}}"),
        (rf"{m}\arctan({n})", rf"\frac{{{m}\pi}}{{2}}{'-' if right else '+'}{m}\arctan\left(\frac{{1}}{{{n}}}\right)"),
    ])


CLASSES = [("number", number, 57), ("rational", rational, 19), ("structure", structure, 19), ("transcendental", transcendental, 5)]


def main():
    items, seen = [], set()
    for name, draw, share in CLASSES:
        while sum(item["class"] == name for item in items) < ITEMS * share // 100:
            right = RNG.random() < 0.5
            gold, answer = draw(right)
            if (gold, answer) not in seen:
                seen.add((gold, answer))
                items.append({"class": name, "gold": gold, "completion": completion(answer, name == "number"), "right": right})
    RNG.shuffle(items)
    made = "".join(json.dumps(item) + "\n" for item in items)
    if "--check" in sys.argv:
        sys.exit(made != TARGET.read_text())
    TARGET.write_text(made)


main()
