"""REINFORCE in fifty lines: a policy learns to answer from nothing but the service's rewards.

    cargo run --release -- serve &
    pip install ./clients/python numpy
    python examples/reinforce.py

The policy is a table: for each prompt a softmax over a few words, drawn word by word, with no idea of their
meaning. Its gradient needs no framework, so that all there is to see is the loop itself: draw a group of
completions for each prompt, ask for their rewards, push up what did better than its group. Another policy,
or another pipeline than `helpful`, changes nothing of it.
"""

import numpy as np

from assay_client import Client, Sample

PROMPTS = ["What is 17 + 25?", "What is the capital of France?", "Name three primary colours."]
WORDS = ["The answer is", "42.", "The capital is", "Paris.", "Red,", "yellow and blue.", "I cannot", "and and"]
LENGTH, GROUP, STEPS, RATE = 2, 16, 40, 1.0


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of words at each position."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def main() -> None:
    """Train, and print the reward as it rises."""
    random = np.random.default_rng(0)
    logits = np.zeros((len(PROMPTS), LENGTH, len(WORDS)))
    with Client() as assay:
        for step in range(STEPS + 1):
            chances = softmax(logits)
            drawn = [
                [[random.choice(len(WORDS), p=p) for p in chances[i]] for _ in range(GROUP)]
                for i in range(len(PROMPTS))
            ]
            samples: list[Sample] = [
                {"prompt": prompt, "completion": " ".join(WORDS[word] for word in words)}
                for prompt, group in zip(PROMPTS, drawn, strict=True)
                for words in group
            ]
            # A sample that could not be scored is None: NaN here, left out of means and of the gradient.
            rewards = np.array(assay.score("helpful", samples).rewards, dtype=np.float64).reshape(-1, GROUP)
            advantages = np.nan_to_num(rewards - np.nanmean(rewards, axis=1, keepdims=True))
            for i, group in enumerate(drawn):
                for words, advantage in zip(group, advantages[i], strict=True):
                    for position, word in enumerate(words):
                        gradient = np.eye(len(WORDS))[word] - chances[i, position]
                        logits[i, position] += RATE * advantage * gradient / GROUP
            if step % 10 == 0:
                print(f"step {step:3}  mean reward {np.nanmean(rewards):+.3f}")
    for prompt, best in zip(PROMPTS, logits.argmax(axis=-1), strict=True):
        print(f"{prompt}  ->  {' '.join(WORDS[word] for word in best)}")


if __name__ == "__main__":
    main()
