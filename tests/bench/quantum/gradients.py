"""Gradients of random circuits and programs: all methods, and the difference quotient.

    python tests/bench/quantum/gradients.py --json

`circuits` have angles: the gradient by the diagram beside the adjoint method, the parameter
shift and the difference. `programs as tensors` are any random programs (index maps, reductions,
elementwise functions), all of whose numbers are sought: the gradient as training takes it beside
the difference of what the numpy backend computes. `programs as circuits` have ansaetze for
parameters: the gradient by the diagram beside the other two, each on the program's circuit.
Differences of programs are relative to the largest slope, or to one.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

import parameterised
from einlang_quantum.learning.weighted import by_adjoint, by_diagram, by_shift, weighted
from parameterised import apart, differences
from turning import random_circuit

TARGET = 1e-6


def of_circuit(seed: int) -> dict[str, float]:
    """The largest differences of one circuit's gradients from that of its diagram."""
    circuit, given, weights = random_circuit(np.random.default_rng(seed))
    first = by_diagram(circuit, given, weights)
    at = {name: np.asarray(angle) for name, angle in given.items()}
    near = differences(lambda moved: weighted(circuit, _floats(moved), weights), at)
    others = {"adjoint": by_adjoint(circuit, given, weights)}
    others["shift"] = by_shift(circuit, given, weights)
    others["difference"] = _floats(near)
    return {
        key: max(abs(first[name] - slope) for name, slope in other.items())
        for key, other in others.items()
    }


def _floats(arrays: dict[str, Any]) -> dict[str, float]:
    return {name: float(array) for name, array in arrays.items()}


def of_tensors(seed: int) -> dict[str, float]:
    """How far the gradient of a program is from the difference."""
    case = parameterised.tensors(seed)
    return {"difference": apart(case.gradient(), case.quotients)}


def of_ansaetze(seed: int) -> dict[str, float]:
    """How far the others are from the gradient by the diagram."""
    case = parameterised.circuits(seed)
    first = case.gradient()
    others = {name: case.gradient(gradient=name) for name in ("adjoint", "shift")}
    others["difference"] = case.quotients
    return {name: apart(other, first) for name, other in others.items()}


MEASURED: dict[str, Callable[[int], dict[str, float]]] = {
    "circuits": of_circuit,
    "programs as tensors": of_tensors,
    "programs as circuits": of_ansaetze,
}


def figures(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """One row for each kind."""
    rows = []
    for kind, measure in MEASURED.items():
        found = [measure(seed + number) for number in range(count)]
        largest = {key: max(each[key] for each in found) for key in found[0]}
        met = max(largest.values()) <= TARGET
        rows.append({"kind": kind, "count": count, "largest differences": largest, "met": met})
    return rows


def main() -> None:
    """All kinds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted: JSON is all there is")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(json.dumps({"gradients": figures(asked.count, asked.seed)}, indent=2))


if __name__ == "__main__":
    main()
