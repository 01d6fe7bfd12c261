"""Runs a levelled slot program on an evaluator, on one thread or on several.

All that does not depend on the ciphertexts is done once: rotations are hoisted, sums are
balanced, instructions put in an order that holds few values, functions bound, plaintexts
encoded. A value is forgotten after its last use. The result is the same for any number of
threads.

>>> import numpy as np
>>> from einlang_fhe.engines.clear import ClearEngine
>>> from einlang_fhe.engines.engine import Parameters
>>> from einlang_fhe.passes.levels import assign
>>> from einlang_fhe.slots import Builder
>>> build = Builder(slots=8)
>>> x = build.input(0)
>>> program = assign(build.program((build.add(x, build.rotate(x, 1)),)))
>>> client, evaluator = ClearEngine(noise=False).keys(Parameters(16, 0, 40, 50, 1), [1], False)
>>> (reply,) = Executor(program, evaluator).run([client.encrypt(np.arange(8.0))])
>>> client.decrypt(reply)
array([ 1.,  3.,  5.,  7.,  9., 11., 13.,  7.])
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from time import perf_counter
from typing import Any, Protocol

from einlang_fhe.costs import load
from einlang_fhe.costs.tally import calls
from einlang_fhe.engines.engine import Cipher, Evaluator
from einlang_fhe.execution.crew import Race
from einlang_fhe.execution.kept import Kept
from einlang_fhe.execution.ready import Call, Ready, keys, ready
from einlang_fhe.execution.straight import Part, Whole, parts, whole
from einlang_fhe.execution.tasks import Shared, alone, share
from einlang_fhe.passes.balance import Balance
from einlang_fhe.passes.hoist import Hoist
from einlang_fhe.passes.levels import Levelled
from einlang_fhe.passes.order import Order
from einlang_fhe.plaintexts import Entry
from einlang_fhe.slots import SlotProgram
from einlang_fhe.verifier import verify

Progress = Callable[[int, int], None]
SILENT = 0.01
"""Seconds between two reports: one for each instruction would take longer than some of them."""
FEW = 4096
SHORT = 0.2
AGAIN = 2
"""Functions are written for programs of so few instructions, once they have taken less than so
many seconds (for each task) so many times."""


class Pass(Protocol):
    """From a program to one of the same meaning."""

    def apply(self, levelled: Levelled) -> Levelled:
        """The other program."""
        ...


def preparation(threads: int) -> tuple[Pass, ...]:
    """What makes a program fit for execution: several threads want sums in parts."""
    return (Hoist(), Order()) if threads == 1 else (Hoist(), Balance(), Order())


def reads_keys(program: SlotProgram) -> bool:
    """Whether evaluation keys are needed.

    >>> from einlang_fhe.slots import Builder
    >>> build = Builder(slots=8)
    >>> total = build.add(build.input(0), build.input(1))
    >>> reads_keys(build.program((total,)))
    False
    >>> reads_keys(build.program((build.multiply(total, total),)))
    True
    """
    return bool(program.rotations) or program.count("relinearize", "bootstrap") > 0


class Executor:
    """A program made ready for one evaluator.

    `entries`: what its plaintexts hold. `threads`: at most so many; fewer where they would
    not help. `room`: bytes of plaintexts kept between runs. `consume`: every list of
    ciphertexts given to `run` is emptied, and their memory used. `passes`: what is done to the
    program first, if not `preparation`.
    """

    def __init__(
        self,
        levelled: Levelled,
        evaluator: Evaluator,
        entries: Sequence[Entry] = (),
        threads: int = 1,
        room: float = float("inf"),
        consume: bool = False,
        passes: Sequence[Pass] | None = None,
    ) -> None:
        parameters = evaluator.parameters
        verify(levelled, parameters.depth, levelled.program.rotations, parameters.bootstrap)
        self.evaluator = evaluator
        self.threads = threads if evaluator.concurrent else 1
        for way in preparation(self.threads) if passes is None else passes:
            levelled = way.apply(levelled)
        self.levelled = levelled
        self.switching = reads_keys(levelled.program)
        self.consume = consume
        self.quick = 0
        self.few = len(levelled.program.instructions) <= FEW
        self.kept = Kept(evaluator, entries, keys(self.levelled), room)

    @cached_property
    def shared(self) -> Shared:
        """The instructions in tasks, for as many threads as are predicted to help."""
        program = self.levelled.program
        if self.threads == 1:
            return alone(program)
        parameters, costs = self.evaluator.parameters, load()
        seconds = [costs.seconds(v, parameters, *at) for v, *at in calls(self.levelled)]
        return share(program, seconds, self.threads)

    @cached_property
    def ready(self) -> Ready:
        """The tasks, bound to the evaluator."""
        made = self.kept.keys, self.kept.encode
        return ready(self.levelled, self.shared.tasks, self.evaluator, *made, self.consume)

    def prepare(
        self,
        tensors: Mapping[int, Any],
        changed: Collection[int],
        progress: Progress | None = None,
    ) -> None:
        """Encodes plaintexts that are missing, and those of tensors that changed."""
        self.kept.refresh(tensors, changed, self.threads, progress)
        assert self.ready

    def run(self, request: Sequence[Cipher], progress: Progress | None = None) -> list[Cipher]:
        """The ciphertexts of the reply."""
        program = self.ready
        inputs = [request[number] for _, number in program.inputs]
        if self.consume and isinstance(request, list):
            request.clear()
        with self.evaluator.running(self.switching):
            if self.again and len(program.tasks) == 1:
                return self.whole(inputs, self.kept.plains)
            return self._turns(program, inputs, progress)

    @property
    def again(self) -> bool:
        """Whether functions are worth writing, and nobody waits for reports from inside of one."""
        return self.quick >= AGAIN

    @cached_property
    def whole(self) -> Whole:
        """The program as one function."""
        return whole(self.ready)

    @cached_property
    def parts(self) -> list[Part]:
        """The tasks as functions."""
        return parts(self.ready)

    def _turns(
        self, program: Ready, inputs: list[Cipher], progress: Progress | None
    ) -> list[Cipher]:
        """One call after another, on one thread or on several."""
        values: list[Any] = [None] * program.size
        for register, _ in reversed(program.inputs):
            values[register] = inputs.pop()
        values[program.plains] = self.kept.plains
        start = perf_counter()
        if len(program.tasks) == 1:
            _run(program.tasks[0].calls, values, progress)
        else:
            self._race(program, values, progress)
        if self.few and not self.again:
            self.quick += perf_counter() - start < SHORT * len(program.tasks)
        return [values[register] for register in program.outputs]

    def _race(self, program: Ready, values: list[Any], progress: Progress | None) -> None:
        left = {register: [None] * count for register, count in program.readers}
        parts = self.parts if self.again else None

        def work(number: int) -> None:
            task = program.tasks[number]
            if parts:
                parts[number](values)
            else:
                _run(task.calls, values, None)
            for register in task.shared:
                left[register].pop()
                if not left[register]:
                    values[register] = None

        def report(done: int) -> None:
            if progress is not None:
                progress(done, len(program.tasks))

        Race(self.shared.following, work).run(self.shared.threads, report)


def _run(calls: Sequence[Call], values: list[Any], progress: Progress | None) -> None:
    if progress is not None:
        _reported(calls, values, progress)
        return
    read = values.__getitem__
    for function, result, arguments, dead in calls:
        made = function(*map(read, arguments))
        values[result] = values[arguments[0]] if made is None else made
        for register in dead:
            values[register] = None


def _reported(calls: Sequence[Call], values: list[Any], progress: Progress) -> None:
    told, read = perf_counter(), values.__getitem__
    for done, (function, result, arguments, dead) in enumerate(calls, 1):
        made = function(*map(read, arguments))
        values[result] = values[arguments[0]] if made is None else made
        for register in dead:
            values[register] = None
        if perf_counter() > told + SILENT:
            progress(done, len(calls))
            told = perf_counter()
    progress(len(calls), len(calls))
