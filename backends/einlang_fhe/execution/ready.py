"""A program made ready for an evaluator: functions bound, registers given, ends of life known.

Every value has a register. A call is a function, the register of its result, those that it
reads, and those that nothing reads afterwards. Values that several tasks read are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from einlang_fhe.engines.engine import Bound, Evaluator, Operand, Plain
from einlang_fhe.passes.levels import Levelled
from einlang_fhe.passes.order import polynomials
from einlang_fhe.slots import Instruction

Key = tuple[int, int, int]
"""A plaintext, with the level and the degree that it is encoded for."""
Call = tuple[Bound, int, tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Task:
    """Calls in order, and the registers that other tasks read as well."""

    calls: tuple[Call, ...]
    shared: tuple[int, ...]


@dataclass(frozen=True)
class Ready:
    """Tasks. `readers`: how many tasks read each register that more than one reads.

    `inputs` are the registers of the request with their numbers, `plains` those of the
    plaintexts that are there beforehand, one after another, `outputs` those of the reply.
    """

    size: int
    inputs: tuple[tuple[int, int], ...]
    plains: slice
    outputs: tuple[int, ...]
    tasks: tuple[Task, ...]
    readers: tuple[tuple[int, int], ...]


def keys(levelled: Levelled) -> list[Key]:
    """The plaintexts of a program, each once, in the order of their first use."""
    found: dict[Key, None] = {}
    for step in levelled.program.instructions:
        if step.verb.endswith("_plain"):
            found[_key(levelled, step)] = None
    return list(found)


def _key(levelled: Levelled, step: Instruction) -> Key:
    value = step.arguments[0]
    degree = 1 if step.verb == "multiply_plain" else levelled.degrees[value]
    return step.number, levelled.levels[value], degree


def ready(
    levelled: Levelled,
    groups: Sequence[Sequence[int]],
    evaluator: Evaluator,
    kept: Sequence[Key],
    encode: Callable[[Key], Plain],
    consume: bool,
) -> Ready:
    """The program in groups of instructions, each in order.

    `kept` are the plaintexts that are there beforehand, others are encoded when they are
    used. `consume`: the inputs are not needed afterwards.
    """
    return _Writer(levelled, groups, evaluator, kept, encode, consume).written()


class _Writer:
    def __init__(
        self,
        levelled: Levelled,
        groups: Sequence[Sequence[int]],
        evaluator: Evaluator,
        kept: Sequence[Key],
        encode: Callable[[Key], Plain],
        consume: bool,
    ) -> None:
        self.levelled, self.groups, self.evaluator = levelled, groups, evaluator
        self.steps = levelled.program.instructions
        self.parts = polynomials(levelled.program)
        self.plains = {key: len(self.steps) + n for n, key in enumerate(kept)}
        self.size = len(self.steps) + len(kept)
        self.encode = encode
        self.readers = self._readers()
        self.borrowed = self._borrowed(consume)

    def written(self) -> Ready:
        """All groups as tasks."""
        tasks = tuple(self._task(group) for group in self.groups)
        shared = {register for task in tasks for register in task.shared}
        inputs = ((n, step.number) for n, step in enumerate(self.steps) if step.verb == "input")
        return Ready(
            self.size,
            tuple(inputs),
            slice(len(self.steps), len(self.steps) + len(self.plains)),
            self.levelled.program.outputs,
            tasks,
            tuple((register, self.readers[register]) for register in sorted(shared)),
        )

    def _readers(self) -> Counter[int]:
        """How many groups read each value; the reply counts."""
        readers: Counter[int] = Counter(set(self.levelled.program.outputs))
        for group in self.groups:
            readers.update({value for n in group for value in self.steps[n].arguments})
        return readers

    def _borrowed(self, consume: bool) -> Collection[int]:
        """What must not be written over: others hold it, under this name or another."""
        found = set(self.levelled.program.outputs)
        for number, step in enumerate(self.steps):
            if step.verb == "input" and not consume:
                found.add(number)
            if step.verb == "hoist" or (step.verb == "relinearize" and self._same(step)):
                found.update((number, step.arguments[0]))
        return found

    def _same(self, step: Instruction) -> bool:
        return self.parts[step.arguments[0]] == 2

    def _task(self, group: Sequence[int]) -> Task:
        last = {value: n for n in group for value in self.steps[n].arguments}
        calls: list[Call] = []
        for number in group:
            dead = {v for v in self.steps[number].arguments if last[v] == number}
            self._write(number, {v for v in dead if self.readers[v] == 1}, calls)
        outputs = set(self.levelled.program.outputs)
        shared = sorted(v for v in last if self.readers[v] > 1 and v not in outputs)
        return Task(tuple(calls), tuple(shared))

    def _write(self, number: int, dead: set[int], calls: list[Call]) -> None:
        step = self.steps[number]
        usable = {v for v in dead if v not in self.borrowed and step.arguments.count(v) == 1}
        if step.verb == "add" and step.arguments[0] not in usable:
            step = Instruction("add", step.arguments[::-1])
        fresh = step.arguments[0] in usable
        bound = self.evaluator.bind(step, [self._operand(v) for v in step.arguments], fresh)
        arguments, ends = step.arguments, sorted(dead - set(self.levelled.program.outputs))
        if step.verb.endswith("_plain"):
            key = _key(self.levelled, step)
            plain = self.plains[key] if key in self.plains else self._encoded(key, calls)
            arguments = (*arguments, plain)
            ends += [] if key in self.plains else [plain]
        calls.append((bound, number, arguments, tuple(ends)))

    def _encoded(self, key: Key, calls: list[Call]) -> int:
        """The register of a plaintext that is not kept."""
        calls.append((lambda: self.encode(key), self.size, (), ()))
        self.size += 1
        return self.size - 1

    def _operand(self, value: int) -> Operand:
        hoisted = self.steps[value].verb == "hoist"
        levelled = self.levelled
        return Operand(levelled.levels[value], levelled.degrees[value], self.parts[value], hoisted)
