"""Runs random calls of `einlang.einsum` and compares them with `numpy.einsum`.

    python tests/random/equations.py --count 20000 --seed 0

prints one JSON object: how many agreed, and the seeds of those that did not; each of these is
shown on standard error. `--memory N` asks for values in between of at most N elements.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from equations import disagreement, generate


def main() -> int:
    """The command line; 1 if any call disagreed."""
    parser = argparse.ArgumentParser(description="Runs random equations.")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--largest", type=int, default=5, help="the largest size of a label")
    parser.add_argument("--memory", type=int, help="elements of the largest value in between")
    options = parser.parse_args()
    keywords = {"optimize": ("greedy", options.memory)} if options.memory else {}
    wrong: list[int] = []
    start = time.perf_counter()
    for seed in range(options.seed, options.seed + options.count):
        call = generate(seed, options.largest)
        why = disagreement(call, **keywords)
        if why:
            wrong.append(seed)
            print(f"--- seed {seed}: {call}\n{why}", file=sys.stderr)
    seconds = round(time.perf_counter() - start, 1)
    print(json.dumps({"equations": options.count, "failed": wrong, "seconds": seconds}))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
