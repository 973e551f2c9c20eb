"""Equations, labelled answers, chains, systems, relations between variables."""

from . import block

CASES = [
    *block("a labelled answer", "8", T=["x=8", "x = 8", r"x=3+5=8", r"n=8", "a = 8"], F=["9=8", "x=9", "x=8+1", "8x", "x=8=9", "x^8"]),
    *block("a label in the gold", "x=8", T=["8", "x=8", "8=x"], F=["y=8", "x=-8", "-8", r"x\ne 8", "x>8"]),
    *block("a label of words", "42", T=[r"\text{Area}=42", r"\text{Total} = 42", r"AB = 42", r"S = 42", r"P(3)=42", r"f(2)=42", r"|AB|=42"], F=[r"\text{Area}=24", r"AB = 4.2", r"S=-42"]),
    *block("a fraction with a label", r"\frac{3}{8}", T=[r"P=\frac38", r"P(A)=\frac{3}{8}", r"p = 0.375", r"P(A)=\frac{6}{16}=\frac{3}{8}"], F=[r"P=\frac83", r"P(A)=\frac{5}{8}", r"P=\frac{3}{8}=\frac{5}{8}"]),
    *block("lines", r"y=3x-2", T=[r"3x-y=2", r"3x-y-2=0", r"6x-2y-4=0", r"y = -2+3x", r"y+2=3x", r"2-3x+y=0"], F=[r"y=3x+2", r"y=2x-3", r"x=3y-2", r"3x+y=2", r"y=-3x-2", r"6x-2y-2=0"]),
    *block("lines in standard form", r"4x+y=0", T=[r"y=-4x", r"-4x-y=0", r"8x+2y=0", r"y+4x=0"], F=["0", r"y=4x", r"x=-4y", r"4x+y", r"4x+y=1", r"4x-y=0"]),
    *block("another line", r"2x-5y+7=0", T=[r"5y=2x+7", r"y=\frac{2}{5}x+\frac{7}{5}", r"y=0.4x+1.4", r"-2x+5y-7=0"], F=[r"5x-2y+7=0", r"2x+5y+7=0", r"y=\frac{2}{5}x-\frac{7}{5}", r"2x-5y-7=0", r"y=\frac{5}{2}x+\frac{7}{2}"]),
    *block("circles", r"(x-2)^2+(y+1)^2=9", T=[r"x^2+y^2-4x+2y-4=0", r"(y+1)^2+(x-2)^2=3^2", r"(2-x)^2+(y+1)^2=9"], F=[r"(x+2)^2+(y-1)^2=9", r"(x-2)^2+(y+1)^2=3", r"(x-2)^2+(y+1)^2=81", r"x^2+y^2-4x+2y-5=0", r"(x-2)^2-(y+1)^2=9"]),
    *block("conics", r"\frac{x^2}{9}+\frac{y^2}{4}=1", T=[r"4x^2+9y^2=36", r"\frac{y^2}{4}+\frac{x^2}{9}=1", r"\frac{x^2}{3^2}+\frac{y^2}{2^2}=1"], F=[r"\frac{x^2}{4}+\frac{y^2}{9}=1", r"\frac{x^2}{9}-\frac{y^2}{4}=1", r"9x^2+4y^2=36", r"\frac{x^2}{3}+\frac{y^2}{2}=1"]),
    *block("parabolas", r"y^2=8x", T=[r"8x=y^2", r"x=\frac{y^2}{8}", r"y^2-8x=0"], F=[r"x^2=8y", r"y^2=-8x", r"y^2=4x", r"y=8x^2"]),
    *block("an equation is not its square", r"x=3", T=["3", "x=3"], F=[r"x^2=9", r"x=\pm3", "x=-3", r"x=3,-3"]),
    *block("another letter is another answer", r"x=3", F=["y=3"]),
    *block("functions", r"f(x)=x^3", T=[r"f(u)=u^3", r"f(x)=x\cdot x^2", r"x^3"], F=[r"f(x)=x^2", r"f(x)=3x", "f(x)=-x^3", r"f(x)=x^3+1"]),
    *block("functions with parameters", r"f(x)=ax+b", T=[r"f(x)=b+ax", r"f(t)=at+b"], F=[r"f(x)=bx+a", r"f(x)=ax-b", r"f(x)=a(x+b)"]),
    *block("systems", r"x=1,y=-4", T=[r"(1,-4)", r"y=-4, x=1", r"x=1 \text{ and } y=-4", r"(x,y)=(1,-4)", r"x = 1, \quad y = -4"], F=[r"(-4,1)", r"x=-4, y=1", r"x=1, y=4", r"(1,4)", r"x=1"]),
    *block("a labelled tuple", r"(a,b)=(2,5)", T=["(2,5)", r"a=2, b=5", r"(a, b) = (2, 5)"], F=["(5,2)", "a=5, b=2", "(2,-5)", "10", "(2,5,0)"]),
    *block("three unknowns", r"(x,y,z)=(1,2,3)", T=["(1,2,3)", r"x=1, y=2, z=3", r"z=3, x=1, y=2"], F=["(3,2,1)", r"x=1, y=3, z=2", "(1,2)", "(1,2,4)"]),
    *block("several roots with labels", "2,-3", T=[r"x=2 \text{ or } x=-3", r"x=-3, x=2", r"x_1=2, x_2=-3", r"x\in\{2,-3\}", r"x = 2, -3"], F=[r"x=2", r"x=-2 \text{ or } x=3", r"x=2, x=3", r"x=2,x=-3,x=0"]),
    *block("an identity is no answer", r"y=x^2", T=[r"x^2=y", r"y-x^2=0", r"2y=2x^2"], F=[r"0=0", r"y=y", r"x=y^2", r"y=x^2+1", r"y=2x"]),
    *block("a formula solved for its letter", r"r=\sqrt{\frac{A}{\pi}}", T=[r"\sqrt{\frac{A}{\pi}}", r"r=\frac{\sqrt{A}}{\sqrt{\pi}}"], F=[r"r=\frac{A}{\pi}", r"r=\sqrt{\frac{\pi}{A}}", r"r=\frac{\sqrt{A}}{\pi}"]),
    *block("differential equations' solutions", r"y=Ce^{2x}", T=[r"y=Ce^{2x}", r"y = C\cdot e^{2x}", r"y=C\exp(2x)"], F=[r"y=Ce^{-2x}", r"y=Ce^{x}", r"y=e^{2x}+C", r"y=2Ce^{x}"]),
    *block("inconsistent chains", "6", T=[r"2\cdot 3=6", r"\frac{12}{2}=6"], F=[r"6=5", r"5=6", r"2\cdot 3=5=6", r"7-1=5"]),
    *block("planes", r"x+2y-2z+3=0", T=[r"2x+4y-4z+6=0", r"x+2y-2z=-3", r"-x-2y+2z-3=0"], F=[r"x+2y+2z+3=0", r"x+2y-2z-3=0", r"2x+y-2z+3=0", r"x+2y-2z=3"]),
]
