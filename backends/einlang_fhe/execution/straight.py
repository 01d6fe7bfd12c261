"""A task as one Python function, as `dataclasses` writes its methods: no loop over calls.

An addition of short ciphertexts takes ten microseconds, a turn of the loop one. Writing the
function takes longer than it saves in one run, so it is worth it for short programs that are
run again.

>>> from einlang_fhe.execution.ready import Ready, Task
>>> double, halve = (lambda x: 2 * x), (lambda x: x / 2)
>>> task = Task(((double, 1, (0,), (0,)), (halve, 2, (1,), ())), ())
>>> program = Ready(3, ((0, 0),), slice(3, 3), (1, 2), (task,), ())
>>> print(source(program))
def run(inputs, plains):
    r0, = inputs
    inputs.clear()
    r1 = f0(r0)
    if r1 is None: r1 = r0
    r0 = None
    r2 = f1(r1)
    if r2 is None: r2 = r1
    return [r1, r2]
>>> straight(program)([5], [])
[10, 5.0]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from einlang_fhe.engines.engine import Cipher, Plain
from einlang_fhe.execution.ready import Call, Ready

Run = Callable[[list[Cipher], Sequence[Plain]], list[Cipher]]
"""From the inputs that a program reads, which are used up, and its plaintexts to its outputs."""


def straight(program: Ready) -> Run:
    """The function of a program of one task."""
    (task,) = program.tasks
    space: dict[str, Any] = {f"f{n}": function for n, (function, *_) in enumerate(task.calls)}
    exec(compile(source(program), "<task>", "exec"), space)
    return space["run"]


def source(program: Ready) -> str:
    """What is compiled: registers are local variables, emptied where values end."""
    (task,) = program.tasks
    names = [_register(program, register) for register in range(program.size)]
    inputs = "".join(f"{names[register]}, " for register, _ in program.inputs).rstrip()
    lines = [f"{inputs} = inputs"] if inputs else []
    lines.append("inputs.clear()")
    for number, call in enumerate(task.calls):
        lines += _written(number, call, names)
    lines.append(f"return [{', '.join(names[register] for register in program.outputs)}]")
    return "\n    ".join(["def run(inputs, plains):", *lines])


def _register(program: Ready, register: int) -> str:
    kept = range(program.plains.start, program.plains.stop)
    return f"plains[{register - kept.start}]" if register in kept else f"r{register}"


def _written(number: int, call: Call, names: Sequence[str]) -> Iterator[str]:
    _, result, arguments, dead = call
    made, given = names[result], [names[register] for register in arguments]
    yield f"{made} = f{number}({', '.join(given)})"
    if given:
        yield f"if {made} is None: {made} = {given[0]}"
    if dead:
        yield " = ".join([*(names[register] for register in dead), "None"])
