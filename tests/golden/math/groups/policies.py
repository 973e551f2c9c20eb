"""What the named policies change."""

from . import block, text

CASES = [
    *text("strict: a box or an answer tag only", "46", policy="strict", T=[r"\boxed{46}", "<answer>46</answer>", r"The answer is $\boxed{46}$."], no_answer=["#### 46", "The answer is 46.", "So 46 apples remain.", "Answer: 46", "46"], F=[r"\boxed{64}", "<answer>45</answer>"]),
    *text("strict: no attempt at repair", r"3\sqrt{3}", policy="strict", T=[r"\boxed{\sqrt{27}}"], F=[r"\boxed{3\sqrt{2}}"]),
    *text("gsm8k: the mark, then the last number", "72", policy="gsm8k", T=["48/2 = <<48/2=24>>24\n48+24 = <<48+24=72>>72\n#### 72", "Natalia sold 48+24 = 72 clips altogether.", "The answer is 72.", r"\boxed{72}", "#### 72.00", "#### $72", "She sold 72 clips in April and May"], F=["48+24 = 72\n#### 27", "The answer is 24.", "She sold 72, of which 24 in May: 24", "#### 7.2"], no_answer=["I do not know.", ""]),
    *text("gsm8k: grouping", "1250", policy="gsm8k", T=["#### 1,250", "He earns $1,250 a month."], F=["#### 1,205", "He earns $125 a month."]),
    *text("lenient: what default accepts", "46", policy="lenient", T=[r"\boxed{46}", "So $x = 46$", "The answer is 46.", "46 apples"], F=[r"\boxed{45}", "So $x = 45$"]),
    *text("lenient: the last span of mathematics", r"\frac{3}{7}", policy="lenient", T=[r"Hence the probability equals $\frac{3}{7}$", r"so we obtain \(\frac{6}{14}\)."], F=[r"Hence the probability equals $\frac{7}{3}$", r"From $\frac{3}{7}$ we get $\frac{2}{7}$."]),
    *block("calculus: the constant's name is free", r"x^3+C", policy="calculus", T=[r"x^3+K", r"C+x^3", r"x^3+c"], F=[r"x^2+C", r"3x^3+C", r"x^3+Cx"]),
    *block("calculus: logarithms", r"\ln|x|+C", policy="calculus", T=[r"\ln|x|+K", r"C+\ln|x|"], F=[r"\frac{1}{x}+C", r"\ln|x|\cdot C"]),
    *block("a constant of integration under the default", r"x^3+C", undecided=[r"x^3"], F=[r"x^2+C"], T=[r"x^3+C", r"C+x^3"]),
    *block("math_verify: exact answers", r"\frac{1}{3}", policy="math_verify", T=[r"\frac{1}{3}", "2/6", r"0.\overline{3}"], F=["0.3", "0.33", r"\frac{1}{4}", "3"]),
    *block("mcq: letters only", "B", policy="mcq", T=["B", r"\text{(B)}", r"\textbf{B}"], F=["A", r"\text{(D)}", "A, B"]),
]
