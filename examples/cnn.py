"""Trains the convolutional network of `cnn.ein` on scikit-learn's handwritten digits.

    python examples/cnn.py

Six filters of three by three taps, the square as activation, means over two by two pixels,
and one dense layer: what is trained is what runs on ciphertexts. The held-out images are
those of `digits.py`, drawn before training begins.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

SEED = 0
HELD_OUT = 128
FILTERS = 6
EPOCHS = 60
BATCH = 64
RATE = 1e-2
DECAY = 1e-4

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


def windows(image: np.ndarray) -> np.ndarray:
    """The three by three pixels around each, black outside: `[n, y, x, r, q]`."""
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1)))
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))


def forward(weights: Arrays, image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What `cnn.ein` computes: what enters the square, the pooled squares, the scores.

    Filters are the last axis of the first two.
    """
    total = np.tensordot(windows(image), weights["filter"], ((3, 4), (1, 2))) + weights["bias"]
    pooled = (total**2).reshape(len(image), 4, 2, 4, 2, FILTERS).mean((2, 4))
    score = np.tensordot(pooled, weights["dense"], ((1, 2, 3), (2, 3, 1)))
    return total, pooled, score + weights["offset"]


def gradient(weights: Arrays, image: np.ndarray, label: np.ndarray) -> Arrays:
    """The gradient of the mean cross entropy, with weight decay."""
    total, pooled, score = forward(weights, image)
    chance = np.exp(score - score.max(1, keepdims=True))
    chance /= chance.sum(1, keepdims=True)
    wrong = (chance - np.eye(10)[label]) / len(label)
    spread = np.tensordot(wrong, weights["dense"].transpose(0, 2, 3, 1), 1) / 4
    back = 2 * total * spread.repeat(2, 1).repeat(2, 2)
    slope = np.tensordot(back, windows(image), ((0, 1, 2), (0, 1, 2)))
    dense = np.tensordot(wrong, pooled, ((0,), (0,))).transpose(0, 3, 1, 2)
    return {
        "filter": slope + DECAY * weights["filter"],
        "bias": back.sum((0, 1, 2)),
        "dense": dense + DECAY * weights["dense"],
        "offset": wrong.sum(0),
    }


def train(image: np.ndarray, label: np.ndarray) -> Arrays:
    """Weights after `EPOCHS` passes of Adam (Kingma and Ba, 2015) with a falling rate."""
    random = np.random.default_rng(SEED)
    weights = {
        "filter": random.normal(0, 1 / 3, (FILTERS, 3, 3)),
        "bias": np.zeros(FILTERS),
        "dense": random.normal(0, 1 / 8, (10, FILTERS, 4, 4)),
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
    """Trains, says how well, and writes `cnn.npz` beside this file."""
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
