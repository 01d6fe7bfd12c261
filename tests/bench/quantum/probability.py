"""How probably circuits of random chains succeed, and of matrix product and tree states.

    python tests/bench/quantum/probability.py --json

Products of L random matrices of d by d, both ends open: the median probability over seeds under
each strategy. `orient` only orders the matrices as they are. The others may change them before:
`isometric`, and so `auto`, makes a chain an isometry after another, in time linear in its
length. `group = 0` keeps `auto` from multiplying neighbours.
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
from networks import Case, chain, product_state, tree

TARGETS = {(2, 4): 4.5e-2, (4, 4): 1.5e-2, (4, 8): 1.0e-4, (8, 8): 5.9e-5}


def probability(case: Case, strategy: str, group: int | None = None) -> float:
    """That of one circuit, however many qubits it takes."""
    lowered = lower(case.diagram, case.data, strategy, qubits=1000, group=group)
    return lowered.success_probability


def chains(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """One row for each size and length."""
    rows = []
    for (size, length), target in TARGETS.items():
        cases = [chain(seed + number, size, length) for number in range(count)]
        row: dict[str, Any] = {"d": size, "L": length, "chains": count, "target": target}
        for strategy in STRATEGIES:
            row[strategy] = float(np.median([probability(case, strategy) for case in cases]))
        row["auto, group = 0"] = float(np.median([probability(c, "auto", 0) for c in cases]))
        row["met"] = row["auto"] >= target
        row["met by orient"] = row["orient"] >= target
        rows.append(row)
    return rows


def states() -> list[dict[str, Any]]:
    """Canonical states: how far the probability is from one."""
    cases = {f"matrix product state, {n} sites": product_state(n, n) for n in (4, 16, 64)}
    cases |= {f"tree tensor network, {1 << n} leaves": tree(n, n) for n in (2, 3, 5)}
    return [
        {"state": name, "strategy": strategy, "from one": abs(1 - probability(case, strategy))}
        for name, case in cases.items()
        for strategy in ("isometric", "auto")
    ]


def main() -> None:
    """Chains and states."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted: JSON is all there is")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    found = {"chains": chains(asked.count, asked.seed), "states": states()}
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
