"""Polynomials, rational functions, sequences, indices."""

from . import block

CASES = [
    *block("difference of squares", r"y^2-9", T=[r"(y-3)(y+3)", r"y^2 - 3^2", r"-(9-y^2)", r"-(3-y)(3+y)"], F=[r"(y-3)^2", r"y^2+9", r"9-y^2", r"(y-9)(y+1)", r"y^2-3", r"y^3-9"]),
    *block("a cubic", r"x^3-6x^2+11x-6", T=[r"(x-1)(x-2)(x-3)", r"(x-1)(x^2-5x+6)", r"((x-6)x+11)x-6"], F=[r"(x+1)(x+2)(x+3)", r"(x-1)(x-2)(x-4)", r"x^3-6x^2+11x+6", r"x^3-6x^2-11x-6", r"x^3-6x^2+11x"]),
    *block("high powers", r"(a+b)^{20}", T=[r"(a+b)^{19}(a+b)", r"(b+a)^{20}", r"((a+b)^4)^5"], F=[r"a^{20}+b^{20}", r"(a+b)^{21}", r"(a-b)^{20}", r"(a+b)^{10}+(a+b)^{10}", r"(a+2b)^{20}"]),
    *block("exponents with variables", r"3^{n+2}", T=[r"9\cdot3^n", r"3^2\cdot 3^n", r"27\cdot 3^{n-1}", r"\frac{3^{n+3}}{3}"], F=[r"3^n+2", r"3^n+9", r"3^{2n}", r"6\cdot 3^n", r"9^{n}", r"3^{n}\cdot 2"]),
    *block("exponents with variables in two bases", r"2^n\cdot 3^n", T=[r"6^n", r"6^{n+1}/6"], F=[r"6^{2n}", r"5^n", r"6n", r"2^n+3^n"]),
    *block("indices", r"u_1v_2", T=[r"v_2u_1", r"u_1 \cdot v_2", r"u_{1}v_{2}"], F=[r"u_2v_1", r"u_1v_1", r"uv", r"u_1+v_2", r"u^1v^2"]),
    *block("case matters", "N", T=["N", "{N}"], F=["n", "M", "2N", "-N"]),
    *block("a removable singularity", r"\frac{y^2-4}{y-2}", T=[r"y+2", r"2+y", r"\frac{(y-2)(y+2)}{y-2}"], F=[r"y-2", r"\frac{y+2}{y-2}", r"y^2+2"]),
    *block("partial fractions", r"\frac{1}{n(n+1)}", T=[r"\frac1n-\frac{1}{n+1}", r"\frac{1}{n^2+n}"], F=[r"\frac1n+\frac{1}{n+1}", r"\frac{1}{n}-\frac{1}{n-1}", r"\frac{1}{n^2+1}", r"\frac{1}{n(n-1)}", r"n(n+1)"]),
    *block("sums of integers", r"\frac{n(n+1)}{2}", T=[r"\frac{n^2+n}{2}", r"\frac12 n(n+1)", r"\binom{n+1}{2}", r"\frac{n}{2}(n+1)"], F=[r"\frac{n(n-1)}{2}", r"\frac{n^2+1}{2}", r"n(n+1)", r"\frac{n(n+1)}{4}", r"\frac{n(n+2)}{2}"]),
    *block("sums of squares", r"\frac{n(n+1)(2n+1)}{6}", T=[r"\frac{2n^3+3n^2+n}{6}", r"\frac{n^3}{3}+\frac{n^2}{2}+\frac{n}{6}"], F=[r"\frac{n(n+1)(2n-1)}{6}", r"\frac{n(n+1)(2n+1)}{3}", r"\frac{2n^3+3n^2+1}{6}", r"\frac{n^2(n+1)^2}{4}"]),
    *block("a geometric series", r"\frac{1-r^{n}}{1-r}", T=[r"\frac{r^n-1}{r-1}"], F=[r"\frac{1-r^{n+1}}{1-r}", r"\frac{1-r^n}{1+r}", r"\frac{r^n-1}{1-r}", r"1-r^{n-1}"]),
    *block("signs and powers", r"(-1)^n n", T=[r"n(-1)^n", r"(-1)^{n+2}n"], F=[r"(-1)^{n+1}n", r"-n", r"n", r"(-1)^n"]),
    *block("Greek letters", r"\alpha\beta+\beta\gamma", T=[r"\beta(\alpha+\gamma)", r"\beta\gamma+\alpha\beta"], F=[r"\alpha(\beta+\gamma)", r"\alpha\beta-\beta\gamma", r"\alpha\beta\gamma", r"a\beta+\beta\gamma"]),
    *block("a tiny term is a term", r"x^3", T=[r"x\cdot x^2", r"x^{3}"], F=[r"x^3+10^{-40}x", r"x^{3.0001}", r"3x", r"x^3+10^{-40}", r"x^{-3}", r"x^2"]),
    *block("symmetric functions", r"a^2+b^2+c^2-ab-bc-ca", T=[r"\frac{(a-b)^2+(b-c)^2+(c-a)^2}{2}", r"(a+b+c)^2-3(ab+bc+ca)"], F=[r"(a-b)^2+(b-c)^2+(c-a)^2", r"(a+b+c)^2-2(ab+bc+ca)", r"a^2+b^2+c^2-ab-bc+ca"]),
    *block("sum of cubes", r"a^3+b^3", T=[r"(a+b)(a^2-ab+b^2)", r"(a+b)^3-3ab(a+b)"], F=[r"(a+b)(a^2+ab+b^2)", r"(a+b)^3", r"(a-b)(a^2+ab+b^2)", r"a^2+b^3"]),
    *block("a quotient of powers", r"\frac{x^5y^2}{x^2y^3}", T=[r"\frac{x^3}{y}", r"x^3y^{-1}"], F=[r"\frac{x^3}{y^2}", r"x^3y", r"\frac{y}{x^3}", r"x^{7}y^{5}"]),
    *block("coefficients as fractions", r"\frac{2x}{3}-\frac{1}{2}", T=[r"\frac{4x-3}{6}", r"\frac23 x-0.5", r"\frac{2}{3}x - \frac12"], F=[r"\frac{4x-3}{3}", r"\frac{2x-1}{6}", r"\frac{2}{3x}-\frac12", r"\frac{4x+3}{6}", r"\frac{3x}{2}-\frac12"]),
    *block("a product without signs", "6ab", T=[r"6\cdot a\cdot b", "6ba", r"2a\cdot 3b", r"a(6b)"], F=["6a+b", "6a^b", "6(a+b)", "5ab", "6abc", r"\frac{6a}{b}"]),
    *block("square roots of variables", r"\sqrt{x}", T=[r"x^{1/2}", r"x^{0.5}", r"\frac{x}{\sqrt{x}}"], F=[r"x^2", r"\sqrt[3]{x}", r"-\sqrt{x}", r"\frac{x}{2}", r"\sqrt{2x}"]),
    *block("the sign under a root is lost", r"\sqrt{x^2}", T=[r"|x|", r"\sqrt{x\cdot x}"], F=["x", "-x", "x^2"]),
    *block("expanded against the gold's product", r"(2x+1)(x-4)", T=[r"2x^2-7x-4", r"(x-4)(2x+1)", r"2(x+\frac12)(x-4)"], F=[r"2x^2+7x-4", r"2x^2-7x+4", r"2x^2-9x-4", r"(2x-1)(x+4)", r"x^2-7x-4"]),
    *block("completing the square", r"x^2+6x+5", T=[r"(x+3)^2-4", r"(x+1)(x+5)"], F=[r"(x+3)^2+4", r"(x-3)^2-4", r"(x+3)^2-14", r"(x+2)(x+3)", r"(x-1)(x-5)"]),
    *block("reversed order", r"5-3x", T=[r"-3x+5", r"-(3x-5)"], F=["3x-5", "5+3x", "3-5x", "5-3y", "5x-3"]),
    *block("a recurrence", r"2^{2^n}", T=[r"2^{(2^n)}", r"(2^{2^{n-1}})^2"], F=[r"(2^2)^n", r"4^n", r"2^{n^2}", r"2^{2n}"]),
]
