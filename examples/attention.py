"""Makes the queries and keys of `attention.ein` from scikit-learn's handwritten digits.

    python examples/attention.py

Sixteen images are the tokens. Their 32 largest principal components, each scaled to unit
deviation over the whole collection, are split into four heads of eight; a head then
scores how alike two images are in its components, less for images that stand further
apart (the linear bias of Press, Smith and Lewis, 2022), least for an image and itself.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

SEED = 0
TOKENS = 16
HEADS = 4
WIDTH = 8


def components(image: np.ndarray) -> np.ndarray:
    """The leading principal components of each image, with unit deviation."""
    centred = image.reshape(len(image), -1) - image.reshape(len(image), -1).mean(0)
    left, _, _ = np.linalg.svd(centred, full_matrices=False)
    return left[:, : HEADS * WIDTH] * np.sqrt(len(image))


def arrays() -> dict[str, np.ndarray]:
    """Queries, keys, head weights, the bias by distance, and the digit of each token."""
    data = load_digits()
    token = np.random.default_rng(SEED).choice(len(data.images), TOKENS, replace=False)
    part = components(data.images / 16)[token].clip(-4, 4)
    query = part.reshape(1, TOKENS, HEADS, WIDTH)
    place = np.arange(TOKENS)
    distance = -np.abs(place[:, None] - place[None, :]) / 8 - 6 * np.eye(TOKENS)
    return {
        "query": np.round(query, 6),
        "key": np.round(query, 6),
        "heads": np.array([1.0, 0.9, 0.8, 0.7]),
        "distance": distance,
        "digit": data.target[token],
    }


def main() -> None:
    """Writes `attention.npz` beside this file."""
    made = arrays()
    score = np.einsum("bthd,bshd,h->bhts", made["query"], made["key"], made["heads"]) / WIDTH**0.5
    print(f"scores from {score.min():.2f} to {score.max():.2f} before the distance is added")
    np.savez_compressed(Path(__file__).with_suffix(".npz"), **made)


if __name__ == "__main__":
    main()
