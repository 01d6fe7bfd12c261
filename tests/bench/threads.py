"""What two threads give, and what an instruction takes: `python tests/bench/threads.py --json`.

Each case is encrypted, evaluated and decrypted on one thread and on several in turns, with
the same program and the same keys. The speed-up is the median over the turns, each of which
has one of either.

What the machine gives is measured in the same turns: as many processes that share nothing
evaluate the program side by side, each on one thread. Two processors that share a core, a
cache or a clock give less than twice one; `machine` is how much more work the processes do
than one alone, and `share of the machine` the speed-up beside that. `processor` is the share
of a processor that the turns on one thread had: where other work takes some of it, the
speed-up that was measured is too low. `processor, several over one` is the processor time
that the same work takes on several threads, beside that on one.

The overhead is what the executor takes for an instruction with an engine that does nothing.
`--only NAME` (a part of a name, as often as wanted) picks cases, `--threads N`, `--turns N`,
`--minimise WHAT` (latency).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import reduce
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from einlang_fhe.engines.engine import Parameters
from einlang_fhe.executor import AGAIN, Executor
from einlang_fhe.passes.levels import assign
from einlang_fhe.slots import Builder
from encrypted.cases import by_name
from encrypted.measure import PARTS
from encrypted.pairs import paired, timed

LARGE = ("matmul-128", "attention", "convolution", "plain-matvec-512", "chain-64")
SMALL = ("01-transpose", "03-sumcol", "06-matmat", "09-hadamard", "13-chain")
TARGET = 1.6


class Idle:
    """An evaluator that does nothing."""

    parameters = Parameters(1 << 12, 0, 40, 50, 1)
    concurrent = True

    def bind(self, *_: Any) -> Callable[[Any], Any]:
        """Nothing."""
        return lambda cipher: cipher

    def running(self, switching: bool = True) -> nullcontext[None]:
        """Nothing goes wrong."""
        return nullcontext()


def overhead(instructions: int, turns: int = 20) -> tuple[float, float]:
    """Microseconds of a run of a chain of so many instructions that do nothing: of the first
    runs, which loop over them, and of later ones, for which functions are written.

    >>> all(each < 1e3 for each in overhead(0))
    True
    """
    build = Builder(slots=4)
    value = reduce(lambda value, _: build.negate(value), range(instructions), build.input(0))
    idle: Any = Idle()
    levelled = assign(build.program((value,)))
    taken: tuple[list[float], list[float]] = [], []
    for _ in range(turns):
        executor = Executor(levelled, idle)
        for number in range(2 * AGAIN):
            timed(taken[number >= AGAIN], lambda executor=executor: executor.run([None]))
    first, later = (min(each) * 1e6 for each in taken)
    return first, later


def table(found: dict[str, Any]) -> str:
    """A line for each case."""
    heads = [f"{'case':18}{'tasks':>6}", *(f"{part:>24}" for part in PARTS), f"{'machine':>9}"]
    lines = ["".join(heads)]
    for row in found["cases"]:
        one, several = row["seconds"].values()
        shown = (
            f"{one[part] * 1e3:10.2f}{several[part] * 1e3:9.2f}{row['speed-up'][part]:5.2f}"
            for part in PARTS
        )
        machine = f"{row['machine']:9.2f}"
        lines.append("".join([f"{row['case']:18}{row['tasks']:6}", *shown, machine]))
    each = found["overhead"]["microseconds for each instruction"]
    return "\n".join([*lines, f"overhead: {each:.2f} us for each instruction"])


def arguments(line: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--only", action="append", metavar="NAME", default=[])
    parser.add_argument("--threads", type=int, metavar="N", default=2)
    parser.add_argument("--turns", type=int, metavar="N", default=11)
    parser.add_argument("--minimise", metavar="WHAT", default="latency")
    return parser.parse_args(line)


def main(line: Sequence[str] | None = None) -> None:
    """The cases that are named, or all of the lists above."""
    options = arguments(line)
    names = [n for n in by_name() if any(part in n for part in options.only)]
    rows, settings = [], {"minimise": options.minimise}
    for name in names or (*LARGE, *SMALL):
        print(f"{name} ...", file=sys.stderr)
        found = paired(by_name()[name], options.threads, options.turns, settings)
        rows.append({"case": name, **found})
    each = [(many - none) / 2000 for none, many in zip(overhead(0), overhead(2000), strict=True)]
    found = {
        "command": f"python tests/bench/threads.py --json --threads {options.threads}",
        "threads": options.threads,
        "cases": rows,
        "overhead": {
            "microseconds for each instruction": each[1],
            "in the first runs": each[0],
        },
        "target": {
            "speed-up": TARGET,
            "reached": all(r["speed-up"]["evaluate"] >= TARGET for r in rows if r["case"] in LARGE),
            "least share of the machine": min(r["share of the machine"] for r in rows),
        },
    }
    print(json.dumps(found, indent=2) if options.json else table(found))


if __name__ == "__main__":
    main()
