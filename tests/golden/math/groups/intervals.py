"""Inequalities, intervals and their unions."""

from . import block

R = r"(-\infty,\infty)"

CASES = [
    *block("a ray", r"x\le 6", T=[r"(-\infty,6]", r"6\ge x", r"x \leq 6", r"x\leqslant 6", r"x\in(-\infty,6]", r"]-\infty,6]"], F=["x<6", r"(-\infty,6)", r"x\ge 6", r"[6,\infty)", r"x\le -6", r"x\le 5", "6"]),
    *block("an open ray", r"(4,\infty)", T=["x>4", "4<x", r"(4,+\infty)", r"x\in(4,\infty)", r"\left(4,\infty\right)"], F=[r"[4,\infty)", "x<4", r"x\ge4", r"(-\infty,4)", r"(-4,\infty)", "4"]),
    *block("an unsolved inequality is no answer", r"(4,\infty)", N=[r"3x>12", r"2x-8>0"]),
    *block("a half-open interval", r"[2,9)", T=[r"2\le x<9", r"[2,9[", r"x\in[2,9)", r"\left[2,9\right)", r"9>x\ge 2"], F=[r"(2,9]", "[2,9]", "(2,9)", r"2<x\le 9", r"[2,8)", r"[-2,9)", r"[2,\infty)"]),
    *block("a closed interval", r"[-1,5]", T=[r"-1\le x\le 5", r"\left[-1,5\right]", r"x\in[-1,5]", r"[-1, 5]", r"5\ge x\ge -1"], F=["(-1,5)", "[-1,5)", "[1,5]", "[5,-1]", r"-1<x<5", "[-1,6]", r"\{-1,5\}"]),
    *block("ends that are expressions", r"\left[-\sqrt2,\sqrt2\right]", T=[r"-\sqrt2\le x\le\sqrt2", r"[-\sqrt{2},\sqrt{2}]", r"\left[-\frac{2}{\sqrt2},\frac{2}{\sqrt2}\right]"], F=[r"[-2,2]", r"(-\sqrt2,\sqrt2)", r"[0,\sqrt2]", r"[-\sqrt3,\sqrt3]"]),
    *block("ends that are fractions", r"\left(\frac13,\frac52\right)", T=[r"(\frac13, 2.5)", r"\frac13<x<\frac52", r"\frac{1}{3} < x < 2\frac12"], F=[r"(3,\frac52)", r"\left[\frac13,\frac52\right]", r"\left(\frac13,\frac25\right)", r"\left(-\frac13,\frac52\right)"]),
    *block("unions", r"(-\infty,-2)\cup(3,\infty)", T=[r"(3,\infty)\cup(-\infty,-2)", r"x<-2 \text{ or } x>3", r"(-\infty,-2) \cup (3,+\infty)", r"x\in(-\infty,-2)\cup(3,\infty)"], F=[r"(-2,3)", r"(-\infty,-2]\cup[3,\infty)", r"(-\infty,-2)", r"(-\infty,2)\cup(3,\infty)", r"(-\infty,-2)\cap(3,\infty)", r"(-\infty,-3)\cup(2,\infty)"]),
    *block("a punctured line", r"(-\infty,0)\cup(0,\infty)", T=[r"x\ne0", r"x\neq 0", r"\mathbb{R}\setminus\{0\}"], F=[R, r"(0,\infty)", r"x\ne 1", r"x=0", r"(-\infty,0]\cup(0,\infty)"]),
    *block("overlapping unions", r"[0,3]\cup[2,4]", T=["[0,4]", r"0\le x\le 4", r"[0,2]\cup[2,4]"], F=[r"[2,3]", r"[0,3]", r"[0,4)", r"[0,2)\cup(2,4]"]),
    *block("touching unions", r"[0,1)\cup(1,2]", T=[r"(1,2]\cup[0,1)"], F=[r"[0,2]", r"(0,1)\cup(1,2)", r"[0,1]\cup[1,2]"]),
    *block("all reals", r"\mathbb{R}", T=["all real numbers", R, r"\text{all real numbers}", r"(-\infty,+\infty)", r"\mathbb R", r"x\in\mathbb{R}"], F=[r"\emptyset", r"[0,\infty)", r"\mathbb{Z}", r"\mathbb{Q}", "0", r"\infty"]),
    *block("a union with a point", r"\{1\}\cup[3,\infty)", T=[r"[3,\infty)\cup\{1\}"], F=[r"[3,\infty)", r"\{1\}", r"[1,\infty)", r"\{3\}\cup[3,\infty)"]),
    *block("strictness of both ends", r"0<a<1", T=[r"(0,1)", r"a\in(0,1)", r"1>a>0"], F=[r"0\le a\le 1", r"0<a\le 1", r"a<1", r"a>0", r"0<a<2", r"-1<a<0"]),
    *block("the variable's own name", r"-3<k\le 7", T=[r"(-3,7]", r"k\in(-3,7]", r"7\ge k>-3"], F=[r"[-3,7)", r"(-3,7)", r"-7\le k<3", r"-3<k\le 8"]),
    *block("a conjunction", r"x\ge 2", T=[r"[2,\infty)", r"x \geq 2", r"2\le x", r"[2,+\infty)"], F=[r"x>2", r"(2,\infty)", r"[-2,\infty)", "2", r"x\le 2", "[2,10]"]),
    *block("absolute values stay unsolved", r"(-1,5)", N=[r"|x-2|<3"]),
]
