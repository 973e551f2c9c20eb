"""Sets, lists, tuples, plus-minus, special values."""

from . import block

CASES = [
    *block("lists of numbers", "-6,1", T=["1,-6", "-6, 1", r"\{-6,1\}", r"x=1 \text{ or } x=-6", r"1 \text{ and } -6", "{-6, 1}", r"-6 \text{ or } 1", r"x=-6,1"], F=["1", "-6", "1,-6,2", "6,-1", "6,1", "-6,-1", r"1,1"]),
    *block("sets", r"\{0.5,\sqrt3\}", T=[r"\{\sqrt{12}/2, 1/2\}", r"\left\{\frac12,\sqrt3\right\}", r"\sqrt3,\frac12"], F=[r"\{0.5,3\}", r"\{\sqrt3\}", r"\{2,\sqrt3\}", r"\{-0.5,\sqrt3\}", r"\{0.5,\sqrt3,0\}", r"\{0.5,1.73\}"]),
    *block("a set repeats nothing", r"\{1,2,3\}", T=[r"\{3,2,1\}", r"\{1,2,2,3\}", "1,2,3", "3, 1, 2"], F=[r"\{1,2\}", r"\{1,2,3,4\}", r"\{1,2,4\}", "123", "6"]),
    *block("sets of points", r"\{(0,1),(2,3)\}", T=["(2,3),(0,1)", r"(0,1) \text{ and } (2,3)", r"\{(2,3),(0,1)\}"], F=["(1,0),(3,2)", "(0,1)", "(0,3),(2,1)", "(0,1),(2,3),(4,5)", "(0,1,2,3)"]),
    *block("tuples keep their order", "(4,7)", T=["(4,7)", r"\langle4,7\rangle", r"\left(4,7\right)", "(4, 7)", r"(4,\,7)", "(4.0,7)"], F=["(7,4)", "[4,7]", "(4,-7)", "(4,7,0)", "(4,8)", "4", "(47)"]),
    *block("entries are compared as numbers", "(0.25,2)", T=[r"(\frac14,2)", r"\left(\frac{1}{4}, 2\right)", r"(2^{-2},\sqrt4)"], F=[r"(4,2)", r"(2,\frac14)", r"(\frac14,-2)", "(0.24,2)"]),
    *block("a triple", "(4,7,1)", T=["(4,7,1)", r"\left( 4, 7, 1 \right)"], F=["(4,7)", "(4,1,7)", "(4,7,1,0)", "(1,7,4)", "(4,7,-1)"]),
    *block("points with surds", r"\left(\frac{1}{2},\frac{\sqrt3}{2}\right)", T=[r"(0.5,\sqrt{3}/2)", r"\left(\cos 60^\circ,\sin 60^\circ\right)", r"(\tfrac12,\tfrac{\sqrt3}{2})"], F=[r"\left(\frac{\sqrt3}{2},\frac{1}{2}\right)", r"\left(-\frac12,\frac{\sqrt3}{2}\right)", r"(0.5,0.87)", r"\left(\frac12,\frac{\sqrt2}{2}\right)"]),
    *block("plus-minus", r"\pm 5", T=["5,-5", "-5,5", r"\pm5", r"x=\pm 5", r"\{5,-5\}", r"x=5 \text{ or } x=-5"], F=["5", "-5", r"\pm 25", r"\pm 6", "5,5", "0"]),
    *block("plus-minus is two answers", "5", F=[r"\pm5", r"5,-5"]),
    *block("plus-minus in a sum", r"2\pm\sqrt3", T=[r"2-\sqrt3, 2+\sqrt3", r"2+\sqrt3, 2-\sqrt3", r"\{2+\sqrt3,2-\sqrt3\}", r"\frac{4\pm\sqrt{12}}{2}", r"x=2\pm\sqrt{3}"], F=[r"\sqrt3\pm2", r"2+\sqrt3", r"\pm2+\sqrt3", r"2\pm\sqrt2", r"-2\pm\sqrt3", r"\pm(2+\sqrt3)"]),
    *block("complex conjugates", r"1\pm 2i", T=[r"1+2i, 1-2i", r"1-2i,1+2i"], F=[r"1+2i", r"-1\pm 2i", r"2\pm i", r"1\pm 2"]),
    *block("infinity", r"\infty", T=[r"+\infty", "∞", r"\text{infinity}"], F=[r"-\infty", "0", r"\text{DNE}", "1", r"\pm\infty"]),
    *block("the empty set", r"\emptyset", T=[r"\varnothing", r"\{\}", r"\text{no real solutions}", "∅", r"\text{no solution}"], F=["0", r"\{0\}", r"\{\emptyset\}", r"\mathbb{R}"]),
    *block("does not exist", "DNE", T=[r"\text{does not exist}", r"\text{DNE}", "Does not exist"], F=["0", r"\infty", "exists"]),
    *block("integers by family", r"n\pi, n\in\mathbb{Z}", T=[r"n\pi, n \in \mathbb{Z}"], F=[r"2n\pi, n\in\mathbb{Z}", r"\pi", r"\frac{n\pi}{2}, n\in\mathbb{Z}"]),
    *block("four numbers in order of a list", "1, 2, 3, 5", T=["1,2,3,5", "5,3,2,1", r"\{1,2,3,5\}", r"1, 2, 3, \text{ and } 5", r"1,2,3 \text{ and } 5"], F=["1,2,3,4", "1,2,3", "1,2,5", "1235", "1,2,3,5,8"]),
    *block("a list with a repeated root", "2,2,5", T=["2,2,5"], N=["2,5,5", "2,2,2"], F=["2,3,5", "5"]),
    *block("a pair of grouped numbers", "(1200, 3400)", T=["(1200,3400)", "(1{,}200, 3{,}400)"], F=["(3400,1200)", "(1,200,3,400)", "(120,3400)"]),
]
