"""Cuts the picture of `convolution.ein` from a photograph that scikit-learn ships.

    python examples/convolution.py

The photograph is `china.jpg` (a temple in front of hills); a square of it is turned to
grey levels in [0, 1]. The filters are the classical ones of three by three taps.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_sample_image

SIDE = 64
TOP, LEFT = 130, 250

BANK = {
    "blur": np.outer([1, 2, 1], [1, 2, 1]) / 16,
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "emboss": np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
    "across": np.outer([1, 2, 1], [-1, 0, 1]) / 4,
    "down": np.outer([-1, 0, 1], [1, 2, 1]) / 4,
    "outline": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]) / 8,
}


def picture() -> np.ndarray:
    """Grey levels, with the weights of ITU-R BT.601."""
    colour = load_sample_image("china.jpg")[TOP : TOP + SIDE, LEFT : LEFT + SIDE] / 255
    return np.round(colour @ [0.299, 0.587, 0.114], 6)


def main() -> None:
    """Writes `convolution.npz` beside this file."""
    bank = np.stack([np.asarray(taps, dtype=np.float64) for taps in BANK.values()])
    np.savez_compressed(Path(__file__).with_suffix(".npz"), image=picture(), bank=bank)
    print(f"{len(bank)} filters ({', '.join(BANK)}) over {SIDE} x {SIDE} grey levels")


if __name__ == "__main__":
    main()
