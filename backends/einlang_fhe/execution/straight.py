"""Tasks as Python functions, as `dataclasses` writes its methods: no loop over calls.

An addition of short ciphertexts takes ten microseconds. A turn of the loop takes half of one or
more, a line of a function a quarter of that (`tests/bench/threads.py`); on several threads, of
which only one can run Python at a time, both cost more. Writing the functions takes longer than
they save in a few runs, so they are for programs that are run again and again.

>>> from einlang_fhe.execution.ready import Ready, Task
>>> double, halve = (lambda x: 2 * x), (lambda x: x / 2)
>>> task = Task(((double, 1, (0,), (0,)), (halve, 2, (1,), ())), ())
>>> program = Ready(3, ((0, 0),), slice(3, 3), (1, 2), (task,), ())
>>> print(whole_source(program))
def run(inputs, plains):
    r0, = inputs
    inputs.clear()
    r1 = f0(r0)
    if r1 is None: r1 = r0
    r0 = None
    r2 = f1(r1)
    if r2 is None: r2 = r1
    return [r1, r2]
>>> whole(program)([5], [])
[10, 5.0]
>>> (part,) = parts(program)
>>> values = [5, None, None]
>>> part(values), values
(None, [None, 10, 5.0])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from einlang_fhe.engines.engine import Cipher, Plain
from einlang_fhe.execution.ready import Call, Ready, Task

Whole = Callable[[list[Cipher], Sequence[Plain]], list[Cipher]]
"""From the inputs that a program reads, which are used up, and its plaintexts to its outputs."""
Part = Callable[[list[Any]], None]
"""A task, on the list of all registers."""


def whole(program: Ready) -> Whole:
    """The function of a program of one task."""
    (task,) = program.tasks
    return _function(whole_source(program), task)


def parts(program: Ready) -> list[Part]:
    """A function for each task."""
    return [_function(source, task) for source, task in _sources(program)]


def whole_source(program: Ready) -> str:
    """What is compiled: registers are local variables, emptied where values end."""
    (task,) = program.tasks
    kept = range(program.plains.start, program.plains.stop)
    names = {n: f"plains[{n - kept.start}]" if n in kept else f"r{n}" for n in range(program.size)}
    inputs = "".join(f"{names[register]}, " for register, _ in program.inputs).rstrip()
    lines = [f"{inputs} = inputs"] if inputs else []
    result = f"return [{', '.join(names[register] for register in program.outputs)}]"
    body = _body(task, lambda register: names[register])
    return _joined("inputs, plains", [*lines, "inputs.clear()", *body, result])


def _sources(program: Ready) -> Iterator[tuple[str, Task]]:
    """Each task: what it makes and nobody else reads are local variables."""
    for task in program.tasks:
        ended = {register for *_, dead in task.calls for register in dead}
        mine = {result for _, result, *_ in task.calls} & ended

        def name(register: int, mine: set[int] = mine) -> str:
            return f"r{register}" if register in mine else f"values[{register}]"

        yield _joined("values", _body(task, name)), task


def _body(task: Task, name: Callable[[int], str]) -> Iterator[str]:
    for number, call in enumerate(task.calls):
        yield from _written(number, call, name)


def _written(number: int, call: Call, name: Callable[[int], str]) -> Iterator[str]:
    _, result, arguments, dead = call
    made, given = name(result), [name(register) for register in arguments]
    yield f"{made} = f{number}({', '.join(given)})"
    if given:
        yield f"if {made} is None: {made} = {given[0]}"
    if dead:
        yield " = ".join([*map(name, dead), "None"])


def _joined(arguments: str, lines: Iterable[str]) -> str:
    return "\n    ".join([f"def run({arguments}):", *lines])


def _function(source: str, task: Task) -> Any:
    space: dict[str, Any] = {f"f{n}": function for n, (function, *_) in enumerate(task.calls)}
    exec(compile(source, "<task>", "exec"), space)
    return space["run"]
