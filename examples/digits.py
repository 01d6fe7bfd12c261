"""Trains the network of `digits.ein` on scikit-learn's handwritten digits.

    python examples/digits.py

One hidden layer of 32 units, with the square as its activation: what is trained is what
runs on ciphertexts. The 128 held-out images are drawn by a seeded split before training
begins, and nothing is chosen by looking at them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

SEED = 0
HELD_OUT = 128
HIDDEN = 32
EPOCHS = 120
BATCH = 64
RATE = 3e-3
DECAY = 1e-3

Arrays = dict[str, np.ndarray]


def split() -> tuple[Arrays, Arrays]:
    """Images with pixels in [0, 1] and their labels: for training, and held out."""
    data = load_digits()
    image, label = data.images / 16, data.target
    order = np.random.default_rng(SEED).permutation(len(label))
    held, kept = order[:HELD_OUT], order[HELD_OUT:]
    return (
        {"image": image[kept], "label": label[kept]},
        {"image": image[held], "label": label[held]},
    )


def forward(weights: Arrays, image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What `digits.ein` computes: the sums that enter the square, its values, the scores."""
    total = np.einsum("nyx,hyx->nh", image, weights["first"]) + weights["bias"]
    hidden = total**2
    return total, hidden, hidden @ weights["second"].T + weights["offset"]


def gradient(weights: Arrays, image: np.ndarray, label: np.ndarray) -> Arrays:
    """The gradient of the mean cross entropy, with weight decay."""
    total, hidden, score = forward(weights, image)
    chance = np.exp(score - score.max(1, keepdims=True))
    chance /= chance.sum(1, keepdims=True)
    wrong = (chance - np.eye(10)[label]) / len(label)
    back = wrong @ weights["second"] * 2 * total
    return {
        "first": np.einsum("nh,nyx->hyx", back, image) + DECAY * weights["first"],
        "bias": back.sum(0),
        "second": wrong.T @ hidden + DECAY * weights["second"],
        "offset": wrong.sum(0),
    }


def train(image: np.ndarray, label: np.ndarray) -> Arrays:
    """Weights after `EPOCHS` passes of Adam (Kingma and Ba, 2015) with a falling rate."""
    random = np.random.default_rng(SEED)
    weights = {
        "first": random.normal(0, 1 / 8, (HIDDEN, 8, 8)),
        "bias": np.zeros(HIDDEN),
        "second": random.normal(0, 1 / 8, (10, HIDDEN)),
        "offset": np.zeros(10),
    }
    mean = {name: np.zeros_like(value) for name, value in weights.items()}
    square = {name: np.zeros_like(value) for name, value in weights.items()}
    step, steps = 0, EPOCHS * (len(label) // BATCH)
    for _ in range(EPOCHS):
        order = random.permutation(len(label))
        for start in range(0, len(label) - BATCH + 1, BATCH):
            batch = order[start : start + BATCH]
            step += 1
            rate = RATE * (1 - step / (steps + 1))
            for name, slope in gradient(weights, image[batch], label[batch]).items():
                mean[name] += 0.1 * (slope - mean[name])
                square[name] += 0.001 * (slope**2 - square[name])
                first = mean[name] / (1 - 0.9**step)
                second = square[name] / (1 - 0.999**step)
                weights[name] -= rate * first / (np.sqrt(second) + 1e-8)
    return weights


def main() -> None:
    """Trains, says how well, and writes `digits.npz` beside this file."""
    kept, held = split()
    weights = train(kept["image"], kept["label"])
    for name, part in (("trained on", kept), ("held out", held)):
        score = forward(weights, part["image"])[2]
        right = (score.argmax(1) == part["label"]).mean()
        print(
            f"{name}: {len(score)} images, accuracy {right:.4f}, |score| <= {abs(score).max():.1f}"
        )
    arrays = {name: np.round(value, 6) for name, value in weights.items()}
    arrays |= {"image": held["image"], "truth": held["label"]}
    np.savez_compressed(Path(__file__).with_suffix(".npz"), **arrays)


if __name__ == "__main__":
    main()
