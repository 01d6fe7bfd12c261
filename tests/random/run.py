"""Runs random programs on a backend and compares them with what they mean.

    python tests/random/run.py --backend fhe --engine clear --count 2000 --seed 0

prints one JSON object: how many programs agreed, the seeds of those that were refused, by
the code of the reason, and the largest error relative to the precision that is stated. A
program that disagrees is shown with its seed; `--only SEED` shows and runs that one alone,
`--smallest` also makes it small.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from agreement import run
from programs import generate


def main() -> int:
    """The command line; 1 if any program failed, or too many were refused."""
    parser = argparse.ArgumentParser(description="Runs random programs.")
    parser.add_argument("--backend", default="numpy")
    parser.add_argument("--engine", help="of the fhe backend: openfhe or clear")
    parser.add_argument("--profile", help="which kind of programs: numpy, fhe, rough")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="shows and runs the program of one seed")
    parser.add_argument("--refused", type=float, default=0.05, help="how large a part may be")
    parser.add_argument("--smallest", action="store_true", help="shrinks what fails")
    options = parser.parse_args()
    profile = options.profile or options.backend
    settings: dict[str, object] = {"engine": options.engine} if options.engine else {}
    if options.only is not None:
        print(generate(options.only, profile).text)
    first, count = (options.seed, options.count) if options.only is None else (options.only, 1)
    tally = run(range(first, first + count), profile, options.backend, settings)
    print(json.dumps(asdict(tally)))
    if options.smallest:
        from shrink import shrink

        for seed in tally.failed:
            print(shrink(generate(seed, profile), options.backend, settings))
    return not tally.passed(options.refused)


if __name__ == "__main__":
    sys.exit(main())
