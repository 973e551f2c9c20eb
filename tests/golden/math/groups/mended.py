"""Found by readers with real requests: each was answered wrongly once."""

from . import block, text

# A number that is a part of something else; none of these states a 3.
PARTS = [
    "x ≠ 3", r"So we get $x \neq 3$", "log 3", "7 mod 3", "4*3", "7 - 3", r"$2\cdot 3$", "The value is 4 * 3.", "4**3",
    "x - 3", "It equals x-3.", r"So $x \le 3$.", "x ≤ 3", "2 × 3", "2·3", "6 ÷ 3", r"$\log 3$", r"$\log_2 3$", "5 : 3",
    "The side is the square root of 3.", "log_2 3", "The point is (2, 3).", "So f(3).", "It is 5(3).", "5 choose 3",
    "The probability is 1 out of 3.", "It is 3 squared.", "3 and a half", "The values are 2 and 3.", "2 plus 3",
    "It would be minus 3.", r"$3 \pi$", r"$3 \sqrt x$", "3 × x", "3 - x", "3*x", "$3 x$", "So |-3|", "x ∈ 3",
    "It is divided by 3.", "3 mod n", "So it is 3 or more.", "x is congruent to 1 modulo 3",
]
# The number with its signs is one token.
TOKENS = {
    r"\sqrt{3}": ["So the side length is √3.", "sqrt(3)", "It is √ 3."],
    r"2\sqrt{3}": ["So the side length is 2√3 cm."],
    r"3\pi": ["The area is 3π.", "The area is 3 π."],
    "3,-3": ["x = ±3", "x = ± 3."],
    "9": ["The volume is 3².", "So it is **3²**."],
    r"5:3": ["The ratio is 5:3."],
    "-3": ["x = -3", "x = - 3", "x = −3", "So it is −3."],
    "3.5": ["It takes 3½ hours."],
    "3000000": ["The population is 3 million."],
}
PLAIN = [
    "= 3", "is 3.", "x = 3", "7 - 4 = 3", "7 − 4 = 3", "The total: **3**", "**Total** 3", "- 3", "* 3", "The total - 3 apples",
    "*Total:* 3", "So he has $3$.", r"So he has \(3\).", "They need 3 hours - not long.", "6/2 -> 3", "12 ÷ 4 = 3",
    r"$x = 3 \text{ cm}$", "| total | 3 |", "It occurs 3 times.", "This increases by 3.", r"\therefore 3", "≈ 3", "It costs (in dollars) 3",
]

CASES = [
    *text("no number is cut out of a formula", "3", no_answer=PARTS),
    *[case for gold, texts in TOKENS.items() for case in text("a number with its signs", gold, T=texts)],
    *[case for gold, texts in TOKENS.items() for case in text("a number without its signs", "3", N=texts)],
    *text("a plain number", "3", T=PLAIN),
    *text("a plain number is not another", "5", F=PLAIN[:6]),
    *[case for policy in ("gsm8k", "lenient") for case in text("no number is cut out of a formula", "3", policy=policy, N=PARTS + TOKENS[r"\sqrt{3}"] + TOKENS[r"3\pi"] + TOKENS["3,-3"] + TOKENS["9"])],
    *block("a remainder has a value", "5", T=[r"26 \bmod 7", "26 mod 7", r"2\cdot13 \bmod 7", r"5 \bmod 7", r"26 \bmod 7 = 5", r"x = 26 \bmod 7", r"-2 \bmod 7", r"3^{5} \bmod 14"], F=[r"27 \bmod 7", r"26 \bmod 6", r"26 \bmod 7 = 6", r"5 \bmod 0", r"5\bmod n"]),
    *block("a remainder has a value", "26", F=[r"26 \bmod 7", "26 mod 7", r"2\cdot13 \bmod 7", r"13+13 \bmod 7", r"26 \bmod 7+1", r"x = 26 \bmod 7", r"26\bmod n", r"26 \mod 7"]),
    *block("a remainder as a gold", r"26 \bmod 7", T=["5", r"26 \bmod 7", r"x\equiv 5\pmod 7"], F=["26", "4", "7"]),
    *block("a class by its residue", r"5 \pmod 7", T=["5", r"5 \pmod 7", r"5 \bmod 7", r"12 \bmod 7", r"5\ (\text{mod } 7)", r"x\equiv 5 \mod 7"], F=["26", "4", r"5\pmod 6"]),
    *block("a class with its name", r"x\equiv 5\pmod 7", T=[r"x \equiv 5 \mod 7", r"x\equiv 12\pmod 7", r"x \equiv 5 \bmod 7"], F=["5", r"x\equiv 5\mod 6", r"x \equiv 4 \bmod 7"]),
    *block("an arrow over letters", r"\overrightarrow{AB}", T=[r"\overrightarrow{AB}", r"\vec{AB}", r"\overrightarrow{ AB }"], F=[r"\overrightarrow{BA}", r"\vec{BA}", r"AB", r"\overline{AB}", r"2\overrightarrow{AB}", r"-\overrightarrow{AB}"]),
    *block("an arrow over letters", r"\vec{AB}", F=[r"\vec{BA}", r"\vec{AC}"], T=[r"\overrightarrow{AB}"]),
    *block("an arrow over letters", r"2\overrightarrow{AB}-\overrightarrow{CD}", T=[r"-\overrightarrow{CD}+2\overrightarrow{AB}"], F=[r"2\overrightarrow{BA}-\overrightarrow{CD}", r"2\overrightarrow{AB}-\overrightarrow{DC}"]),
    *block("an arrow over letters", r"\overrightarrow{AB}\times\overrightarrow{AC}", T=[r"-\overrightarrow{AC}\times\overrightarrow{AB}", r"\vec{AB}\times\vec{AC}"], F=[r"\overrightarrow{AC}\times\overrightarrow{AB}"]),
    *block("an arrow over letters", r"\overrightarrow{AB}\cdot\overrightarrow{AC}", T=[r"\vec{AC}\cdot\vec{AB}"]),
    *block("an arrow over letters", r"\overrightarrow{P_1P_2}", T=[r"\vec{P_1 P_2}"], F=[r"\overrightarrow{P_2P_1}"]),
    *block("an arrow over letters", r"(1,2)", T=[r"\overrightarrow{AB} = (1,2)", r"\vec{AB} = \langle 1,2\rangle"]),
    *block("an arrow over a letter", r"2\vec{v}", T=[r"2\vec v", r"2\mathbf{v}", "2v"], F=[r"2\vec{w}"]),
    *[case for policy in (None, "strict", "calculus") for case in block("a constant of integration changes no domain", r"\ln|x|+C", policy=policy, T=[r"\ln|x|+C", r"C+\ln|x|", r"\frac12\ln x^2+C"], undecided=[r"\ln(-x)+C", r"\ln x+C"], F=[r"\ln|x|+Cx"])],
    *block("a constant of integration changes no domain", r"\frac12\ln|\frac{x-1}{x+1}|+C", undecided=[r"\frac12\ln\frac{1-x}{1+x}+C"], T=[r"\frac12\ln|\frac{1-x}{1+x}|+C"]),
    *block("a factor changes no domain", r"x\sqrt y", undecided=[r"x\sqrt{|y|}"], T=[r"\sqrt{y}\cdot x"]),
    *block("a summand changes no domain", r"\ln x+\ln y", undecided=[r"\ln x+\ln|y|"], T=[r"\ln(xy)"]),
    *block("several symbols are compared where both sides are real", r"\ln\frac{a}{b}", T=[r"\ln a-\ln b"]),
    *block("several symbols are compared where both sides are real", r"\sqrt{x}\sqrt{y}", T=[r"\sqrt{xy}"]),
    *block("several symbols are compared where both sides are real", r"a^{2n}", T=[r"(a^2)^n"]),
    *text("a quantity that is named by several letters", "30", T=[r"\boxed{m+n=30}", "The answer is $m+n=30$.", "The final answer is $m + n = 27 + 3 = 30$.", r"\boxed{mn=30}", r"\boxed{100m+n=30}", r"\boxed{30=m+n}", r"\boxed{a_1+a_2=30}", r"\boxed{AB+BC=30\text{ cm}}", r"\boxed{N=30}", r"\boxed{AB=30}", r"\boxed{m+n=x+y=30}"], F=[r"\boxed{m+n=31}", r"\boxed{m+n=31=30}", r"\boxed{m+n=30=31}", r"\boxed{2n=30}", r"\boxed{n^2=30}", r"\boxed{2n=30\text{ cm}}", r"\boxed{m+n<30}", r"\boxed{m+n\ne 30}", r"\boxed{m+n=30, m-n=2}", r"\boxed{m+n=30+k}"]),
    *text("a quantity that is named by several letters", "3", T=[r"\boxed{x+y=3}", r"\boxed{|z_1-z_2|=3}"], F=[r"\boxed{2x=3}", r"\boxed{x^2=3}", r"\boxed{\ln x=3}", r"\boxed{x+3=3}"]),
    *text("the normal form of a curve states no 0", "0", F=[r"\boxed{2x+3y-6=0}", r"\boxed{x-y=0}"], T=[r"\boxed{\cos\theta=0}", r"\boxed{n=0}"]),
    *block("a quantity with a name", r"\frac35", T=[r"\cos\theta=\frac35", r"\sin A=0.6", r"\frac{AB}{CD}=\frac35", r"P(X=2)=\frac35", r"P(X \le 2) = \frac{6}{10} = \frac35", r"P(A|B)=\frac35", r"P(A\mid B)=\frac35", r"P(A\cap B)=\frac35", r"P(\text{two red})=\frac35", r"P(A)=\frac35", r"x/y=\frac35"], F=[r"\cos\theta=\frac53", r"P(X=2)=\frac25", r"P(X=\frac35)", r"\frac{AB}{CD}=\frac53", r"5x=\frac35"]),
    *block("a probability keeps its event", r"P(X=2)=\frac35", T=[r"\frac35", r"P(X = 2)=\frac{6}{10}"], F=[r"P(X=3)=\frac35", r"\frac25"]),
    *block("an equation is no expression", "x+y", F=["x+y=5", "m+n=x+y"]),
    *block("an equation is no value", "x+y=5", F=["5", "x+y=6", "x+2y=5"], T=["y=5-x"]),
    *block("an equation is no value", "x=3", F=["x+y=3", "2x=6"]),
    *text("what is denied or explained beside an answer", "12", T=["The answer is 12, not 13.", "The answer is 12 and not 13.", "The answer is 12 rather than 13.", "The answer is 12, i.e. a dozen.", "The answer is 12, that is, a dozen."], F=["The answer is 13, not 12.", "The answer is 12 or 13."]),
    *text("what is denied or explained beside an answer", r"\frac12", T=[r"The answer is $\frac{1}{2}$, i.e. 0.5."], F=[r"The answer is $\frac{1}{3}$, i.e. 0.5."]),
    *block("parts of one quantity", r"2\text{ hours } 30\text{ minutes}", T=[r"150\text{ minutes}", r"2.5\text{ hours}", r"2\text{ hours and }30\text{ minutes}", "2 h 30 min", "2h30m", r"2\text{ hours} \text{ and } 30\text{ minutes}"], F=[r"2\text{ hours }20\text{ minutes}", r"2\text{ hours}", r"30\text{ minutes}", r"2.3\text{ hours}", "230", r"30\text{ hours }2\text{ minutes}", r"2\text{ feet }30\text{ inches}", r"2\text{ minutes }30\text{ seconds}"]),
    *block("parts of one quantity", r"5\text{ feet }6\text{ inches}", T=[r"66\text{ inches}", "5 ft 6 in", r"5.5\text{ ft}", r"5\,\text{ft}\ 6\,\text{in}"], F=[r"5.6\text{ ft}", r"56\text{ inches}", r"6\text{ feet }5\text{ inches}", r"5\text{ feet}"]),
    *text("parts of one quantity", "1 hour 30 minutes", T=["The answer is 1 hour and 30 minutes.", r"\boxed{\text{1 hour and 30 minutes}}", r"\boxed{90\text{ min}}"], F=["The answer is 1 hour and 20 minutes.", r"\boxed{1 hour 30 minutes 20 seconds}"]),
    *block("parts of one quantity", r"2\text{ kg }500\text{ g}", T=["2500 g", r"2.5\text{ kg}", "2 kg 500 g"], F=[r"2.05\text{ kg}", r"2\text{ kg }50\text{ g}"]),
    *block("parts of one quantity", r"3\text{ dollars and }50\text{ cents}", T=[r"\$3.50", r"350\text{ cents}"], F=[r"\$3.05", r"53\text{ dollars}"]),
    *block("amounts that are no parts of one another", r"2\text{ hours and }3\text{ hours}", F=[r"5\text{ hours}", r"2\text{ hours }3\text{ minutes}"]),
    *block("amounts that are no parts of one another", r"3\text{ apples and }4\text{ oranges}", F=[r"7\text{ apples}", r"4\text{ apples and }3\text{ oranges}"]),
    *block("a speed behind a length is no part of it", r"1.2\text{ km}", F=[r"1\text{ km }200\text{ m/s}", r"1\text{ km }200\text{ m}^2"], T=[r"1\text{ km }200\text{ m}"]),
]
