"""Runs random programs under random lists of passes, and compares them with what they mean.

    python tests/random/passes.py --engine clear --count 5000 --seed 0

prints one JSON object, as `run.py` does. Each program runs a dozen times: through every pass
alone, through all in a random order, and through that order with each one left out.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from ways import run


def main() -> int:
    """The command line; 1 if any program failed, or too many were refused."""
    parser = argparse.ArgumentParser(description="Random programs under random passes.")
    parser.add_argument("--engine", default="clear", choices=("clear", "openfhe"))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--refused", type=float, default=0.05, help="how large a part may be")
    options = parser.parse_args()
    tally = run(range(options.seed, options.seed + options.count), options.engine)
    print(json.dumps(asdict(tally)))
    return not tally.passed(options.refused)


if __name__ == "__main__":
    sys.exit(main())
