"""Programs in completions."""

from . import stdio


def completion(name, text, want, **more):
    return {"name": name, "item": {"completion": text, "tests": stdio(("", "1"))}, "want": want, **more}


CASES = [
    completion("one block", "Here:\n```python\nprint(1)\n```\n", "OK"),
    completion("the last block", "```python\nprint(2)\n```\nbetter:\n```python\nprint(1)\n```", "OK"),
    completion("a shell block after it", "```py\nprint(1)\n```\n```bash\npython x.py\n```", "OK"),
    completion("no tag", "```\nprint(1)\n```", "OK"),
    completion("no fence", "print(1)", "OK"),
    completion("prose", "I cannot do that.", "CE", score=0.0),
    completion("another language", "```cpp\nint main(){}\n```", "CE", score=0.0),
    completion("four backticks", "````python\nprint(1)\n````", "OK"),
    completion("tildes", "~~~python\nprint(1)\n~~~", "OK"),
    completion("not closed", "```python\nprint(1)", "OK"),
    completion("after the thoughts", "<think>```python\nprint(2)\n```</think>```python\nprint(1)\n```", "OK"),
    completion("after the thoughts, on its own line", "<think>\n```python\nprint(2)\n```\n</think>\n```python\nprint(1)\n```", "OK"),
    completion("windows lines", "```python\r\nprint(1)\r\n```\r\n", "OK"),
    completion("a thousand fences", "```python\nprint(2)\n```\n" * 1000 + "```python\nprint(1)\n```", "OK"),
    completion("ten megabytes", "x" * 300_000, "CE"),
    completion("empty", "", "CE", score=0.0),
    completion("blank", " \n\t\n", "CE", score=0.0),
    completion("an empty block", "```python\n```", "CE", score=0.0),
    completion("thoughts without an end", "<think>\n```python\nprint(1)\n```", "CE", score=0.0),
    completion("thoughts again, without an end", "<think>a</think>\n<think>\n```python\nprint(1)\n```", "CE", score=0.0),
    completion("a program, then thoughts without an end", "```python\nprint(1)\n```\n<think>\n```python\nprint(2)\n```", "OK"),
    completion("a program that prints the mark", "```python\ns = '''\n<think>\n'''\nprint(1)\n```", "OK"),
]
