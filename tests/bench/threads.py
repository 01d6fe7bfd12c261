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
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import reduce
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from einlang_fhe.backend import FheExecutable
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.executor import Executor
from einlang_fhe.passes.levels import assign
from einlang_fhe.session import Session
from einlang_fhe.slots import Builder
from encrypted.cases import Case, by_name
from encrypted.measure import Array, compile_program

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


class Beside:
    """Processes that evaluate on one thread each, begun together, with what this one has."""

    def __init__(self, session: Session, arrays: Mapping[str, Array], others: int) -> None:
        self.session, self.arrays = session, arrays
        forked = multiprocessing.get_context("fork")
        ends = [forked.Pipe() for _ in range(others)]
        self.pipes = [mine for mine, _ in ends]
        self.processes = [
            forked.Process(target=self._serve, args=(theirs,), daemon=True) for _, theirs in ends
        ]
        for process in self.processes:
            process.start()

    def _serve(self, pipe: Any) -> None:
        while pipe.recv():
            request = self._request()
            pipe.send("ready")
            pipe.recv()
            self.session.evaluate(request, silent)
            pipe.send("done")

    def _request(self) -> list[Any]:
        self.session.encode(self.arrays, silent)
        return self.session.encrypt(self.arrays, silent)

    def turn(self) -> float:
        """Seconds until this process and all others have evaluated the program once."""
        request = self._request()
        for said in (True, "go"):
            for pipe in self.pipes:
                pipe.send(said)
            if said is True:
                self._hear()
        start = time.perf_counter()
        self.session.evaluate(request, silent)
        self._hear()
        return time.perf_counter() - start

    def _hear(self) -> None:
        for pipe in self.pipes:
            pipe.recv()

    def close(self) -> None:
        """Ends the processes."""
        for pipe, process in zip(self.pipes, self.processes, strict=True):
            pipe.send(False)
            process.join()


class Pair:
    """A program on one thread, on several with the same keys, and in several processes."""

    def __init__(self, case: Case, threads: int, minimise: str) -> None:
        self.arrays = case.operands()
        self.expected = case.expected(list(self.arrays.values()))
        made, _ = compile_program(case, {"threads": 1, "minimise": minimise})
        assert isinstance(made.server, FheExecutable)
        self.one = made.server.session
        wider = replace(self.one.options, threads=threads)
        self.several = Session(self.one.compiled, wider, self.arrays)
        self.several.keys = self.one.keys
        self.threads = threads
        self.seconds: list[dict[str, list[float]]] = [{part: [] for part in PARTS} for _ in "12"]
        self.spent: list[list[float]] = [[], []]
        self.beside: list[float] = []
        self.error = 0.0

    @contextmanager
    def processes(self) -> Iterator[Beside]:
        """Those that turns are measured beside; both sessions have run by then."""
        beside = Beside(self.one, self.arrays, self.threads - 1)
        try:
            yield beside
        finally:
            beside.close()

    def turn(self, beside: Beside | None = None) -> None:
        """Once on one thread, once on several, once in several processes."""
        sessions = self.one, self.several
        for session, seconds, spent in zip(sessions, self.seconds, self.spent, strict=True):
            self._turn(session, seconds, spent)
        if beside is not None:
            self.beside.append(beside.turn())

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
        """Medians over the turns, and how they compare; the first turn is not counted."""
        one, several = ({p: taken[1:] for p, taken in each.items()} for each in self.seconds)
        executor = self.several.executor
        faster = {part: _gain(one[part], several[part]) for part in PARTS}
        machine = self.threads * _gain(one["evaluate"], self.beside)
        found: dict[str, Any] = {
            "instructions": len(executor.levelled.program.instructions),
            "tasks": len(executor.shared.tasks),
            "seconds": {
                name: {part: median(taken) for part, taken in each.items()}
                for name, each in (("one thread", one), ("several", several))
            },
            "speed-up": faster,
            "machine": machine,
            "share of the machine": faster["evaluate"] / machine,
            "processor": sum(self.spent[0]) / sum(self.seconds[0]["evaluate"]),
            "processor, several over one": 1 / _gain(self.spent[0][1:], self.spent[1][1:]),
            "peak megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "max abs error": self.error,
        }
        return found


def _gain(before: Sequence[float], after: Sequence[float]) -> float:
    """The median of how many times faster the second of each two is."""
    return median(one / max(other, 1e-9) for one, other in zip(before, after, strict=True))


def measure(case: Case, threads: int, turns: int, minimise: str) -> dict[str, Any]:
    """All figures of a case."""
    pair = Pair(case, threads, minimise)
    pair.turn()
    with pair.processes() as beside:
        for _ in range(turns):
            pair.turn(beside)
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
    rows = []
    for name in names or (*LARGE, *SMALL):
        print(f"{name} ...", file=sys.stderr)
        rows.append(measure(by_name()[name], options.threads, options.turns, options.minimise))
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
            "least share of the machine": min(r["share of the machine"] for r in rows),
        },
    }
    print(json.dumps(found, indent=2) if options.json else table(found))


if __name__ == "__main__":
    main()
