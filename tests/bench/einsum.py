"""Times of `ein.einsum` beside its peers, as JSON: `python tests/bench/einsum.py --json`.

NumPy with `optimize` off and on, opt_einsum, cotengra and torch, as far as they are
installed, are measured in the same run, in turns; a figure is the least over the turns, in
microseconds a call, as what is above it comes from other work on the machine (the medians are
told too). A peer's `over` is the median of its time over ours in the same turn, so that a
machine which is fast now and slow later is so to both; `ratio` is the least of all peers'.
Every value is compared first. `--threads` says how many threads BLAS has (one), `--family`
and names choose cases, `--peak` measures memory instead of time.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import sys
import time
import tracemalloc
from collections.abc import Callable
from operator import truediv
from statistics import median
from typing import Any

ENOUGH = 20_000_000
"""NumPy's loops over all labels at once are not tried with more products than this."""

SEARCHED = 30
"""NumPy's own search for an order takes minutes for networks of so many operands."""

BUFFER = 8192 * 8 + 4096
CALM = 0.04
"""Seconds until the threads of the engine before have stopped to wait for more work."""


def main() -> int:
    """All cases, or those that are named."""
    parser = argparse.ArgumentParser(description="Times einsum beside its peers.")
    parser.add_argument("--json", action="store_true", help="all figures, as JSON")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.004, help="of one turn of one engine")
    parser.add_argument("--family", action="append")
    parser.add_argument("--peak", action="store_true")
    parser.add_argument("--without", action="append", default=[], help="an engine left out")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(options.threads)
    from contractions import CASES

    chosen = {
        name: case
        for name, case in CASES.items()
        if (not options.names or name in options.names)
        and (not options.family or case.family in options.family)
    }
    peers = engines(options.threads, options.without)
    rows = {name: row(case, peers, options) for name, case in chosen.items()}
    found: dict[str, Any] = {"threads": options.threads, "peers": sorted(peers), "cases": rows}
    if options.peak:
        found["above numpy"] = [n for n, r in rows.items() if above(r)]
    else:
        found |= summary(rows)
    if not (options.names or options.family or options.peak):
        found["overhead"] = overhead(options)
    print(json.dumps(found, indent=2) if options.json else shown(found))
    return 0


def engines(threads: int, without: list[str]) -> dict[str, Callable[..., Any]]:
    """What is installed, by name: functions like `numpy.einsum`."""
    import numpy as np
    import opt_einsum

    import einlang

    found: dict[str, Callable[..., Any]] = {
        "einlang": einlang.einsum,
        "numpy": np.einsum,
        "numpy optimize": lambda *x: np.einsum(*x, optimize=True),
        "opt_einsum": opt_einsum.contract,
    }
    try:
        import cotengra
    except ImportError:
        pass
    else:
        found["cotengra"] = cotengra.einsum
    try:
        import torch
    except ImportError:
        pass
    else:
        torch.set_num_threads(threads)
        found["torch"] = torch.einsum
    return {name: engine for name, engine in found.items() if name not in without}


def row(case: Any, peers: dict[str, Callable[..., Any]], options: Any) -> dict[str, Any]:
    """The times of one case, and how many times the best peer takes what we take."""
    calls = agreeing(case, peers)
    if options.peak:
        held = ("einlang", "numpy optimize")
        return {name: peak(call) for name, call in calls.items() if name in held}
    times: dict[str, list[float]] = {name: [] for name in calls}
    order = random.Random(0)
    for _ in range(options.turns):
        for name, call in order.sample(list(calls.items()), len(calls)):
            time.sleep(CALM if options.threads > 1 else 0)
            times[name].append(once(call, options.seconds))
    least = {name: round(min(t), 3) for name, t in times.items()}
    medians = {name: round(median(t), 3) for name, t in times.items()}
    ours = times.pop("einlang")
    over = {name: round(median(map(truediv, t, ours)), 3) for name, t in times.items()}
    best = min(over, key=lambda name: over[name])
    told = {"family": case.family, "us": least, "median us": medians, "over": over}
    return {**told, "best peer": best, "ratio": over[best]}


def agreeing(case: Any, peers: dict[str, Callable[..., Any]]) -> dict[str, Callable[[], Any]]:
    """The calls of all engines that take the case; their values are those of ours."""
    import numpy as np

    arrays = case.arrays()
    wanted = np.asarray(peers["einlang"](case.equation, *arrays))
    calls: dict[str, Callable[[], Any]] = {}
    for name, engine in peers.items():
        if slow(name, case):
            continue
        given, equation = arrays, case.equation
        if name == "torch":
            import torch

            given = [torch.tensor(np.array(x)) for x in arrays]
        try:
            value = np.asarray(engine(equation, *given))
        except (ValueError, RuntimeError, TypeError):
            continue
        scale = np.abs(wanted).max(initial=1e-30)
        if not np.allclose(value, wanted, rtol=1e-3, atol=1e-4 * scale):
            raise AssertionError(f"{name} differs on {case.equation}")
        calls[name] = lambda engine=engine, equation=equation, given=given: engine(equation, *given)
    return calls


def slow(name: str, case: Any) -> bool:
    """NumPy's loops over too much, and its search for orders of dozens of operands."""
    if name == "numpy":
        return products(case) > ENOUGH
    return name == "numpy optimize" and len(case.shapes) >= SEARCHED


def products(case: Any) -> float:
    """Of all sizes: what loops over all labels at once take."""
    sizes: dict[str, int] = {}
    for term, shape in zip(case.equation.split("->")[0].split(","), case.shapes, strict=True):
        sizes |= dict(zip(term, shape, strict=True))
    return math.prod(map(float, sizes.values()))


def once(call: Callable[[], Any], seconds: float) -> float:
    """Microseconds a call, over enough calls to be measured.

    It is called for a quarter of that time before, and twice at least: what slept is slow.
    """
    call()
    start, least, count = time.perf_counter(), math.inf, 0
    while count < 1 or time.perf_counter() - start < seconds / 4:
        before = time.perf_counter()
        call()
        least, count = min(least, time.perf_counter() - before), count + 1
    count = max(1, int(seconds / (least + 1e-7)))
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count * 1e6


def above(held: dict[str, int]) -> bool:
    """Whether a call holds more than NumPy's with an order, but for the buffer of a ufunc."""
    return held["einlang"] > held.get("numpy optimize", math.inf) + BUFFER


def peak(call: Callable[[], Any]) -> int:
    """The bytes that a call holds at most, its value included."""
    call()
    tracemalloc.start()
    call()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def summary(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The geometric mean of the ratios, the worst, and both per family."""
    families: dict[str, list[float]] = {}
    for found in rows.values():
        families.setdefault(found["family"], []).append(found["ratio"])
    worst = min(rows, key=lambda name: rows[name]["ratio"])
    return {
        "geometric mean": mean([r["ratio"] for r in rows.values()]),
        "worst": {worst: rows[worst]["ratio"]},
        "below 0.9": sorted(name for name, r in rows.items() if r["ratio"] < 0.9),
        "families": {name: [mean(r), min(r)] for name, r in families.items()},
    }


def mean(ratios: list[float]) -> float:
    """The geometric mean."""
    return round(math.exp(sum(map(math.log, ratios)) / len(ratios)), 3)


def overhead(options: Any) -> dict[str, float]:
    """Calls on 4x4 operands: against `numpy.einsum`, and compiled against `a @ b`."""
    import numpy as np

    import einlang

    a, b = np.ones((4, 4)), np.ones((4, 4))
    ready = einlang.compile("ij,jk->ik", (4, 4), (4, 4))
    calls: dict[str, Callable[[], Any]] = {
        "einlang": lambda: einlang.einsum("ij,jk->ik", a, b),
        "numpy": lambda: np.einsum("ij,jk->ik", a, b),
        "compiled": lambda: ready(a, b),
        "a @ b": lambda: a @ b,
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(4 * options.turns):
        for name, call in calls.items():
            times[name].append(once(call, options.seconds))
    us = {name: round(min(t), 3) for name, t in times.items()}
    pairs = {"call / numpy": ("einlang", "numpy"), "compiled / (a @ b)": ("compiled", "a @ b")}
    ratios = {
        name: round(median(map(truediv, times[one], times[other])), 3)
        for name, (one, other) in pairs.items()
    }
    return us | ratios


def shown(found: dict[str, Any]) -> str:
    """A line per case."""
    lines = []
    for name, found_row in found["cases"].items():
        lines.append(f"{name:24} {found_row}")
    rest = {name: value for name, value in found.items() if name != "cases"}
    return "\n".join([*lines, json.dumps(rest)])


if __name__ == "__main__":
    sys.exit(main())
