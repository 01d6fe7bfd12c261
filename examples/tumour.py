"""Fits the logistic regression of `tumour.ein` on scikit-learn's breast-cancer data.

    python examples/tumour.py

The 169 held-out cases are drawn by a seeded split before anything is fitted. Features are
standardised by the mean and deviation of the cases that are kept, and cut off at four
deviations, as the client would do before it encrypts.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer

SEED = 0
HELD_OUT = 169
DECAY = 0.02
STEPS = 50

Arrays = dict[str, np.ndarray]


def split() -> tuple[Arrays, Arrays]:
    """Standardised measurements and whether the tumour is malignant: kept, and held out."""
    data = load_breast_cancer()
    order = np.random.default_rng(SEED).permutation(len(data.target))
    held, kept = order[:HELD_OUT], order[HELD_OUT:]
    mean, deviation = data.data[kept].mean(0), data.data[kept].std(0)
    case = np.clip((data.data - mean) / deviation, -4, 4)
    malignant = (data.target == 0).astype(np.int64)
    return (
        {"case": case[kept], "malignant": malignant[kept]},
        {"case": case[held], "malignant": malignant[held]},
    )


def logit(weights: Arrays, case: np.ndarray) -> np.ndarray:
    """What enters the sigmoid."""
    return case @ weights["weight"] + weights["bias"]


def fit(case: np.ndarray, malignant: np.ndarray) -> Arrays:
    """The weights of least penalised loss, by Newton's method (the loss is convex)."""
    rows = np.hstack([case, np.ones((len(case), 1))])
    penalty = np.diag([DECAY] * case.shape[1] + [0.0])
    weights = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (chance - malignant) / len(rows) + penalty @ weights
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows / len(rows) + penalty
        weights -= np.linalg.solve(curve, slope)
    return {"weight": weights[:-1], "bias": weights[-1]}


def main() -> None:
    """Fits, says how well, and writes `tumour.npz` beside this file."""
    kept, held = split()
    weights = fit(kept["case"], kept["malignant"])
    for name, part in (("fitted on", kept), ("held out", held)):
        total = logit(weights, part["case"])
        right = ((total >= 0) == part["malignant"]).mean()
        size = abs(total).max()
        print(f"{name}: {len(total)} cases, accuracy {right:.4f}, |logit| <= {size:.2f}")
    arrays = {
        name: np.round(value, 6) for name, value in (weights | {"case": held["case"]}).items()
    }
    np.savez_compressed(Path(__file__).with_suffix(".npz"), **arrays, truth=held["malignant"])


if __name__ == "__main__":
    main()
