"""Matrices and vectors."""

from . import block


def m(rows, kind="pmatrix"):
    return rf"\begin{{{kind}}}{rows}\end{{{kind}}}"


CASES = [
    *block("matrices", m(r"1&2\\0&1"), T=[m(r"1&2\\0&1", "bmatrix"), m(r"1 & 2 \\ 0 & 1"), r"\left[\begin{array}{cc}1&2\\0&1\end{array}\right]", r"\left(\begin{matrix}1&2\\0&1\end{matrix}\right)", m(r"1&2\\0&1\\"), m(r"\frac22&2\\0&1")], F=[m(r"1&0\\2&1"), m(r"1&2\\0&2"), m(r"1&2\\1&0"), m(r"0&1\\1&2"), m(r"-1&2\\0&1"), m(r"1&2&0&1"), m(r"1&2\\0&1\\0&0"), "1"]),
    *block("a factor before a matrix", m(r"2\\4"), T=[r"2" + m(r"1\\2"), r"2\cdot" + m(r"1\\2", "bmatrix"), m(r"2\\4", "bmatrix")], F=[m(r"1\\2"), r"2" + m(r"2\\4"), m(r"4\\2"), r"-2" + m(r"1\\2"), m(r"2&4")]),
    *block("a fraction before a matrix", m(r"\frac12&0\\0&\frac32"), T=[r"\frac12" + m(r"1&0\\0&3"), m(r"0.5&0\\0&1.5")], F=[r"\frac12" + m(r"1&0\\0&2"), r"2" + m(r"1&0\\0&3"), m(r"\frac32&0\\0&\frac12")]),
    *block("a column is no row", m(r"1\\2"), T=[m(r"1\\2", "bmatrix")], F=[m(r"1&2"), m(r"2\\1"), m(r"1\\2\\0"), m(r"1\\-2")]),
    *block("three dimensions", m(r"1\\-2\\3"), T=[m(r"1\\-2\\3", "bmatrix"), m(r" 1 \\ -2 \\ 3 ")], F=[m(r"1\\2\\3"), m(r"3\\-2\\1"), m(r"1\\-2"), m(r"1\\-2\\-3")]),
    *block("symbolic entries", m(r"\cos\theta&-\sin\theta\\\sin\theta&\cos\theta", "bmatrix"), T=[m(r"\cos\theta & -\sin\theta \\ \sin\theta & \cos\theta")], F=[m(r"\cos\theta&\sin\theta\\-\sin\theta&\cos\theta"), m(r"\sin\theta&-\cos\theta\\\cos\theta&\sin\theta"), m(r"\cos\theta&-\sin\theta\\\sin\theta&-\cos\theta")]),
    *block("entries that are expressions", m(r"x^2-1&0\\0&2x", "bmatrix"), T=[m(r"(x-1)(x+1)&0\\0&x+x")], F=[m(r"(x-1)^2&0\\0&2x"), m(r"x^2-1&0\\0&x^2"), m(r"x^2-1&0\\2x&0")]),
    *block("a determinant is no matrix", "-2", F=[m(r"1&2\\3&4"), m(r"-2&0\\0&-2")], T=["-2"]),
    *block("an inverse", m(r"-2&1\\1.5&-0.5"), T=[m(r"-2&1\\\frac32&-\frac12"), r"-\frac12" + m(r"4&-2\\-3&1")], F=[r"\frac12" + m(r"4&-2\\-3&1"), m(r"-2&1\\\frac32&\frac12"), m(r"-2&1\\-\frac12&\frac32")]),
    *block("the zero matrix", m(r"0&0\\0&0"), T=[m(r"0&0\\0&0", "bmatrix")], F=["0", m(r"0&0"), m(r"0&0\\0&1"), m(r"0\\0")]),
    *block("three by three", m(r"1&0&0\\0&1&0\\0&0&1"), T=[m(r"1&0&0\\0&1&0\\0&0&1", "bmatrix")], F=[m(r"0&0&1\\0&1&0\\1&0&0"), m(r"1&0\\0&1"), m(r"1&0&0\\0&1&0\\0&0&-1"), "1"]),
    *block("a vector in angle brackets", r"\langle 3,-1,2\rangle", T=[r"\left\langle 3,-1,2\right\rangle", "(3,-1,2)"], F=[r"\langle 3,1,2\rangle", r"\langle 2,-1,3\rangle", r"\langle 3,-1\rangle"]),
]
