"""What two threads give, and what an instruction takes: `python tests/bench/threads.py --json`.

Each case is encrypted, evaluated and decrypted on one thread and on several in turns, with
the same program and the same keys. The speed-up is that of the fastest turns. `processor`
is the share of a processor that the turns on one thread had: where other work takes some of
it, the speed-up that was measured is too low. `processor, several over one` is the processor
time that the same work takes on several threads, beside that on one.

The overhead is what the executor takes for an instruction with an engine that does nothing.
`--only NAME` (a part of a name, as often as wanted) picks cases, `--threads N`, `--turns N`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import reduce
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from einlang_fhe.backend import FheExecutable
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.executor import Executor
from einlang_fhe.passes.levels import assign
from einlang_fhe.session import Session
from einlang_fhe.slots import Builder
from encrypted.cases import Case, by_name
from encrypted.measure import compile_program

from einlang.backend import silent

LARGE = ("matmul-128", "attention", "convolution", "plain-matvec-512", "chain-64")
SMALL = ("01-transpose", "03-sumcol", "06-matmat", "09-hadamard", "13-chain")
PARTS = ("encrypt", "evaluate", "decrypt")
TARGET = 1.6


def timed(seconds: list[float], work: Callable[[], Any]) -> Any:
    """What the work gives; its time is added to the list."""
    start = time.perf_counter()
    result = work()
    seconds.append(time.perf_counter() - start)
    return result


class Pair:
    """A program on one thread and on several, with the same keys."""

    def __init__(self, case: Case, threads: int) -> None:
        self.arrays = case.operands()
        self.expected = case.expected(list(self.arrays.values()))
        made, _ = compile_program(case, {"threads": 1})
        assert isinstance(made.server, FheExecutable)
        self.one = made.server.session
        wider = replace(self.one.options, threads=threads)
        self.several = Session(self.one.compiled, wider, self.arrays)
        self.several.keys = self.one.keys
        self.seconds: list[dict[str, list[float]]] = [{part: [] for part in PARTS} for _ in "12"]
        self.spent: list[list[float]] = [[], []]
        self.error = 0.0

    def turn(self) -> None:
        """Once on one thread, and once on several."""
        sessions = self.one, self.several
        for session, seconds, spent in zip(sessions, self.seconds, self.spent, strict=True):
            self._turn(session, seconds, spent)

    def _turn(
        self, session: Session, seconds: dict[str, list[float]], processor: list[float]
    ) -> None:
        session.encode(self.arrays, silent)
        request = timed(seconds["encrypt"], lambda: session.encrypt(self.arrays, silent))
        spent = time.process_time()
        reply = timed(seconds["evaluate"], lambda: session.evaluate(request, silent))
        processor.append(time.process_time() - spent)
        read = timed(seconds["decrypt"], lambda: session.decrypt(self.arrays, reply, silent))
        (result,) = read.values()
        self.error = max(self.error, float(abs(result - self.expected).max()))

    def figures(self) -> dict[str, Any]:
        """Seconds of the fastest turns, and how they compare."""
        best = [{part: min(taken) for part, taken in one.items()} for one in self.seconds]
        executor = self.several.executor
        found: dict[str, Any] = {
            "instructions": len(executor.levelled.program.instructions),
            "tasks": len(executor.shared.tasks),
            "seconds": {"one thread": best[0], "several": best[1]},
            "speed-up": {part: best[0][part] / max(best[1][part], 1e-9) for part in PARTS},
            "processor": sum(self.spent[0]) / sum(self.seconds[0]["evaluate"]),
            "processor, several over one": min(self.spent[1]) / min(self.spent[0]),
            "peak megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "max abs error": self.error,
        }
        return found


def measure(case: Case, threads: int, turns: int) -> dict[str, Any]:
    """All figures of a case."""
    pair = Pair(case, threads)
    for _ in range(turns + 1):
        pair.turn()
    return {"case": case.name, **pair.figures()}


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


def overhead(instructions: int, turns: int = 20) -> float:
    """Microseconds of a run of a chain of so many instructions that do nothing.

    >>> overhead(0) < 1e3
    True
    """
    build = Builder(slots=4)
    value = reduce(lambda value, _: build.negate(value), range(instructions), build.input(0))
    idle: Any = Idle()
    executor = Executor(assign(build.program((value,))), idle)
    taken: list[float] = []
    for _ in range(turns):
        timed(taken, lambda: executor.run([None]))
    return min(taken) * 1e6


def table(found: dict[str, Any]) -> str:
    """A line for each case."""
    lines = [f"{'case':18}{'tasks':>6}" + "".join(f"{part:>24}" for part in PARTS)]
    for row in found["cases"]:
        one, several = row["seconds"].values()
        shown = (
            f"{one[part] * 1e3:10.2f}{several[part] * 1e3:9.2f}{row['speed-up'][part]:5.2f}"
            for part in PARTS
        )
        lines.append(f"{row['case']:18}{row['tasks']:6}" + "".join(shown))
    each = found["overhead"]["microseconds for each instruction"]
    return "\n".join([*lines, f"overhead: {each:.2f} us for each instruction"])


def arguments(line: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--only", action="append", metavar="NAME", default=[])
    parser.add_argument("--threads", type=int, metavar="N", default=2)
    parser.add_argument("--turns", type=int, metavar="N", default=5)
    return parser.parse_args(line)


def main(line: Sequence[str] | None = None) -> None:
    """The cases that are named, or all of the lists above."""
    options = arguments(line)
    names = [n for n in by_name() if any(part in n for part in options.only)]
    rows = []
    for name in names or (*LARGE, *SMALL):
        print(f"{name} ...", file=sys.stderr)
        rows.append(measure(by_name()[name], options.threads, options.turns))
    none, many = overhead(0), overhead(2000)
    found = {
        "command": f"python tests/bench/threads.py --json --threads {options.threads}",
        "threads": options.threads,
        "cases": rows,
        "overhead": {
            "microseconds for each instruction": (many - none) / 2000,
            "microseconds for each run": none,
        },
        "target": {
            "speed-up": TARGET,
            "reached": all(r["speed-up"]["evaluate"] >= TARGET for r in rows if r["case"] in LARGE),
        },
    }
    print(json.dumps(found, indent=2) if options.json else table(found))


if __name__ == "__main__":
    main()
