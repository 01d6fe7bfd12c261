"""A program on one thread, on several, and in several processes, timed in turns.

What several threads can give depends on the machine: two processors that share a core, a cache
or a clock give less than twice one. As many processes, which share nothing, are the measure.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from statistics import median
from typing import Any

from einlang_fhe.backend import FheExecutable
from einlang_fhe.session import Session

from einlang.backend import silent
from encrypted.cases import Case
from encrypted.measure import PARTS, Array, Settings, compile_program


def timed(seconds: list[float], work: Callable[[], Any]) -> Any:
    """What the work gives; its time is added to the list."""
    start = time.perf_counter()
    result = work()
    seconds.append(time.perf_counter() - start)
    return result


class Processes:
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

    def __init__(self, case: Case, threads: int, settings: Settings) -> None:
        self.arrays = case.operands()
        self.expected = case.expected(list(self.arrays.values()))
        made, _ = compile_program(case, {**settings, "threads": 1})
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
    def processes(self) -> Iterator[Processes]:
        """Those that turns are measured beside; both sessions have run by then."""
        beside = Processes(self.one, self.arrays, self.threads - 1)
        try:
            yield beside
        finally:
            beside.close()

    def turn(self, beside: Processes | None = None) -> None:
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
        faster = {part: gain(one[part], several[part]) for part in PARTS}
        machine = self.threads * gain(one["evaluate"], self.beside)
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
            "processor, several over one": 1 / gain(self.spent[0][1:], self.spent[1][1:]),
            "peak megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "max abs error": self.error,
        }
        return found


def gain(before: Sequence[float], after: Sequence[float]) -> float:
    """The median of how many times faster the second of each two is."""
    return median(one / max(other, 1e-9) for one, other in zip(before, after, strict=True))


def paired(case: Case, threads: int, turns: int, settings: Settings) -> dict[str, Any]:
    """All figures of a case; the first turn, which makes keys, is one more."""
    pair = Pair(case, threads, settings)
    pair.turn()
    with pair.processes() as beside:
        for _ in range(turns):
            pair.turn(beside)
    return pair.figures()
