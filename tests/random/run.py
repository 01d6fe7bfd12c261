"""Runs random programs on a backend and compares them with what they mean.

    python tests/random/run.py --backend fhe --engine clear --count 2000 --seed 0

prints one JSON object: how many programs agreed, how many were refused and why, and the
largest error relative to the precision that the program states. A program that disagrees
is shown with its seed; `--only SEED` shows and runs that one alone, `--smallest` also makes
it small.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from programs import Generated, generate

import einlang
from einlang.errors import BackendMistake, EinlangError

PRECISION = {"numpy": 1e-9, "fhe": 1e-4}
FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EinlangError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)


class Disagreement(AssertionError):  # noqa: N818
    """A program gives other values than it means."""


def stated(program: einlang.Program, backend: str) -> float:
    """The precision that a program asks for."""
    return program.settings.get(backend, {}).get("precision", PRECISION[backend])


def error(got: np.ndarray, wanted: np.ndarray) -> float:
    """The largest error, relative to the largest value where that is above one."""
    if got.shape != wanted.shape:
        return float("inf")
    return float(np.abs(got - wanted).max(initial=0) / max(1.0, np.abs(wanted).max(initial=0)))


def check(made: Generated, backend: str, **settings: object) -> float:
    """The largest error as a part of the precision. Raises `Disagreement` where it is too large."""
    program = einlang.compile(made.text)
    result = program.run(backend=backend, **settings, **made.data)
    precision = stated(program, backend)
    if sorted(result) != sorted(made.expected):
        raise Disagreement(f"outputs {sorted(result)}, not {sorted(made.expected)}")
    largest = 0.0
    for name, wanted in made.expected.items():
        part = error(np.asarray(result[name]), wanted) / precision
        if not part <= 1:
            raise Disagreement(f"`{name}` is {part:.3g} times the precision away")
        largest = max(largest, part)
    return largest


@dataclass
class Tally:
    """What came of many programs."""

    programs: int = 0
    agreed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)
    worst: float = 0.0
    seconds: float = 0.0


def run(seeds: range, profile: str, backend: str, settings: dict[str, object]) -> Tally:
    """Runs the programs of these seeds; those that fail are shown on standard error."""
    tally = Tally()
    start = time.perf_counter()
    for seed in seeds:
        made = generate(seed, profile)
        tally.programs += 1
        try:
            tally.worst = max(tally.worst, check(made, backend, **settings))
            tally.agreed += 1
        except BackendMistake as refusal:
            tally.refused[refusal.diagnostics[0].code] += 1
        except Exception as wrong:
            tally.failed.append(seed)
            show(made, seed, wrong)
    tally.seconds = round(time.perf_counter() - start, 1)
    return tally


def show(made: Generated, seed: int, wrong: Exception) -> None:
    """A program that failed, with the reason."""
    kind = "" if isinstance(wrong, (Disagreement, EinlangError)) else f"{type(wrong).__name__}: "
    print(f"--- seed {seed}\n{made.text}--- {kind}{wrong}\n", file=sys.stderr)


def main() -> int:
    """The command line; 1 if any program failed."""
    parser = argparse.ArgumentParser(description="Runs random programs.")
    parser.add_argument("--backend", default="numpy")
    parser.add_argument("--engine", help="of the fhe backend: openfhe or clear")
    parser.add_argument("--profile", help="which kind of programs: numpy, fhe, rough")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="shows and runs the program of one seed")
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
    return bool(tally.failed)


if __name__ == "__main__":
    sys.exit(main())
