"""Which part of a completion is the answer."""

from . import text

CASES = [
    *text("the last box counts", "30", T=[r"We get \boxed{28}; the sign was wrong, so \boxed{30}", r"\boxed{30}. (Note 28 is a common mistake)", r"First \boxed{28}. On reflection the count is \boxed{30}."], F=[r"We get \boxed{30}; the sign was wrong, so \boxed{28}", r"\boxed{30} is what I first thought. It is \boxed{32}."]),
    *text("nested braces", r"\frac{\sqrt{7}}{3}", T=[r"So \boxed{\frac{\sqrt{7}}{3}}.", r"So \boxed{\dfrac{\sqrt{7}}{3}}", r"$\boxed{\frac{{\sqrt{{7}}}}{3}}$"], F=[r"So \boxed{\frac{\sqrt{7}}{4}}.", r"So \boxed{\frac{3}{\sqrt{7}}}."]),
    *text("escaped braces", r"\{4,9\}", T=[r"\boxed{\left\{4,9\right\}}", r"\boxed{\{9,4\}}", r"\boxed{\lbrace 4,9\rbrace}"], F=[r"\boxed{\{4\}}", r"\boxed{\{4,9,16\}}"]),
    *text("a box in a box", "6", T=[r"\boxed{\boxed{6}}", r"\fbox{6}", r"\boxed {6}", r"\[\boxed{\,6\,}\]", "\\boxed{\n6\n}", r"\boxed{ \text{6} }"], F=[r"\boxed{\boxed{7}}", r"\fbox{9}"]),
    *text("placeholders and empty boxes", "31", T=[r"Put the answer in \boxed{}. So \boxed{31}", r"I was told to write \boxed{...}. The sum is \boxed{31}.", r"The sum is \boxed{31}. I used \boxed{} as asked."], N=[r"\boxed{}", r"write \boxed{ANSWER}", r"\boxed{ }", r"\boxed{...}", r"\boxed{?}"]),
    *text("unterminated boxes", "31", truncated=[r"So the sum is \boxed{31", r"\boxed{\frac{62}{2"], N=[r"\boxed{3", r"Thus \boxed{", r"first \boxed{30}, then \boxed{31"]),
    *text("boxes joined to one list", "4,7", T=[r"\boxed{4} and \boxed{7}", r"\boxed{4}, \boxed{7}", r"$\boxed{4}$ and $\boxed{7}$", r"$x=\boxed{7}$ or $x=\boxed{4}$", r"\boxed{4}; \boxed{7}"], F=[r"\boxed{4}, and later \boxed{5}", r"\boxed{4} and \boxed{8}", r"\boxed{4}"]),
    *text("a list of boxes is no choice among them", "7", F=[r"\boxed{4} or \boxed{7}", r"\boxed{4}, \boxed{5}, \boxed{6}, \boxed{7}", r"$\boxed{6}$ and $\boxed{7}$"]),
    *text("boxes apart are attempts", "7", T=[r"Part one is \boxed{4}. Adding the three others, the total is \boxed{7}", r"\boxed{7} ... to repeat: \boxed{7}", r"\boxed{7}, \boxed{7}"], F=[r"Part one is \boxed{7}. Adding the others, the total is \boxed{10}"]),
    *text("after the thoughts", "9", T=[r"<think>\boxed{8}</think> \boxed{9}", r"so 8? no</think>\boxed{9}", "<think>\n8?\n</think>\n\nThe answer is 9.", "<think></think>\n\n9", r"<think>a</think><think>b</think>\boxed{9}"], F=[r"<think>\boxed{9}</think> \boxed{8}", "<think>The answer is 9.</think> The answer is 8."]),
    *text("thoughts that do not end", "9", truncated=[r"<think>so \boxed{9}", "<think>\nThe answer is 9."]),
    *text("nothing after the thoughts", "9", no_answer=[r"<think>so \boxed{9}</think>", "<think>The answer is 9.</think>\n\nDone.", r"\boxed{9}</think> I am sure."]),
    *text("GSM8K's mark", "46", T=["23 * 2 = <<23*2=46>>46\n#### 46", "#### 46", "#### $46", "####46", "#### 46.", "#### 46 apples"], F=["#### 64", "46\n#### 45", "#### 4.6", "#### -46"]),
    *text("GSM8K's mark with grouping", "4600", T=["#### 4,600", "#### $4,600.00"], F=["#### 4,060", "#### 460"]),
    *text("answers announced", "46", T=["Answer: $46$", "**Final Answer: 46**", "The final answer is 46. I hope it is correct.", "The answer is: 46", "the answer is 46.", "**Answer:** 46", "### Final Answer\n\n$46$", "Therefore, the answer is **46**.", "Final Answer: The final answer is $46$. I hope it is correct.", "ANSWER: 46", "So the final answer is $x = 46$.", "The correct answer is 46 apples."], F=["46 was my guess. The answer is 64.", "Answer: 45", "The answer is 46? No. The answer is 47.", "**Final Answer: 4.6**", "The final answer is -46."]),
    *text("an announced fraction", r"\frac{3}{4}", T=["The answer is 3/4.", r"The final answer is $\frac{3}{4}$.", "Answer: 0.75", r"**Answer:** \(\frac{3}{4}\)"], F=["The answer is 4/3.", "The answer is 3/5.", "Answer: 34"]),
    *text("answer tags", "46", T=["<answer>46</answer>", r"<answer>It is \boxed{46}</answer>", "<think>47?</think><answer>46</answer>", "<answer>\n46\n</answer>", "<answer>$46$</answer>", "<answer>45</answer> wait <answer>46</answer>"], F=["<think>46</think><answer>47</answer>", "<answer>46</answer> no, <answer>64</answer>"]),
    *text("the last plain number", "46", T=["So 23*2 = 46 apples remain.", "That leaves her with 46.", "In total: 46"], F=["So 23*2 = 46, minus 1 is 45.", "She has 46 at first and 12 at the end."]),
    *text("no answer at all", "46", no_answer=["I cannot tell.", "", "   \n", "There is not enough information."]),
    *text("a zero is not an empty answer", "0", no_answer=["", "No idea."], T=[r"\boxed{0}", "The answer is 0."]),
    *text("display mathematics", r"2\sqrt{5}", T=["The length is\n\\[\n\\boxed{2\\sqrt{5}}.\n\\]", "$$\\boxed{2\\sqrt{5}}$$", "\\begin{align*}\nx &= \\sqrt{20} \\\\\n&= \\boxed{2\\sqrt{5}}\n\\end{align*}", "\\begin{equation}\\boxed{\\sqrt{20}}\\end{equation}"], F=["\\[\n\\boxed{5\\sqrt{2}}.\n\\]", "\\begin{align*}\nx &= \\sqrt{20} \\\\\n&= \\boxed{4\\sqrt{5}}\n\\end{align*}"]),
    *text("a trailing stop or comma in the box", "17", T=[r"\boxed{17.}", r"\boxed{17,}", r"\boxed{17\,}", r"\boxed{$17$}", r"\boxed{\(17\)}", r"\boxed{\displaystyle 17}", r"\boxed{{17}}", r"\boxed{\mathbf{17}}", r"\boxed{\ 17\ }", r"\boxed{\color{blue}{17}}", r"\boxed{\textcolor{red}{17}}"], F=[r"\boxed{1.7}", r"\boxed{71}", r"\boxed{17,1}"]),
    *text("words in the box", "17", T=[r"\boxed{\text{The answer is } 17}", r"\boxed{n = 17}", r"\boxed{17 \text{ students}}"], F=[r"\boxed{\text{The answer is } 71}", r"\boxed{n \ne 17}"]),
    *text("a gold in dress", r"$\boxed{12}$", T=[r"\boxed{12}", "The answer is 12."], F=[r"\boxed{21}"]),
    *text("any of several golds", ["12", r"\frac{1}{2}"], T=[r"\boxed{12}", r"\boxed{0.5}"], F=[r"\boxed{2}", r"\boxed{12,\frac12}"]),
    *text("what stands at the box", "3", T=[r"- \boxed{3}", r"The answer - \boxed{3}", r"It is --- \boxed{3}."], F=[r"$-\boxed{3}$", r"$x = -\boxed{3}$", r"So the sum is -\boxed{3}.", r"$x = - \boxed{3}$", r"$\boxed{3}^2$"]),
    *text("a sign before the box", "-3", T=[r"$-\boxed{3}$", r"$x = -\boxed{3}$"], F=[r"$5-\boxed{3}$", r"- \boxed{3}"]),
    *text("a percent sign behind the box", r"3\%", T=[r"$\boxed{3}\%$", r"\boxed{3}%"], F=[r"\boxed{4}\%"]),
]
