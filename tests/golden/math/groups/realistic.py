"""Whole completions as models write them, on golds as data sets hold them."""

from . import text

COT = """Let's break the problem down step by step.

Step 1: The box holds 15 red and 9 blue marbles, so 15 + 9 = 24 marbles in all.
Step 2: A third of them are removed: 24 / 3 = 8.
Step 3: What is left is 24 - 8 = 16.

"""

R1 = """<think>
Okay, so we need the area. Let me set up coordinates: A = (0,0), B = (6,0), C = (0,8). The hypotenuse is
sqrt(36 + 64) = 10. Hmm, wait, is the inradius (6 + 8 - 10)/2 = 2? Yes. So the area of the circle is 4π.
Actually let me double check with area = r * s: s = 12, area = 24, r = 2. Good. \\boxed{2} would be the radius
but the question asks for the area.
</think>

The triangle has legs $6$ and $8$ and hypotenuse $10$, so its inradius is
$$r = \\frac{6+8-10}{2} = 2,$$
"""

ALIGN = """We solve for $x$:
\\begin{align*}
2x^2 - 5x - 3 &= 0 \\\\
(2x+1)(x-3) &= 0,
\\end{align*}
"""

MD = """### Setup

| quantity | value |
|---|---|
| price | $80 |
| discount | 15% |

**Discount:** 0.15 × 80 = 12, so the price is 80 − 12 = 68.

"""

LONG = "".join(f"{n}. For $k = {n}$ the partial sum is ${n*(n+1)//2}$, which we note for later.\n" for n in range(1, 31))

CASES = [
    *text("steps, then a sentence", "16", T=[COT + "Therefore, 16 marbles are left.", COT + "The answer is 16.", COT + "#### 16", COT + "So, the final answer is $\\boxed{16}$.", COT + "**Answer: 16 marbles**"], F=[COT + "Therefore, 8 marbles are left.", COT + "The answer is 24.", COT + "#### 61", COT + "So, the final answer is $\\boxed{1.6}$."]),
    *text("thoughts, then a box", r"4\pi", T=[R1 + "and the area is $\\boxed{4\\pi}$.", R1 + "so the area equals\n\n\\[\n\\boxed{4\\pi}\n\\]", R1 + "and $\\pi r^2 = \\boxed{4π}$."], F=[R1 + "and the area is $\\boxed{2\\pi}$.", R1 + "and the area is $\\boxed{4}$.", R1 + "and the area is $\\boxed{12.57}$.", R1 + "so $\\boxed{r=2}$"]),
    *text("aligned equations, then the roots", r"-\frac12, 3", T=[ALIGN + "so $x=\\boxed{-\\frac{1}{2}}$ or $x=\\boxed{3}$.", ALIGN + "so $\\boxed{x=3 \\text{ or } x=-\\frac12}$", ALIGN + "giving \\boxed{3, -0.5}"], F=[ALIGN + "so $x=\\boxed{3}$.", ALIGN + "so $\\boxed{x=3 \\text{ or } x=\\frac12}$", ALIGN + "giving \\boxed{-3, 0.5}", ALIGN + "giving \\boxed{3, -0.5, 0}"]),
    *text("a table in Markdown", "68", T=[MD + "The sale price is **$68**.", MD + "Final answer: $\\$68$", MD + "$$\\boxed{\\$68.00}$$", MD + "The final price is $\\boxed{68 \\text{ dollars}}$."], F=[MD + "The sale price is **$12**.", MD + "Final answer: $\\$86$", MD + "$$\\boxed{\\$6.80}$$", MD + "The final price is $\\boxed{68\\%}$ of it, that is \\boxed{54.40}"]),
    *text("many numbers before the answer", "465", T=[LONG + "\nHence the last one is $\\boxed{465}$.", LONG + "\n#### 465", LONG + "\n**Final Answer**\n\n$465$"], F=[LONG + "\nHence the last one is $\\boxed{435}$.", LONG + "\n#### 456", LONG + "\n\\boxed{465 - 1}"]),
    *text("MATH: an interval", r"(-\infty, -5) \cup (-5, 5) \cup (5, \infty)", T=[r"The domain is all $x$ with $x^2 \ne 25$: $\boxed{(-\infty,-5)\cup(-5,5)\cup(5,\infty)}$.", r"$\boxed{(-5,5) \cup (5,\infty) \cup (-\infty,-5)}$"], F=[r"$\boxed{(-\infty,-5)\cup(5,\infty)}$", r"$\boxed{(-\infty,\infty)}$", r"$\boxed{(-\infty,-5]\cup[-5,5]\cup[5,\infty)}$"]),
    *text("MATH: a polynomial", r"2x^9 - 8x^7 + 9x^6 - 16x^5 - 12x^4 + 9x^3 - 24x^2", T=[r"\boxed{2x^9-8x^7+9x^6-16x^5-12x^4+9x^3-24x^2}", r"\boxed{x^2(2x^7-8x^5+9x^4-16x^3-12x^2+9x-24)}"], F=[r"\boxed{2x^9-8x^7+9x^6-16x^5+12x^4+9x^3-24x^2}", r"\boxed{2x^9-8x^7+9x^6-16x^5-12x^4+9x^3-24}"]),
    *text("MATH: an expression in letters", r"\frac{k(k+1)^2}{2}", T=[r"\boxed{\frac{k^3+2k^2+k}{2}}", r"\boxed{\frac12 k (k+1)^2}"], F=[r"\boxed{\frac{k^2(k+1)}{2}}", r"\boxed{\frac{k(k+1)}{2}}", r"\boxed{\frac{n(n-1)^2}{2}}"]),
    *text("MATH: money", r"\$32,\!348", T=[r"\boxed{\$32{,}348}", r"\boxed{32348}", "The answer is $32,348.", r"\boxed{\$32,348.00}"], F=[r"\boxed{\$32{,}384}", r"\boxed{32.348}", "The answer is $3,234.8."]),
    *text("MATH: an expression with degrees", r"145^\circ", T=[r"$\angle ABC = \boxed{145^\circ}$", r"$\boxed{145}$ degrees"], F=[r"$\angle ABC = \boxed{35^\circ}$", r"$\boxed{14.5^\circ}$"]),
    *text("MATH: a matrix", r"\begin{pmatrix} 1/50 & 7/50 \\ 7/50 & 49/50 \end{pmatrix}", T=[r"\boxed{\begin{pmatrix}\frac{1}{50}&\frac{7}{50}\\ \frac{7}{50}&\frac{49}{50}\end{pmatrix}}", r"\boxed{\frac{1}{50}\begin{bmatrix}1&7\\7&49\end{bmatrix}}", r"\boxed{\begin{bmatrix} 0.02 & 0.14 \\ 0.14 & 0.98 \end{bmatrix}}"], F=[r"\boxed{\begin{pmatrix}\frac{49}{50}&\frac{7}{50}\\ \frac{7}{50}&\frac{1}{50}\end{pmatrix}}", r"\boxed{\frac{1}{50}\begin{bmatrix}1&7\\-7&49\end{bmatrix}}"]),
    *text("AIME: an integer", "033", T=[r"Thus $m+n = 29 + 4 = \boxed{033}$.", r"Thus $m+n=\boxed{33}$.", "**Final Answer:** 33"], F=[r"Thus $m+n=\boxed{303}$.", r"so $\frac{m}{n}=\boxed{\frac{29}{4}}$.", r"$\boxed{30}$"]),
    *text("olympiad: a family of integers by a formula", r"2^{n-1}(n+2)", T=[r"The count is $\boxed{(n+2)2^{n-1}}$.", r"\boxed{n2^{n-1}+2^n}"], F=[r"\boxed{2^{n-1}(n+1)}", r"\boxed{2^{n}(n+2)}", r"\boxed{n2^{n-1}+2}"]),
    *text("olympiad: several pairs", r"(1,2),(2,1),(3,3)", T=[r"All solutions: $\boxed{(1,2),(2,1),(3,3)}$.", r"The pairs are $\boxed{(3,3), (1,2) \text{ and } (2,1)}$"], F=[r"\boxed{(1,2),(3,3)}", r"\boxed{(1,2),(2,1),(3,4)}", r"\boxed{(1,2),(2,1)}"]),
    *text("olympiad: a bound with a surd", r"\frac{3\sqrt{3}}{2}", T=[r"The maximum is $\boxed{\dfrac{3\sqrt3}{2}}$, attained for $x=\frac{\pi}{3}$.", r"$\boxed{\frac{\sqrt{27}}{2}}$", r"$\boxed{1.5\sqrt{3}}$"], F=[r"$\boxed{\frac{3\sqrt2}{2}}$", r"$\boxed{\frac{2\sqrt3}{3}}$", r"$\boxed{2.6}$", r"$\boxed{\frac{3\sqrt{3}}{4}}$"]),
    *text("DeepMath-like: a limit's value", r"\dfrac{\pi^2}{6}", T=[r"By Basel, the sum is \(\boxed{\frac{\pi^2}{6}}\).", r"\boxed{\frac16\pi^2}"], F=[r"\boxed{\frac{\pi^2}{8}}", r"\boxed{\frac{\pi}{6}}", r"\boxed{\frac{\pi^2}{12}}", r"\boxed{1.64}"]),
    *text("DeepMath-like: yes or no", r"\text{No}", T=[r"Hence the series does not converge uniformly: $\boxed{\text{No}}$", r"\boxed{no}"], F=[r"\boxed{\text{Yes}}", r"\boxed{\text{Not always, sometimes yes}}"]),
    *text("DeepMath-like: infinity", r"\infty", T=[r"The integral diverges, so the value is $\boxed{\infty}$.", r"\boxed{+\infty}"], F=[r"\boxed{-\infty}", r"\boxed{0}"]),
    *text("NuminaMath-like: bare text around the value", "2.5 km/h", T=[r"\boxed{2.5 \text{ km/h}}", r"\boxed{2.5}", r"The speed of the stream is $\boxed{\frac{5}{2}}$ km/h."], F=[r"\boxed{25 \text{ km/h}}", r"\boxed{2.5 \text{ m/s}}", r"\boxed{5.2}"]),
    *text("NuminaMath-like: a chain as gold", "x = 3, y = 5", T=[r"$\boxed{x=3,\ y=5}$", r"$\boxed{(3,5)}$"], F=[r"$\boxed{x=5,\ y=3}$", r"$\boxed{(5,3)}$"]),
    *text("corrected at the end", "11", T=[r"So the answer is \boxed{10}. Wait, we forgot the empty case, which adds one. The final answer is \boxed{11}.", "The answer is 10. Hmm, that misses zero. The answer is 11."], F=[r"So the answer is \boxed{11}. Wait, the empty case does not count. The final answer is \boxed{10}."]),
    *text("another language around the answer", "18", T=["因此，答案是 $\\boxed{18}$。", "Also ist die Antwort $\\boxed{18}$.", "Donc la réponse est \\boxed{18}.", "Ответ: $\\boxed{18}$"], F=["因此，答案是 $\\boxed{81}$。", "Donc la réponse est \\boxed{1{,}8}."]),
    *text("Unicode mathematics", r"\frac{\sqrt{3}}{2}", T=[r"\boxed{√3/2}", r"\boxed{\frac{√3}{2}}", "The answer is √3/2."], F=[r"\boxed{√2/2}", r"\boxed{√3/3}", "The answer is 3/2."]),
    *text("Unicode fractions and powers", r"x^2+\frac12", T=[r"\boxed{x²+½}", r"\boxed{x² + 1/2}"], F=[r"\boxed{x³+½}", r"\boxed{x²+¼}", r"\boxed{x2+½}"]),
]
