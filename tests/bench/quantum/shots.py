"""Standard errors of what shots find: how often intervals hold the truth, what is promised.

    python tests/bench/quantum/shots.py --json

For every case 300 seeds are run. `covered` is the part of the 95 % intervals, of real and
imaginary parts, that hold the exact value; `promised` and `found` the relative error that
`shots_for` was asked for and the root mean square of what came.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from einlang_quantum.circuits import Circuit
from einlang_quantum.execution import Execution, execute, gain, shots_for

SEEDS = 300


@dataclass(frozen=True)
class Case:
    """A circuit that is read one way."""

    name: str
    circuit: Circuit
    reading: str
    precision: float
    device: str = "default.qubit"
    rounds: int = 0


def product(plain: bool) -> Circuit:
    """A matrix with a vector, all of it bent: the inner index is a Bell effect."""
    random = np.random.default_rng(5)
    matrix, row = (
        random.normal(size=size) + (not plain) * 1j * random.normal(size=size) for size in (4, 2)
    )
    return Circuit.state(matrix) @ Circuit.state(row) >> Circuit.id(1) @ Circuit.cup(1)


def inner(plain: bool) -> Circuit:
    """An inner product of two vectors of four: a number with its sign."""
    random = np.random.default_rng(8)
    left, right = random.normal(size=(2, 4)) + (not plain) * 1j * random.normal(size=(2, 4))
    return Circuit.state(left) >> Circuit.effect(right)


def rare() -> Circuit:
    """A number that is found once in a thousand times."""
    return Circuit.state([-(0.001**0.5), 0.999**0.5]) >> Circuit.effect([1.0, 0.0])


def cases() -> list[Case]:
    """Numbers and vectors, read in all ways."""
    return [
        Case("number, magnitude", inner(True), "magnitude", 0.03),
        Case("number, real", inner(True), "real", 0.03),
        Case("number, complex", inner(False), "complex", 0.03),
        Case("vector, magnitude", product(True), "magnitude", 0.03),
        Case("vector, real", product(True), "real", 0.05, "lightning.qubit"),
        Case("vector, complex", product(False), "complex", 0.05, "lightning.qubit"),
        Case("rare number, magnitude", rare(), "magnitude", 0.1),
        Case("rare number, real", rare(), "real", 0.1),
        Case("rare number, amplified", rare(), "real", 0.1, rounds=8),
    ]


def measured(case: Case, seeds: int = SEEDS) -> dict[str, Any]:
    """One case over so many seeds."""
    amplitudes = case.circuit.amplitudes()
    exact = case.circuit.scale * amplitudes
    truth = abs(exact) if case.reading == "magnitude" else exact
    p = float(np.sum(abs(amplitudes) ** 2))
    loud = p * gain(case.rounds, p) ** 2
    shots = shots_for(case.precision, loud, case.reading, amplitudes.size)
    inside, gaps, success = [], [], []
    for seed in range(seeds):
        options = {"device": case.device, "reading": case.reading, "amplify": case.rounds}
        found = execute(case.circuit, shots=shots, seed=seed, **options)
        inside += covered(found, truth)
        gaps.append(np.linalg.norm(found.values - truth) ** 2 / np.linalg.norm(truth) ** 2)
        success.append(abs(found.probability - p) <= 1.959964 * found.probability_error)
    return {
        "case": case.name,
        "device": case.device,
        "probability": p,
        "shots": shots,
        "seeds": seeds,
        "covered": float(np.mean(inside)),
        "covered probability": float(np.mean(success)),
        "promised": case.precision,
        "found": float(np.sqrt(np.mean(gaps))),
    }


def covered(found: Execution, truth: Any) -> list[bool]:
    """For every part of every element, whether its interval holds the truth."""
    low, high = (np.asarray(end) for end in found.interval())
    held = [(low.real <= truth.real) & (truth.real <= high.real)]
    if found.reading == "complex":
        held.append((low.imag <= truth.imag) & (truth.imag <= high.imag))
    return [bool(each) for each in np.ravel(held)]


def main() -> None:
    """Prints a row for every case."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--seeds", type=int, default=SEEDS)
    asked = options.parse_args()
    rows = [measured(case, asked.seeds) for case in cases()]
    print(json.dumps(rows, indent=None if asked.json else 2))


if __name__ == "__main__":
    main()
