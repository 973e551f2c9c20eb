"""Cases whose labels hold by construction: an identity applied to random numbers, and its near misses."""

import random
from fractions import Fraction
from math import gcd

from . import block

RNG = random.Random(65537)
CASES = []


def emit(why, gold, T=(), F=()):
    T, F = list(dict.fromkeys(T)), [wrong for wrong in dict.fromkeys(F) if wrong not in T]
    CASES.extend(block(why, gold, T=T, F=F))


def changed_digit(number):
    """The same digits but for one."""
    digits = list(str(number))
    at = RNG.randrange(len(digits))
    digits[at] = RNG.choice([d for d in ("123456789" if at == 0 else "0123456789") if d != digits[at]])
    return "".join(digits)


def frac(value):
    sign = "-" if value < 0 else ""
    return str(value) if value.denominator == 1 else rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def poly(coefficients, x="x"):
    """The expanded polynomial, highest coefficient first."""
    degree, out = len(coefficients) - 1, ""
    for power, c in zip(range(degree, -1, -1), coefficients):
        if c == 0:
            continue
        letters = "" if power == 0 else x if power == 1 else f"{x}^{{{power}}}" if power > 9 else f"{x}^{power}"
        size = "" if abs(c) == 1 and power else str(abs(c))
        out += ("-" if c < 0 else "+" if out else "") + size + letters
    return out or "0"


def times(p, q):
    out = [0] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            out[i + j] += a * b
    return out


def integers():
    for _ in range(15):
        n = RNG.randrange(10**3, 10 ** RNG.randrange(4, 25))
        emit("an integer, grouped, and with one digit changed", str(n), T=[f"{n:,}", f"{n:,}".replace(",", "{,}")], F=[changed_digit(n), f"-{n}", f"{n}0"])


def fractions():
    for _ in range(15):
        value = Fraction(RNG.randrange(2, 400), RNG.randrange(2, 400))
        if value.denominator == 1 or value == 1:
            continue
        k = RNG.randrange(2, 9)
        n, d = value.numerator, value.denominator
        emit("a fraction, extended, upside down, off by one", frac(value), T=[rf"\frac{{{k*n}}}{{{k*d}}}", f"{n}/{d}"], F=[rf"\frac{{{d}}}{{{n}}}", rf"\frac{{{n+1}}}{{{d}}}", rf"-\frac{{{n}}}{{{d}}}", rf"\frac{{{n}}}{{{d+1}}}"])


def repeating():
    for _ in range(12):
        d = RNG.choice([7, 11, 13, 37, 41, 99, 101, 27])
        n = RNG.randrange(1, d)
        value = Fraction(n, d)
        remainder, digits, seen = n, "", {}
        while remainder not in seen:
            seen[remainder] = len(digits)
            digits += str(remainder * 10 // d)
            remainder = remainder * 10 % d
        start = seen[remainder]
        head, period = digits[:start], digits[start:]
        wrong = changed_digit(period) if len(period) > 1 else str((int(period) + 1) % 9)
        emit("a repeating decimal by long division", frac(value), T=[rf"0.{head}\overline{{{period}}}"], F=[rf"0.{head}\overline{{{wrong}}}", f"0.{head}{period}"])


def surds():
    for _ in range(15):
        k, n = RNG.randrange(2, 30), RNG.choice([2, 3, 5, 6, 7, 10, 11, 13, 14, 15])
        emit("a factor taken out of a root", rf"{k}\sqrt{{{n}}}", T=[rf"\sqrt{{{k*k*n}}}", rf"\frac{{{k*n}}}{{\sqrt{{{n}}}}}"], F=[rf"\sqrt{{{k*k*n+1}}}", rf"\sqrt{{{k*n}}}", rf"{k+1}\sqrt{{{n}}}", rf"{n}\sqrt{{{k}}}" if k != n else "0"])


def quadratics():
    for _ in range(10):
        b, q = RNG.randrange(1, 12), RNG.choice([2, 3, 5, 7, 11, 13, 17])
        emit("the two roots of a quadratic", rf"{b}\pm\sqrt{{{q}}}", T=[rf"{b}-\sqrt{{{q}}}, {b}+\sqrt{{{q}}}", rf"\frac{{{2*b}\pm\sqrt{{{4*q}}}}}{{2}}"], F=[rf"{b}+\sqrt{{{q}}}", rf"-{b}\pm\sqrt{{{q}}}", rf"{b}\pm\sqrt{{{q+1}}}", rf"\sqrt{{{q}}}\pm {b}"])


def polynomials():
    for _ in range(15):
        factors = [[RNG.choice([1, 1, 2, 3]), RNG.choice([-5, -4, -3, -2, -1, 1, 2, 3, 4, 5])] for _ in range(RNG.randrange(2, 5))]
        p = [1]
        for factor in factors:
            p = times(p, factor)
        product = "".join(f"({poly(factor)})" for factor in factors)
        near, flipped = list(p), list(p)
        near[RNG.randrange(len(p))] += RNG.choice([-1, 1])
        flipped[-1] = -flipped[-1]
        emit("a product of linear factors, expanded", poly(p), T=[product], F=[poly(near), poly(flipped), poly(p + [0]), product + "(x+1)"])


def intervals():
    for _ in range(12):
        a = Fraction(RNG.randrange(-40, 20), RNG.randrange(1, 7))
        b = a + Fraction(RNG.randrange(1, 40), RNG.randrange(1, 7))
        opened, closed = RNG.choice("(["), RNG.choice(")]")
        less, upto = ("<" if opened == "(" else r"\le "), ("<" if closed == ")" else r"\le ")
        other_open, other_close = "[("["[(".index(opened) - 1], "])"["])".index(closed) - 1]
        emit("an interval and its ends", f"{opened}{frac(a)},{frac(b)}{closed}", T=[rf"\left{opened}{frac(a)},{frac(b)}\right{closed}", f"{frac(a)}{less}x{upto}{frac(b)}"], F=[f"{other_open}{frac(a)},{frac(b)}{closed}", f"{opened}{frac(a)},{frac(b)}{other_close}", f"{opened}{frac(a)},{frac(b + 1)}{closed}"])


def tuples():
    for _ in range(10):
        entries = RNG.sample(range(-30, 30), RNG.randrange(3, 5))
        swapped = entries[::-1]
        show = lambda items: "(" + ",".join(map(str, items)) + ")"
        emit("a tuple keeps order and length", show(entries), T=[show(entries).replace(",", ", ")], F=[show(swapped), show(entries[:-1]), show([*entries, 0]), show([-entries[0] or 1, *entries[1:]])])


def sets():
    for _ in range(10):
        entries = RNG.sample(range(-50, 50), RNG.randrange(3, 7))
        shuffled = RNG.sample(entries, len(entries))
        show = lambda items: r"\{" + ",".join(map(str, items)) + r"\}"
        off = [entries[0] + 100, *entries[1:]]
        emit("a set has no order", show(entries), T=[show(shuffled), ", ".join(map(str, sorted(entries)))], F=[show(entries[1:]), show(off), show([*entries, 99])])


def matrices():
    for _ in range(10):
        rows = [[RNG.randrange(-9, 10) for _ in range(3)] for _ in range(2)]
        show = lambda rows, kind: rf"\begin{{{kind}}}" + r" \\ ".join(" & ".join(map(str, row)) for row in rows) + rf"\end{{{kind}}}"
        near = [list(row) for row in rows]
        near[RNG.randrange(2)][RNG.randrange(3)] += 1
        emit("a matrix by entries", show(rows, "pmatrix"), T=[show(rows, "bmatrix")], F=[show(near, "pmatrix"), show([list(column) for column in zip(*rows)], "pmatrix"), show(rows[:1], "pmatrix")])


def scientific():
    for _ in range(10):
        digits, power = RNG.randrange(11, 99), RNG.randrange(3, 12)
        if digits % 10 == 0:
            continue
        mantissa = f"{digits // 10}.{digits % 10}"
        emit("scientific notation", str(digits * 10 ** (power - 1)), T=[rf"{mantissa}\times 10^{{{power}}}", rf"{digits}\cdot 10^{{{power-1}}}"], F=[rf"{mantissa}\times 10^{{{power+1}}}", rf"{mantissa}\times 10^{{-{power}}}", rf"{digits}\times 10^{{{power}}}"])


def bases():
    for _ in range(8):
        base = RNG.randrange(3, 9)
        digits = "".join(str(RNG.randrange(1, base)) for _ in range(RNG.randrange(3, 6)))
        wrong = digits[:-1] + str((int(digits[-1]) + 1) % base)
        emit("a numeral in a base", f"{digits}_{base}", T=[f"{digits}_{{{base}}}"], F=[f"{wrong}_{base}", f"{digits}_{base + 1}", f"{digits}1_{base}"])


def mixed():
    for _ in range(10):
        whole, d = RNG.randrange(1, 20), RNG.randrange(2, 15)
        n = RNG.randrange(1, d)
        if gcd(n, d) != 1:
            continue
        emit("a mixed number", frac(Fraction(whole * d + n, d)), T=[rf"{whole}\frac{{{n}}}{{{d}}}"], F=[rf"{whole + 1}\frac{{{n}}}{{{d}}}", rf"-{whole}\frac{{{n}}}{{{d}}}", rf"{whole}\frac{{{d}}}{{{n}}}"])


def lines():
    for _ in range(10):
        a, b, c = RNG.choice([-7, -5, -3, 2, 3, 5]), RNG.choice([-4, -1, 2, 7]), RNG.randrange(1, 12)
        show = lambda a, b, c: f"{poly([a, 0], 'x')}{'+' if b > 0 else ''}{poly([b, 0], 'y')}{'+' if c > 0 else ''}{c}=0"
        k = RNG.choice([-3, -2, 2, 5])
        emit("a line, scaled, and another line", show(a, b, c), T=[show(k * a, k * b, k * c), f"y={frac(Fraction(-a, b))}x{'+' if Fraction(-c, b) > 0 else ''}{frac(Fraction(-c, b))}"], F=[show(a, b, c + 1), show(a, -b, c), show(a + 1, b, c), show(k * a, k * b, c)])


def logarithms():
    for _ in range(8):
        p, q = RNG.sample([2, 3, 5, 7, 11, 13], 2)
        emit("the logarithm of a product", rf"\ln {p * q}", T=[rf"\ln {p}+\ln {q}"], F=[rf"\ln {p}\cdot\ln {q}", rf"\ln {p + q}", rf"\ln {p}-\ln {q}", rf"\ln {p * q + 1}"])


def angles():
    for _ in range(8):
        k, m = RNG.randrange(2, 9), RNG.randrange(1, 9)
        emit("a double angle with a multiple", rf"{m}\sin({2 * k}x)", T=[rf"{2 * m}\sin({k}x)\cos({k}x)"], F=[rf"{2 * m}\sin({k}x)", rf"{m}\sin({k}x)\cos({k}x)", rf"{2 * m}\sin({k}x)\sin({k}x)", rf"{m}\cos({2 * k}x)"])


for family in [integers, fractions, repeating, surds, quadratics, polynomials, intervals, tuples, sets, matrices, scientific, bases, mixed, lines, logarithms, angles]:
    family()
