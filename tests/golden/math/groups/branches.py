"""Where an identity holds on part of the domain only: signs, parities, orders, bounds, periods, branch cuts.

A grader that samples points passes these by luck unless its points are chosen for it; replay with several seeds.
"""

from . import block

CASES = [
    *block("an absolute value of a sum", r"|x+y|", T=[r"|y+x|", r"\sqrt{(x+y)^2}", r"|-x-y|"], F=[r"|x|+|y|", r"x+y", r"-x-y", r"|x-y|", r"|x|-|y|"]),
    *block("an absolute value of a product", r"|xy|", T=[r"|x||y|", r"|x|\cdot|y|", r"|-xy|"], F=[r"xy", r"x|y|", r"|x|y", r"-xy"]),
    *block("the greater of two", r"\max(x,y)", T=[r"\frac{x+y+|x-y|}{2}", r"\max(y,x)", r"-\min(-x,-y)"], F=["x", "y", r"\min(x,y)", r"x+y", r"\frac{x+y}{2}", r"\frac{x+y-|x-y|}{2}"]),
    *block("the least of three", r"\min(a,b,c)", T=[r"\min(c,a,b)"], F=["a", "b", r"\min(a,b)", r"\max(a,b,c)", r"\min(b,c)"]),
    *block("an even root of a square of a bracket", r"\sqrt{(x-3)^2}", T=[r"|x-3|", r"|3-x|"], F=[r"x-3", r"3-x", r"|x|-3", r"|x+3|"]),
    *block("a fourth root", r"\sqrt[4]{x^4}", T=[r"|x|", r"\sqrt{x^2}"], F=["x", "-x", "x^2"]),
    *block("the sine's inverse of the sine", r"\arcsin(\sin x)", F=["x", r"\pi-x", "-x", r"\sin x"], T=[r"\arcsin(\sin x)"]),
    *block("the tangent's inverse of the tangent", r"\arctan(\tan x)", F=["x", r"x-\pi", r"\tan x"]),
    *block("inverse tangents of reciprocals", r"\arctan x+\arctan\frac{1}{x}", F=[r"\frac{\pi}{2}", r"-\frac{\pi}{2}", "0", r"\pi"]),
    *block("the floor", r"\lfloor x\rfloor", F=["x", r"\lceil x\rceil", r"x-1", r"\lfloor x\rfloor+1", r"\lfloor x+0.5\rfloor", r"\lceil x\rceil-1", r"\lfloor 2x\rfloor/2"], T=[r"\lfloor x+1\rfloor-1", r"-\lceil -x\rceil"]),
    *block("halves by floor and ceiling", r"\lfloor n/2\rfloor", F=["n/2", r"\lceil n/2\rceil", r"\frac{n-1}{2}", r"\lfloor (n+1)/2\rfloor"]),
    *block("alternating signs", r"(-1)^n", F=["1", "-1", r"(-1)^{n+1}", r"(-1)^{2n}", r"(-1)^{n/2}"], T=[r"(-1)^{n+2}", r"\frac{1}{(-1)^n}", r"(-1)^{3n}"]),
    *block("alternating signs with a product", r"(-1)^n n", F=["n", "-n", r"(-1)^{n+1}n", r"|n|"]),
    *block("alternating between two values", r"\frac{1+(-1)^n}{2}", F=["0", "1", r"\frac12", r"\frac{1-(-1)^n}{2}"]),
    *block("triangular signs", r"(-1)^{n(n+1)/2}", F=["1", "-1", r"(-1)^n", r"(-1)^{n(n-1)/2}"]),
    *block("powers of negative numbers", r"(-2)^n", F=["2^n", "-2^n", r"(-2)^{-n}", r"(-1)^n"], T=[r"(-1)^n2^n", r"(-1)^n\cdot 2^n"]),
    *block("a sign function by a quotient", r"\frac{x}{|x|}", F=["1", "-1", "x", r"|x|"], T=[r"\frac{|x|}{x}"]),
    *block("two conditions", r"\begin{cases} x^2 & 0\le x\le 1 \\ 0 & \text{otherwise} \end{cases}", T=[r"\begin{cases} x^2 & \text{if } 0\le x\le 1 \\ 0 & \text{otherwise} \end{cases}"], F=["0", "x^2", r"\begin{cases} x^2 & 0\le x\le 2 \\ 0 & \text{otherwise} \end{cases}", r"\begin{cases} x^2 & -1\le x\le 1 \\ 0 & \text{otherwise} \end{cases}", r"\begin{cases} x & 0\le x\le 1 \\ 0 & \text{otherwise} \end{cases}"]),
    *block("far bounds", r"\begin{cases} 1 & x>1000 \\ 0 & x\le 1000 \end{cases}", F=["0", "1", r"\begin{cases} 1 & x>1001 \\ 0 & x\le 1001 \end{cases}", r"\begin{cases} 1 & x\ge 1000 \\ 0 & x<1000 \end{cases}"]),
    *block("three branches", r"\begin{cases} -1 & x<0 \\ 0 & x=0 \\ 1 & x>0 \end{cases}", T=[r"\begin{cases} 1 & x>0 \\ 0 & x=0 \\ -1 & x<0 \end{cases}"], F=[r"\begin{cases} -1 & x<0 \\ 1 & x=0 \\ 1 & x>0 \end{cases}", r"\begin{cases} -1 & x<0 \\ 1 & x>0 \end{cases}", r"\frac{x}{|x|}", r"\begin{cases} 1 & x<0 \\ 0 & x=0 \\ -1 & x>0 \end{cases}"]),
    *block("absolute values that cancel on one side", r"|x-1|+|x+1|", F=["2x", "2", "-2x", r"2|x|", r"|2x|"], T=[r"|x+1|+|1-x|"]),
    *block("a distance", r"|x-5|", F=["x-5", "5-x", r"|x|-5", r"|x+5|"], T=[r"|5-x|"]),
    *block("a far threshold under an absolute value", r"|x-10^{6}|", F=[r"10^6-x", r"x-10^6"], T=[r"|10^6-x|"]),
    *block("a cube root of a cube", r"\sqrt[3]{x^3}", T=["x"], F=["-x", "|x|", "x^2"]),
    *block("cosine of the inverse cosine", r"\cos(\arccos x)", T=["x"], F=[r"\arccos x", "-x", r"\sqrt{1-x^2}"]),
    *block("sine of the inverse cosine", r"\sin(\arccos x)", T=[r"\sqrt{1-x^2}"], F=[r"-\sqrt{1-x^2}", "x", r"\sqrt{1+x^2}", r"1-x^2"]),
    *block("logarithms undone", r"e^{\ln x}", T=["x"], F=[r"\ln x", "ex", r"x^e", r"\frac1x"]),
    *block("exponents that stay", r"1^n", T=["1"], F=["n", "0", "-1"]),
]
