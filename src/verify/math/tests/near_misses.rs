//! Small changes to every gold of the labelled cases: none may be taken for the gold.

use std::collections::BTreeSet;

use super::super::{Grader, Policy, Verdict};
use super::golds;

/// Changes that leave the value as it is: by a period, by symmetry, within a union, to another spelling, to the
/// same choice, or under a logarithm whose base is left open.
const STILL_EQUAL: &[(&str, &str)] = &[
    (r"(-1)^n", r"\frac{1}{(-1)^n}"),
    (r"(-1)^{n(n+1)/2}", r"\frac{1}{(-1)^{n(n+1)/2}}"),
    (r"(-1)^{n+1}", r"(-1)^{n-1}"),
    (r"(-1)^{n+1}", r"\frac{1}{(-1)^{n+1}}"),
    (r"-1", r"\frac{1}{-1}"),
    (r"0", r"(0)\pi"),
    (r"0", r"(0)^2"),
    (r"0", r"-(0)"),
    (r"0", r"0\text{ thousand}"),
    (r"0", r"2(0)"),
    (r"0", r"0\text{ or }0"),
    (r"0", r"\sqrt{0}"),
    (r"1", r"(1)^2"),
    (r"1", r"\frac{1}{1}"),
    (r"1", r"\sqrt{1}"),
    (r"1^n", r"(1^n)^2"),
    (r"1^n", r"\frac{1}{1^n}"),
    (r"1^n", r"\sqrt{1^n}"),
    (r"2\pm\sqrt3", r"\frac{1}{2\pm\sqrt3}"),
    (r"2\pm\sqrt{3}", r"\frac{1}{2\pm\sqrt{3}}"),
    (r"A", r"(A)\pi"),
    (r"B", r"(B)\pi"),
    (r"C", r"(C)\pi"),
    (r"[0,3]\cup[2,4]", r"[0,2]\cup[2,4]"),
    (r"[0,3]\cup[2,4]", r"[0,3)\cup[2,4]"),
    (r"[0,3]\cup[2,4]", r"[0,3]\cup(2,4]"),
    (r"[0,3]\cup[2,4]", r"[0,3]\cup[1,4]"),
    (r"[0,3]\cup[2,4]", r"[0,3]\cup[3,4]"),
    (r"[0,3]\cup[2,4]", r"[0,4]\cup[2,4]"),
    (
        r"\begin{cases} -1 & x<-1 \\ x & -1\le x\le 1 \\ 1 & x>1 \end{cases}",
        r"\begin{cases} -1 & x<-1 \\ x & -1\le x\le 1 \\ 1 & x\ge 1 \end{cases}",
    ),
    (
        r"\begin{cases} -1 & x<-1 \\ x & -1\le x\le 1 \\ 1 & x>1 \end{cases}",
        r"\begin{cases} -1 & x\le -1 \\ x & -1\le x\le 1 \\ 1 & x>1 \end{cases}",
    ),
    (
        r"\begin{cases} \sin x & x<\pi \\ 0 & x\ge\pi \end{cases}",
        r"\begin{cases} \sin x & x\le \pi \\ 0 & x\ge\pi \end{cases}",
    ),
    (
        r"\begin{cases} x & x\ge 0 \\ -x & x<0 \end{cases}",
        r"\begin{cases} x & x\ge 0 \\ -x & x\le 0 \end{cases}",
    ),
    (
        r"\begin{cases} x^2 & 0\le x\le 1 \\ 0 & \text{otherwise} \end{cases}",
        r"\begin{cases} x^2 & 0<x\le 1 \\ 0 & \text{otherwise} \end{cases}",
    ),
    (r"\begin{pmatrix}0&0\\0&0\end{pmatrix}", r"(\begin{pmatrix}0&0\\0&0\end{pmatrix})\pi"),
    (r"\begin{pmatrix}0&0\\0&0\end{pmatrix}", r"-(\begin{pmatrix}0&0\\0&0\end{pmatrix})"),
    (r"\begin{pmatrix}0&0\\0&0\end{pmatrix}", r"2(\begin{pmatrix}0&0\\0&0\end{pmatrix})"),
    (
        r"\begin{pmatrix}0&0\\0&0\end{pmatrix}",
        r"\begin{pmatrix}0&0\\0&0\end{pmatrix}\text{ thousand}",
    ),
    (r"\binom{9}{4}", r"\binom{9}{5}"),
    (r"\frac{1+(-1)^n}{2}", r"(\frac{1+(-1)^n}{2})^2"),
    (r"\frac{1+(-1)^n}{2}", r"\binom{1+(-1)^n}{2}"),
    (r"\frac{1+(-1)^n}{2}", r"\sqrt{\frac{1+(-1)^n}{2}}"),
    (r"\frac{x}{|x|}", r"\frac{1}{\frac{x}{|x|}}"),
    (r"\lfloor 5.9\rfloor", r"\lfloor 5.0\rfloor"),
    (r"\lfloor 5.9\rfloor", r"\lfloor 5.8\rfloor"),
    (r"\pm 5", r"-(\pm 5)"),
    (r"\pm i", r"-(\pm i)"),
    (r"\pm i", r"\frac{1}{\pm i}"),
    (r"\text{(B)}", r"\text{(B)}\text{ thousand}"),
    (r"(-2)^2", r"(+2)^2"),
    (r"(1+i)^8", r"(1-i)^8"),
    (r"\cosh^2x-\sinh^2x", r"(\cosh^2x-\sinh^2x)^2"),
    (r"\cosh^2x-\sinh^2x", r"\frac{1}{\cosh^2x-\sinh^2x}"),
    (r"\cosh^2x-\sinh^2x", r"\sqrt{\cosh^2x-\sinh^2x}"),
    (r"\ln(\ln(e^e))", r"(\ln(\ln(e^e)))^2"),
    (r"\ln(\ln(e^e))", r"\frac{1}{\ln(\ln(e^e))}"),
    (r"\ln(\ln(e^e))", r"\sqrt{\ln(\ln(e^e))}"),
    (r"\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5}", r"(\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5})^2"),
    (r"\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5}", r"\frac{1}{\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5}}"),
    (r"\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5}", r"\sqrt{\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5}}"),
    (r"\sqrt[3]{2+\sqrt5}-\sqrt[3]{\sqrt5-2}", r"(\sqrt[3]{2+\sqrt5}-\sqrt[3]{\sqrt5-2})^2"),
    (r"\sqrt[3]{2+\sqrt5}-\sqrt[3]{\sqrt5-2}", r"\frac{1}{\sqrt[3]{2+\sqrt5}-\sqrt[3]{\sqrt5-2}}"),
    (r"\sqrt[3]{2+\sqrt5}-\sqrt[3]{\sqrt5-2}", r"\sqrt{\sqrt[3]{2+\sqrt5}-\sqrt[3]{\sqrt5-2}}"),
    (r"\text{A}", r"(\text{A})\pi"),
    (r"b=2,a=3", r"(a=3,b=2)"),
    (r"|3-4i|^2", r"|3+4i|^2"),
    (r"x=\frac{\pi}{4}+k\pi, k\in\mathbb{Z}", r"x=\frac{\pi}{4}-k\pi, k\in\mathbb{Z}"),
    (r"x=\frac{\pi}{6}+2k\pi, k\in\mathbb{Z}", r"x=\frac{\pi}{6}-2k\pi, k\in\mathbb{Z}"),
    (r"(B)", r"(B)\text{ thousand}"),
    (r"-\infty<x<3", r"-\infty\le x<3"),
    (r"-\infty<x<\infty", r"-\infty<x\le \infty"),
    (r"-\infty<x<\infty", r"-\infty\le x<\infty"),
    (r"2k+1, k\in\mathbb{Z}", r"2k-1, k\in\mathbb{Z}"),
    (r"3<x<\infty", r"3<x\le \infty"),
    (r"3\pm2\sqrt2", r"\frac{1}{3\pm2\sqrt2}"),
    (r"45^\circ+180^\circ k, k\in\mathbb{Z}", r"45^\circ-180^\circ k, k\in\mathbb{Z}"),
    (r"8.31\text{ J/(mol K)}", r"8.31\text{ J/(mol K]}"),
    (r"8.31\text{ J/(mol K)}", r"8.31\text{ J/[mol K)}"),
    (r"D", r"(D)\pi"),
    (r"[1,3]\cup(3,4]", r"[1,3]\cup(2,4]"),
    (r"[1,3]\cup(3,4]", r"[1,3]\cup[3,4]"),
    (r"[1,3]\cup(3,4]", r"[1,4]\cup(3,4]"),
    (r"[1,3]\cup[2,4]", r"[1,2]\cup[2,4]"),
    (r"[1,3]\cup[2,4]", r"[1,3)\cup[2,4]"),
    (r"[1,3]\cup[2,4]", r"[1,3]\cup(2,4]"),
    (r"[1,3]\cup[2,4]", r"[1,3]\cup[1,4]"),
    (r"[1,3]\cup[2,4]", r"[1,3]\cup[3,4]"),
    (r"[1,3]\cup[2,4]", r"[1,4]\cup[2,4]"),
    (r"\(12\)", r"\(12\]"),
    (r"\(12\)", r"\[12\)"),
    (r"\arctan 2+k\pi, k\in\mathbb{Z}", r"\arctan 2-k\pi, k\in\mathbb{Z}"),
    (
        r"\begin{cases}x & x\ge0\\-x & x<0\end{cases}",
        r"\begin{cases}x & x\ge0\\-x & x\le 0\end{cases}",
    ),
    (r"\binom{2n}{n}-\binom{2n}{n+1}", r"\binom{2n}{n}-\binom{2n}{n-1}"),
    (r"\frac{2+\sqrt{3}}{1}", r"\binom{2+\sqrt{3}}{1}"),
    (r"\frac{\pi}{4}+k\pi, k\in\mathbb{Z}", r"\frac{\pi}{4}-k\pi, k\in\mathbb{Z}"),
    (
        r"\left\{\frac{\pi}{4}+k\pi \mid k\in\mathbb{Z}\right\}",
        r"\left\{\frac{\pi}{4}-k\pi \mid k\in\mathbb{Z}\right\}",
    ),
    (r"\lfloor \sqrt{50}\rfloor", r"\lfloor \sqrt{51}\rfloor"),
    (r"\lfloor \sqrt{50}\rfloor", r"\lfloor \sqrt{59}\rfloor"),
    (r"\lfloor \sqrt{50}\rfloor", r"\lfloor \sqrt{60}\rfloor"),
    (r"\log 10", r"(\log 10)^2"),
    (r"\log 10", r"\frac{1}{\log 10}"),
    (r"\log 10", r"\sqrt{\log 10}"),
    (r"\log 2+\log 5", r"(\log 2+\log 5)^2"),
    (r"\log 2+\log 5", r"\frac{1}{\log 2+\log 5}"),
    (r"\log 2+\log 5", r"\sqrt{\log 2+\log 5}"),
    (r"\max(3,7)", r"\max(2,7)"),
    (r"\max(3,7)", r"\max(4,7)"),
    (r"\pm\sqrt{5}", r"-(\pm\sqrt{5})"),
    (r"\textbf{(E)}", r"\textbf{(E)}\text{ thousand}"),
    (r"\text{(C)}", r"\text{(C)}\text{ thousand}"),
    (r"\text{B}", r"(\text{B})\pi"),
    (r"f(x)=0 \text{ or } f(x)=x^2", r"f(y)=0 \text{ or } f(x)=x^2"),
    (r"x \in \mathbb{R}", r"y \in \mathbb{R}"),
    (r"x=\pm\frac{\pi}{3}+2k\pi, k\in\mathbb{Z}", r"x=\pm\frac{\pi}{3}-2k\pi, k\in\mathbb{Z}"),
    (r"x\geq 0", r"x\geq 0\text{ thousand}"),
    (r"x\ne0", r"x\ne0\text{ or }0"),
    (r"x\ne0", r"x\ne0\text{ thousand}"),
    (r"x_1=1, x_2=6", r"x_1=1, x_1=6"),
    (r"x_1=1, x_2=6", r"x_2=1, x_2=6"),
    (r"x_{1}=2,\;x_{2}=-5", r"x_{1}=2,\;x_{1}=-5"),
    (r"x_{1}=2,\;x_{2}=-5", r"x_{2}=2,\;x_{2}=-5"),
    (r"|{-5}|", r"|{+5}|"),
    (r"(-1)^k", r"\frac{1}{(-1)^k}"),
];

/// Parts that are put for one another.
const SWAPS: &[(&str, &str)] = &[
    ("\\le ", "<"),
    ("\\ge ", ">"),
    ("\\cup", "\\cap"),
    ("\\sin", "\\cos"),
    ("\\cos", "\\sin"),
    ("\\pi", "e"),
    ("\\sqrt", ""),
    ("\\frac", "\\binom"),
    ("x", "y"),
    ("PM", "AM"),
];

/// What is put around the whole.
const FRAMES: &[&str] = &[
    "-(@)",
    "2(@)",
    "(@)+1",
    "(@)^2",
    "\\frac{1}{@}",
    "\\sqrt{@}",
    "@, 1",
    "\\pm(@)",
    "(@)\\pi",
    "@\\text{ or }0",
    "\\text{not }@",
    "@\\text{ thousand}",
    "x>@",
    "\\ne @",
];

/// One digit changed, a sign turned, an end opened or closed, a pair swapped, the whole scaled or wrapped.
fn changes(gold: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, c) in gold.char_indices() {
        let put = |new: &str| format!("{}{new}{}", &gold[..at], &gold[at + c.len_utf8()..]);
        match c {
            '0'..='9' => {
                let digit = c as u8 - b'0';
                for by in [1, 9] {
                    found.insert(put(&((digit + by) % 10).to_string()));
                }
            }
            '+' => drop(found.insert(put("-"))),
            '-' => drop(found.insert(put("+"))),
            '[' => drop(found.insert(put("("))),
            ']' => drop(found.insert(put(")"))),
            '(' => drop(found.insert(put("["))),
            ')' => drop(found.insert(put("]"))),
            '<' => drop(found.insert(put("\\le "))),
            '>' => drop(found.insert(put("\\ge "))),
            _ => {}
        }
    }
    for (from, to) in SWAPS {
        found.extend(
            gold.match_indices(from)
                .map(|(at, _)| format!("{}{to}{}", &gold[..at], &gold[at + from.len()..])),
        );
    }
    for frame in FRAMES {
        // A thousand noughts are nought.
        if !(gold.ends_with("=0") && frame.ends_with("thousand}")) {
            found.insert(frame.replace('@', gold));
        }
    }
    if let Some((left, right)) = gold.trim_matches(['(', ')']).split_once(',') {
        found.insert(format!("({right},{left})"));
    }
    found.remove(gold);
    found
}

#[test]
fn no_small_change_is_taken_for_the_gold() {
    let grader = Grader::new(4096);
    let golds: Vec<String> = golds().into_iter().filter(|gold| gold.len() < 200).collect();
    assert!(golds.len() > 500);
    let mut taken = Vec::new();
    for gold in &golds {
        for change in changes(gold) {
            let grade = grader.grade(&Policy::default(), &[gold], &format!("\\boxed{{{change}}}"));
            let known = STILL_EQUAL.contains(&(gold.as_str(), change.as_str()));
            if grade.verdict == Verdict::Correct && !known {
                taken.push(format!("    (r\"{gold}\", r\"{change}\"),"));
            }
        }
    }
    assert!(taken.is_empty(), "{}\n{}", taken.len(), taken.join("\n"));
}
