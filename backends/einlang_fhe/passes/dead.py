"""Dead instructions dropped: what no output needs.

>>> from einlang_fhe.slots import Builder
>>> build = Builder(slots=4)
>>> x, y = build.input(0), build.input(1)
>>> unused = build.add(x, y)
>>> print(DropDead().apply(build.program(outputs=(y,))))
%0 = input 1
output %0
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from einlang_fhe.slots import Instruction, SlotProgram


@dataclass(frozen=True)
class DropDead:
    """Keeps only instructions that some output depends on."""

    name = "drop-dead"

    def apply(self, program: SlotProgram) -> SlotProgram:
        """The program without them, values numbered anew."""
        alive = set(program.outputs)
        for number in reversed(range(len(program.instructions))):
            if number in alive:
                alive.update(program.instructions[number].arguments)
        names: dict[int, int] = {}
        kept: list[Instruction] = []
        for number in sorted(alive):
            step = program.instructions[number]
            names[number] = len(kept)
            kept.append(replace(step, arguments=tuple(names[value] for value in step.arguments)))
        return replace(
            program,
            instructions=tuple(kept),
            outputs=tuple(names[value] for value in program.outputs),
        )
