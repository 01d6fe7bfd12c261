"""Two programs of depth 40, bootstrapped at 128-bit security: `python tests/bench/deep.py --json`.

A logistic map, x <- r (x - x^2), twenty times over with two products each, and a matrix
power: forty products of an encrypted matrix with an encrypted vector. It takes minutes and
some gigabytes. `--engine clear` does the same on plain vectors, in seconds.
"""

from __future__ import annotations

import argparse
import json
import resource
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import einlang as ein

Array = np.ndarray[Any, Any]
Case = tuple[str, dict[str, Array], Array]
"""A program, its data, and its result."""


def logistic(steps: int = 20, size: int = 8) -> Case:
    """Steps of the logistic map, for as many starts as a ciphertext holds."""
    names = [f"x{step}" for step in range(steps + 1)]
    lines = [f"index i = {size}", "param r[i]", "secret x0[i] in [0, 1]"]
    for old, new in pairwise(names):
        lines.append(f"{new}[i] = r[i] * ({old}[i] - {old}[i]^2) in [0, 1]")
    rates = np.linspace(2.0, 3.2, size)
    start = x = np.linspace(0.1, 0.9, size)
    for _ in range(steps):
        x = rates * (x - x**2)
    return "\n".join([*lines, f"out {names[-1]}", ""]), {"r": rates, "x0": start}, x


def power(steps: int = 40, size: int = 4) -> Case:
    """A power of a matrix, applied to a vector."""
    lines = [f"index i = {size}, j = i", "secret A[i, j] in [-1, 1]", "secret v0[j] in [-1, 1]"]
    for step in range(steps):
        new, old = ("i", "j") if step % 2 == 0 else ("j", "i")
        product = f"A[{new}, {old}] * v{step}[{old}]"
        lines.append(f"v{step + 1}[{new}] = {product} in [-1, 1]")
    draw = np.random.default_rng(0)
    matrix = np.linalg.qr(draw.normal(size=(size, size)))[0]
    start = v = draw.uniform(-0.5, 0.5, size)
    for _ in range(steps):
        v = matrix @ v
    return "\n".join([*lines, f"out v{steps}", ""]), {"A": matrix, "v0": start}, v


CASES: dict[str, Callable[[], Case]] = {"logistic map": logistic, "matrix power": power}
FIGURES = ("security", "ring dimension", "slots", "depth", "key switching digits", "bootstraps")
TIMES = ("keys", "encrypt", "evaluate", "decrypt", "predicted evaluate")


def measured(case: Case, engine: str) -> dict[str, Any]:
    """Times, error and figures of one run."""
    text, data, expected = case
    result = ein.compile(text).run("fhe", engine=engine, bootstrap=True, **data)
    (values,) = result.values()
    figures = result.report.figures
    return {
        "multiplicative depth": 40,
        **{name: figures[name] for name in FIGURES},
        **{f"{name} seconds": figures[f"{name} seconds"] for name in TIMES},
        "key gigabytes": round(figures["key bytes"] / 1e9, 2),
        "peak gigabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
        "max abs error": float(np.abs(np.asarray(values) - expected).max()),
    }


def main() -> None:
    """Prints the figures by case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="nothing but JSON (as always)")
    parser.add_argument("--engine", default="openfhe", choices=("openfhe", "clear"))
    parser.add_argument("--case", choices=tuple(CASES), action="append")
    chosen = parser.parse_args()
    names = chosen.case or tuple(CASES)
    print(json.dumps({name: measured(CASES[name](), chosen.engine) for name in names}, indent=2))


if __name__ == "__main__":
    main()
