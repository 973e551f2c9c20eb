"""Text answers, choices, numerals in other bases, ratios, clock times, dates, durations."""

from . import block, text

CASES = [
    *block("a word", r"\text{Tuesday}", T=["tuesday", r"\text{Tuesday}", "Tuesday.", r"\textbf{Tuesday}", r"\mathrm{Tuesday}"], F=["Thursday", r"\text{Monday}", "Wednesday", "2", r"\text{Tuesday or Wednesday}"]),
    *block("articles do not matter", r"\text{parabola}", T=["a parabola", "parabola", "Parabola", r"\text{a parabola}", "the parabola"], F=["hyperbola", "ellipse", r"\text{parabolas and lines}", "line"]),
    *block("yes and no", "Yes", T=[r"\text{yes.}", "yes", "YES", r"\text{Yes}"], F=["no", "True", r"\text{No}", "1", "yes and no"]),
    *block("true and false", r"\text{False}", T=["False", "false", r"\text{false}"], F=["True", "No", "0"]),
    *block("names", r"\text{Evelyn}", T=["Evelyn", r"\text{Evelyn}", "evelyn"], F=["Evan", "Eve", r"\text{Evelyn and Briana}", "Briana"]),
    *block("parity", r"\text{odd}", T=["odd", r"\text{Odd}"], F=["even", "neither", "1"]),
    *block("two words", r"\text{isosceles triangle}", T=["isosceles triangle", r"\text{Isosceles triangle}", "an isosceles triangle"], F=["equilateral triangle", "right triangle", r"\text{triangle}"]),
    *block("choices", "C", policy="mcq", T=["C", "(C)", r"\textbf{(C)}", r"\text{C}", "C) 19", r"\textbf{(C)}\ 19", "c"], F=["D", "(B)", "B) 19", "A, B, C, D, E", "A or C"]),
    *block("choices without a policy", "C", T=["C", "(C)", r"\textbf{(C)}", r"\text{C}"], F=["D", "(B)", r"\text{(A)}"]),
    *text("choices in prose", "C", policy="mcq", T=["The correct choice is (C).", "**Answer: C**", "So option C is right.\n\nAnswer: C) 19", "The answer is C.", "We check each. Therefore the answer is **(C) 19**."], N=["A or C", "The answer is A, B, C, D, E", "The answer is D.", "I would say (B)."]),
    *text("an article is no choice", "A", policy="mcq", N=["A quick check shows D.", "A good answer would be D. The answer is D."]),
    *block("several choices", r"\{A,D\}", policy="mcq", T=["A, D", "D, A", r"\text{A and D}", "AD"], F=["A", "D", "A, B, D", "A, C", "A or D"]),
    *block("numerals in a base", "413_5", T=["413_{5}", r"413_{\text{five}}", "413_5", r"413_{(5)}"], F=["413_6", "431_5", "412_5", "1413_5"]),
    *block("binary", "1011_2", T=["1011_{2}", r"1011_{\text{two}}"], F=["1101_2", "1011_3", "101_2", "1010_2"]),
    *block("ratios", "5:2", T=["5 : 2", "5:2", r"5{:}2", r"5\colon 2"], F=["2:5", "5:3", "50:2", "-5:2"]),
    *block("three-part ratios", "1:2:3", T=["1 : 2 : 3", "1:2:3"], F=["3:2:1", "1:2", "1:2:4", "1:3:2"]),
    *block("clock times", r"4:15\text{ PM}", T=["4:15 p.m.", r"4:15 \text{ PM}", "4:15 PM", r"4{:}15\text{ p.m.}"], F=["4:15 AM", "4:51 PM", "5:15 PM", r"4:15\text{ a.m.}"]),
    *block("dates", r"\text{March 3}", T=["March 3", r"\text{March }3", "march 3"], F=["March 13", "May 3", r"\text{March 4}", "3"]),
    *block("durations", r"1\text{ h }20\text{ min}", T=["1 hour 20 minutes", r"1\text{ hour }20\text{ minutes}", "1 h 20 min"], F=["1 h 40 min", "2 h 10 min", "1 h", "120 min"]),
]
