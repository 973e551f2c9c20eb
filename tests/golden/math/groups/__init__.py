"""The groups of labelled cases, and how they are written."""


def block(why, gold, T=(), F=(), policy=None, **verdicts):
    """Answers to one gold, to be put into a frame: right ones, wrong ones, and ones with another verdict."""
    return list(_cases("answer", why, gold, policy, {"correct": T, "incorrect": F, **verdicts}))


def text(why, gold, T=(), F=(), policy=None, **verdicts):
    """Whole completions to one gold. `N`: any verdict but `correct`."""
    return list(_cases("completion", why, gold, policy, {"correct": T, "incorrect": F, **verdicts}))


def _cases(kind, why, gold, policy, verdicts):
    for verdict, given in verdicts.items():
        for answer in given:
            case = {"gold": gold, kind: answer}
            if policy:
                case["policy"] = policy
            yield case | {"expected": "F" if verdict == "N" else verdict, "why": why}
