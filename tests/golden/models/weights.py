"""Seeded weights. The draws come from NumPy's frozen legacy generator, so they are the same everywhere."""

import zlib

import numpy as np

# Queries and keys are drawn larger than the rest, so that attention is peaked and the words matter.
GAINS = {"q_proj": 1.8, "k_proj": 1.8, "query": 1.8, "key": 1.8, "q_lin": 1.8, "k_lin": 1.8}


def draw(seed, name, shape, offset=False):
    """A float32 tensor for the parameter of this name; nothing is left at zero or one.

    `offset`: the weights of norms are stored as their distance from one (Gemma).
    """
    normal = np.random.RandomState(zlib.crc32(f"{seed}/{name}".encode())).standard_normal(shape)
    lower = name.lower()
    if name.endswith("bias"):
        values = 0.3 * normal
    elif "norm" in lower:
        values = (0 if offset else 1) + 0.3 * normal
    elif "embed" in lower:
        values = 0.8 * normal
    else:
        gain = next((gain for part, gain in GAINS.items() if part in name), 1.5)
        # The width of what one output reads: a convolution's is its channels times its kernel.
        values = gain * normal / np.sqrt(np.prod(shape[1:]) if len(shape) > 2 else shape[-1])
    return values.astype(np.float32)


def fit_head(seed, name, features, labels, spread=1.5):
    """Rows of the last linear layer whose scores of `features` are centred and of the asked spread.

    Rows are drawn until one is well centred, then scaled by a factor rounded to two places: rounding keeps the
    weights the same where another machine computes the features a little differently.
    """
    generator = np.random.RandomState(zlib.crc32(f"{seed}/{name}".encode()))
    rows = []
    while len(rows) < labels:
        row = generator.standard_normal(features.shape[1])
        scores = features @ row
        if abs(scores.mean()) < 0.4 * scores.std():
            rows.append(row * round(spread / scores.std(), 2))
    return np.array(rows).astype(np.float32)
