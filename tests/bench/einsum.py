"""Times of `ein.einsum` beside NumPy's and opt_einsum's, as JSON: `python tests/bench/einsum.py`.

All are measured in the same run, in turns; a figure is the median over the turns, in
microseconds a call.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import opt_einsum

import einlang

CASES: dict[str, tuple[str, list[tuple[int, ...]], str]] = {
    "matmul 4": ("ij,jk->ik", [(4, 4), (4, 4)], "f8"),
    "matmul 32": ("ij,jk->ik", [(32, 32), (32, 32)], "f8"),
    "matmul 256": ("ij,jk->ik", [(256, 256), (256, 256)], "f8"),
    "matmul int 128": ("ij,jk->ik", [(128, 128), (128, 128)], "i8"),
    "transposed result": ("ij,jk->ki", [(64, 64), (64, 64)], "f8"),
    "attention": ("thd,Thd->thT", [(64, 8, 32), (64, 8, 32)], "f8"),
    "chain": ("aij,ajk,akl->ail", [(8, 24, 24), (8, 24, 24), (8, 24, 24)], "f8"),
    "outer": ("i,j->ij", [(128,), (128,)], "f8"),
    "rows": ("bi,bi->b", [(512, 16), (512, 16)], "f8"),
    "trace": ("ii", [(64, 64)], "f8"),
    "sum": ("ij->j", [(128, 128)], "f8"),
    "transpose": ("ij->ji", [(64, 64)], "f8"),
    "network": ("ea,fb,abcd,gc,hd->efgh", [(8, 8), (8, 8), (8, 8, 8, 8), (8, 8), (8, 8)], "f8"),
}
ENGINES: dict[str, Callable[..., object]] = {
    "einlang": einlang.einsum,
    "numpy": np.einsum,
    "numpy optimize=True": lambda *x: np.einsum(*x, optimize=True),
    "opt_einsum": opt_einsum.contract,
}
TURNS = 7
SECONDS = 0.02


def once(call: Callable[[], object]) -> float:
    """Microseconds a call, over enough calls to be measured."""
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        call()
        count += 1
    return (time.perf_counter() - start) / count * 1e6


def measure(equation: str, shapes: list[tuple[int, ...]], kind: str) -> dict[str, float]:
    """The median of every engine, taken in turns."""
    random = np.random.default_rng(0)
    arrays = [random.integers(0, 9, shape).astype(kind) for shape in shapes]
    found: dict[str, list[float]] = {name: [] for name in ENGINES}
    for _ in range(TURNS):
        for name, engine in ENGINES.items():
            found[name].append(once(lambda engine=engine: engine(equation, *arrays)))
    return {name: round(median(times), 2) for name, times in found.items()}


def main() -> None:
    """All cases, or those that are named."""
    asked = sys.argv[1:] or list(CASES)
    rows = {
        name: {"equation": CASES[name][0], "microseconds": measure(*CASES[name])} for name in asked
    }
    print(json.dumps({"numpy": np.__version__, "cases": rows}, indent=2))


if __name__ == "__main__":
    main()
