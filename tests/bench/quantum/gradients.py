"""Gradients of random parameterised circuits: three methods, and the finite difference.

python tests/bench/quantum/gradients.py --count 300
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from einlang_quantum.learning.weighted import by_adjoint, by_diagram, by_shift, weighted
from turning import random_circuit

STEP = 1e-4


def distances(seed: int) -> dict[str, float]:
    """The largest differences of one circuit's gradients from that of its diagram."""
    circuit, values, weights = random_circuit(np.random.default_rng(seed))
    first = by_diagram(circuit, values, weights)
    adjoint, shift = by_adjoint(circuit, values, weights), by_shift(circuit, values, weights)
    found = {"adjoint": 0.0, "shift": 0.0, "difference": 0.0}
    for name, slope in first.items():
        ends = [
            weighted(circuit, values | {name: values[name] + n * STEP}, weights)
            for n in (-2, -1, 1, 2)
        ]
        near = (ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / (12 * STEP)
        for key, other in (
            ("adjoint", adjoint[name]),
            ("shift", shift[name]),
            ("difference", near),
        ):
            found[key] = max(found[key], abs(slope - other))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="accepted: JSON is all there is")
    asked = parser.parse_args()
    found = [distances(asked.seed + n) for n in range(asked.count)]
    largest = {key: max(each[key] for each in found) for key in found[0]}
    print(json.dumps({"programs": asked.count, "largest difference from diagrams": largest}))


if __name__ == "__main__":
    main()
