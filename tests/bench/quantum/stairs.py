"""Long sequences: `python tests/bench/quantum/stairs.py --peer PYTHON --json`.

One training step of a stairs network of 64 tokens: 64 sequences in a batch, beside lambeq's
PytorchQuantumModel with four; seconds per sequence are compared. `--peer` is a Python that
has lambeq.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
from circuits import Model
from sentences import by_word, epoch, peer

TOKENS, BATCH, PEER_BATCH, WORDS = 64, 64, 4, 50


def texts(count: int, seed: int) -> list[str]:
    """Sequences of made-up words."""
    random = np.random.default_rng(seed)
    return [" ".join(f"w{n}" for n in random.integers(0, WORDS, TOKENS)) for _ in range(count)]


def measure(python: str | None) -> dict[str, Any]:
    """All figures."""
    random = np.random.default_rng(0)
    long = texts(BATCH, 0)
    step = epoch(Model.of(long), random.integers(0, 2, BATCH), repeat=20)
    report: dict[str, Any] = {"batch": BATCH, "step_seconds": step}
    if python:
        few = Model.of(long[:PEER_BATCH])
        angles = few.start(0)
        labels = random.integers(0, 2, PEER_BATCH)
        theirs = peer(python, long[:PEER_BATCH], labels, by_word(few, angles), steps=3)
        given = np.array(theirs["outputs"])
        report["peer_outputs_sum_to"] = given.sum(1).tolist()
        # lambeq divides by 1e-9 where probabilities sum to less, so that outputs vanish
        given /= given.sum(1, keepdims=True)
        report["largest_difference"] = float(np.abs(few.outputs(angles) - given).max())
        report["peer_batch"] = PEER_BATCH
        report["peer_step_seconds"] = min(theirs["seconds"])
        each = report["peer_step_seconds"] / PEER_BATCH
        report["faster_per_sequence"] = each / (step / BATCH)
    return report


def main() -> None:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peer", help="a Python that has lambeq")
    options = parser.parse_args()
    print(json.dumps(measure(options.peer), indent=2 if options.json else None))


if __name__ == "__main__":
    main()
