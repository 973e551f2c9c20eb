"""Fractions, radicals, rational powers."""

from . import block

CASES = [
    *block("fractions", r"\frac{5}{8}", T=["5/8", "10/16", r"{5\over 8}", r"\dfrac{5}{8}", r"\tfrac58", r"\frac58", "0.625", r"5\div 8", r"\frac{-5}{-8}", r"\left(\frac{5}{8}\right)"], F=[r"\frac{8}{5}", r"-\frac58", r"\frac{5}{9}", "0.62", "58", r"\frac{4}{8}", r"\frac{5}{80}"]),
    *block("negative fractions", r"-\frac{3}{7}", T=[r"\frac{-3}{7}", r"\frac{3}{-7}", "-3/7", r"-\dfrac{6}{14}", "−3/7"], F=[r"\frac{3}{7}", r"-\frac{7}{3}", r"-\frac{3}{8}", r"-0.43"]),
    *block("complex fractions", r"\frac{15}{8}", T=[r"\frac{\frac{3}{4}}{\frac{2}{5}}", r"\frac{3/4}{2/5}", r"1\frac{7}{8}", "1.875"], F=[r"\frac{\frac{2}{5}}{\frac{3}{4}}", r"\frac{3}{10}", r"\frac{8}{15}", r"1\frac{8}{7}"]),
    *block("a continued fraction", r"\frac{10}{7}", T=[r"1+\frac{1}{2+\frac{1}{3}}", r"1+\cfrac{1}{2+\cfrac{1}{3}}"], F=[r"1+\frac{1}{3+\frac{1}{2}}", r"\frac{7}{10}", r"1+\frac{1}{2+3}"]),
    *block("large fractions", r"\frac{123456789}{987654321}", T=[r"\frac{13717421}{109739369}", "123456789/987654321"], F=[r"\frac{123456788}{987654321}", r"\frac{987654321}{123456789}", "0.125", r"\frac{13717421}{109739368}"]),
    *block("surds", r"3\sqrt{3}", T=[r"\sqrt{27}", r"3\sqrt3", r"\frac{9}{\sqrt{3}}", r"\sqrt{3}\cdot 3", r"3\cdot 3^{1/2}", r"3^{3/2}", "3√3", r"2\sqrt3+\sqrt3"], F=[r"\sqrt{9}", r"9\sqrt{3}", r"3\sqrt{2}", r"\sqrt[3]{3}", r"-3\sqrt3", r"\sqrt{33}", "5.2", r"3+\sqrt{3}"]),
    *block("a denominator made rational", r"\frac{\sqrt{5}}{5}", T=[r"\frac{1}{\sqrt5}", r"\sqrt{\frac15}", r"5^{-1/2}", r"\frac{5}{5\sqrt5}"], F=[r"\sqrt5", r"\frac{5}{\sqrt5}", r"\frac{\sqrt5}{25}", r"\frac{1}{5}", r"\sqrt{5}/25"]),
    *block("a binomial denominator", r"\frac{1}{\sqrt{3}-\sqrt{2}}", T=[r"\sqrt3+\sqrt2", r"\sqrt{2}+\sqrt{3}"], F=[r"\sqrt3-\sqrt2", r"\sqrt5", r"\sqrt{3}+\sqrt{5}", r"\frac{\sqrt3+\sqrt2}{5}"]),
    *block("cube roots", r"\sqrt[3]{16}", T=[r"2\sqrt[3]{2}", r"16^{1/3}", r"2^{4/3}", r"2\cdot 2^{1/3}"], F=[r"2\sqrt{2}", "4", r"\sqrt[3]{8}", r"2\sqrt[3]{4}", r"\sqrt[4]{16}"]),
    *block("nested radicals", r"\sqrt{7+4\sqrt{3}}", T=[r"2+\sqrt3", r"\sqrt3+2"], F=[r"2-\sqrt3", r"\sqrt{7}+2\sqrt[4]{3}", r"1+\sqrt{3}", r"3+\sqrt{2}"]),
    *block("another nested radical", r"\sqrt{3-2\sqrt{2}}", T=[r"\sqrt2-1", r"-1+\sqrt{2}", r"\frac{1}{\sqrt2+1}"], F=[r"1-\sqrt2", r"\sqrt2+1", r"\sqrt3-\sqrt2"]),
    *block("rational powers", "9", T=[r"27^{2/3}", r"27^{\frac{2}{3}}", r"\sqrt{81}", r"81^{0.5}", r"\sqrt[3]{729}"], F=[r"27^{3/2}", r"\sqrt{18}", r"27^{1/3}", r"\pm 9", r"\sqrt{9}"]),
    *block("negative powers", r"\frac{1}{16}", T=[r"2^{-4}", r"4^{-2}", r"\left(\frac12\right)^4", "0.0625", r"16^{-1}"], F=[r"2^{4}", r"-2^4", r"2^{-3}", r"4^{-4}", "0.625"]),
    *block("far powers", r"\frac{1}{5^{70}}", T=[r"5^{-70}", r"\frac{5}{5^{71}}", r"0.2^{70}", r"25^{-35}"], F=[r"\frac{1}{5^{71}}", "0", r"5^{70}", r"5^{-69}", r"\frac{1}{70^5}"]),
    *block("a sum of surds", r"\sqrt{8}+\sqrt{18}", T=[r"5\sqrt2", r"\sqrt{50}", r"2\sqrt2+3\sqrt2"], F=[r"\sqrt{26}", r"5\sqrt{4}", r"6\sqrt{2}", r"13\sqrt2"]),
    *block("a product of surds", r"\sqrt{6}\cdot\sqrt{10}", T=[r"2\sqrt{15}", r"\sqrt{60}"], F=[r"\sqrt{16}", "4", r"4\sqrt{15}", r"2\sqrt{51}"]),
    *block("a quadratic's root", r"\frac{-3+\sqrt{17}}{4}", T=[r"\frac{\sqrt{17}-3}{4}", r"-\frac{3}{4}+\frac{\sqrt{17}}{4}", r"\frac{2}{3+\sqrt{17}}"], F=[r"\frac{-3-\sqrt{17}}{4}", r"\frac{3-\sqrt{17}}{4}", r"\frac{-3+\sqrt{17}}{2}", r"\frac{-3+\sqrt{71}}{4}", r"\frac{3+\sqrt{17}}{4}"]),
    *block("the golden ratio", r"\frac{1+\sqrt5}{2}", T=[r"\frac12+\frac{\sqrt5}{2}", r"\frac{2}{\sqrt5-1}", r"\frac{1}{2}(1+\sqrt{5})", "1.6180339887"], F=[r"\frac{1-\sqrt5}{2}", r"\frac{\sqrt5-1}{2}", "1.618", r"1+\frac{\sqrt5}{2}", r"\frac{2+\sqrt5}{2}"]),
    *block("malformed parts must not vanish", "5", T=["5"], F=[r"5\sqrt{3}", r"5\sqrt(3)", r"5^{2}", r"5\pi"]),
    *block("TeX's own rule for arguments", r"x^{10}", T=[r"x^{10}", r"x^5\cdot x^5", r"(x^2)^5"], F=[r"x^{1}0", r"10x", r"10^x"]),
    *block("one-digit arguments", r"\frac{3}{4}", T=[r"\frac34", r"\frac3{4}", r"\frac{3}4", r"3/4"], F=[r"\frac43", "34"]),
    *block("roots without braces", r"\sqrt{2}", T=[r"\sqrt2", r"\sqrt 2", r"2^{0.5}", "√2", r"\frac{2}{\sqrt2}"], F=[r"2", r"\sqrt{22}", r"\sqrt[2]{4}", r"-\sqrt2"]),
    *block("fraction with variables", r"\frac{x+1}{y}", T=[r"\frac{x}{y}+\frac1y", r"(x+1)/y", r"\frac{1+x}{y}", r"\frac{-x-1}{-y}"], F=[r"x+\frac{1}{y}", r"x+1/y", r"\frac{y}{x+1}", r"\frac{x-1}{y}", r"\frac{x}{y}+1"]),
    *block("a root of a quotient", r"\sqrt{\frac{3}{2}}", T=[r"\frac{\sqrt6}{2}", r"\frac{\sqrt{3}}{\sqrt{2}}", r"\sqrt{1.5}", r"\frac{3}{\sqrt{6}}"], F=[r"\frac{\sqrt3}{2}", r"\frac{3}{\sqrt2}", r"\sqrt{\frac23}", r"\frac{\sqrt6}{3}"]),
    *block("a sixth power", r"2^{1/2}\cdot 2^{1/3}", T=[r"2^{5/6}", r"\sqrt[6]{32}"], F=[r"2^{1/6}", r"2^{6/5}", r"\sqrt[5]{64}", r"4^{5/6}"]),
    *block("a negative base", "-2", T=[r"\sqrt[3]{-8}", r"-\sqrt[3]{8}", r"-8^{1/3}"], F=["2", r"\sqrt[3]{8}", r"-\sqrt[3]{6}"]),
]
