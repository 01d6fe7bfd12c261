"""Times of `examples/attention.ein` beside torch, as JSON: `python tests/bench/attention.py`.

The whole program, scores and their maxima, in float64 on data of the shape (8, 256, 16, 64),
or what `--shape` says (batch, tokens, heads, width); the least of some turns, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).parents[2] / "examples" / "attention.ein"
DECLARED = ("index b = 1, t = 16, s = t", "index h = 4, d = 8 ")


def main() -> int:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(description="Times attention beside torch.")
    parser.add_argument("--shape", type=int, nargs=4, default=(8, 256, 16, 64))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(options.threads)
    calls = prepared(tuple(options.shape), options.threads)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(options.turns):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - start) * 1e3)
    figures = {name: round(min(found), 2) for name, found in times.items()}
    print(json.dumps({"shape": options.shape, "threads": options.threads, "ms": figures}))
    return 0


def prepared(shape: tuple[int, ...], threads: int) -> dict[str, Callable[[], Any]]:
    """The calls of all engines, which give the same."""
    import numpy as np

    import einlang

    b, t, h, d = shape
    random = np.random.default_rng(0)
    arrays = {
        "Q": random.uniform(-0.5, 0.5, (b, t, h, d)),
        "K": random.uniform(-0.5, 0.5, (b, t, h, d)),
        "M": random.uniform(-6, 0, (t, t)),
        "W": random.uniform(0.5, 1, h),
    }
    text = EXAMPLE.read_text()
    sizes = (f"index b = {b}, t = {t}, s = t", f"index h = {h}, d = {d} ")
    for old, new in zip(DECLARED, sizes, strict=True):
        text = text.replace(old, new)
    program = einlang.compile(text)
    calls: dict[str, Callable[[], Any]] = {"einlang": lambda: program.run("numpy", **arrays)}
    wanted = calls["einlang"]()
    calls["numpy"] = lambda: by_numpy(np, **arrays)
    try:
        import torch
    except ImportError:
        pass
    else:
        torch.set_num_threads(threads)
        tensors = {name: torch.tensor(array) for name, array in arrays.items()}
        calls["torch"] = lambda: by_torch(torch, **tensors)
    for call in calls.values():
        for value, name in zip(call().values(), ("P", "top"), strict=True):
            np.testing.assert_allclose(np.asarray(value), wanted[name], atol=1e-9)
    return calls


def by_numpy(np: Any, Q: Any, K: Any, M: Any, W: Any) -> dict[str, Any]:  # noqa: N803
    """Batched products of matrices, then the sigmoid."""
    scores = np.matmul(Q.transpose(0, 2, 1, 3), K.transpose(0, 2, 3, 1))
    scores = scores * (W[:, None, None] / Q.shape[-1] ** 0.5) + M
    weights = 1 / (1 + np.exp(-scores))
    return {"P": weights, "top": weights.max(-1)}


def by_torch(torch: Any, Q: Any, K: Any, M: Any, W: Any) -> dict[str, Any]:  # noqa: N803
    """The same in torch."""
    scores = torch.einsum("bthd,bshd,h->bhts", Q, K, W) / Q.shape[-1] ** 0.5 + M
    weights = torch.sigmoid(scores)
    return {"P": weights, "top": weights.max(-1).values}


if __name__ == "__main__":
    sys.exit(main())
