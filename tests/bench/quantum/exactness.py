"""Random einsums as circuits, beside NumPy: values, and probabilities of success.

    python tests/bench/quantum/exactness.py --json

One to five tensors, sizes one to five, hyperedges, traces, half of them complex, at most 16
qubits when every index of every tensor has its own. For each strategy: the largest error of a
value, relative to the largest value or to one; the largest difference between the probability
that is stated and the one of the state; and the geometric mean of the probabilities.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from einlang_quantum.lowering import STRATEGIES, lower
from networks import Case, random_case

TARGET = 1e-8


def measured(case: Case, strategy: str, reuse: bool) -> tuple[float, float, float]:
    """The errors of the values and of the probability, and the probability itself."""
    lowered = lower(case.diagram, case.data, strategy, qubits=60, reuse=reuse)
    amplitudes, wanted = lowered.circuit.amplitudes(), case.value()
    error = float(abs(lowered.tensor(amplitudes) - wanted).max() / max(1, abs(wanted).max()))
    p = lowered.success_probability
    return error, abs(float(np.sum(abs(amplitudes) ** 2)) - p), p


def figures(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """One row for each strategy."""
    cases = [random_case(seed + number) for number in range(count)]
    rows = []
    for strategy in STRATEGIES:
        found = [measured(case, strategy, number % 2 == 1) for number, case in enumerate(cases)]
        values, stated, probabilities = map(np.array, zip(*found, strict=True))
        mean = np.exp(np.mean(np.log(np.maximum(probabilities, 1e-300))))
        row = {"strategy": strategy, "programs": count, "largest error": float(values.max())}
        row["largest difference of probabilities"] = float(stated.max())
        row["geometric mean of probabilities"] = float(mean)
        row["met"] = bool(max(values.max(), stated.max()) <= TARGET)
        rows.append(row)
    return rows


def main() -> None:
    """All strategies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted: JSON is all there is")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(json.dumps({"exactness": figures(asked.count, asked.seed)}, indent=2))


if __name__ == "__main__":
    main()
