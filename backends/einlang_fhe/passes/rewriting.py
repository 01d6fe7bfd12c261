"""Writes a levelled program anew, value by value, keeping levels and degrees."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from einlang_fhe.passes.levels import Levelled
from einlang_fhe.slots import Instruction


@dataclass
class Copy:
    """What was written, and the new name of each old value."""

    source: Levelled
    names: dict[int, int] = field(default_factory=dict)
    instructions: list[Instruction] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    degrees: list[int] = field(default_factory=list)

    def write(self, number: int) -> None:
        """An instruction of the source, its arguments renamed."""
        step = self.source.program.instructions[number]
        renamed = tuple([self.names[value] for value in step.arguments])
        if renamed != step.arguments:
            step = Instruction(step.verb, renamed, step.attribute, step.origin)
        self.names[number] = self.emit(step, like=number)

    def emit(self, step: Instruction, like: int) -> int:
        """A new instruction, at the level and degree of a value of the source."""
        self.instructions.append(step)
        self.levels.append(self.source.levels[like])
        self.degrees.append(self.source.degrees[like])
        return len(self.instructions) - 1

    def result(self) -> Levelled:
        """The new program."""
        program = self.source.program
        outputs = tuple(self.names[value] for value in program.outputs)
        written = replace(program, instructions=tuple(self.instructions), outputs=outputs)
        return Levelled(written, tuple(self.levels), tuple(self.degrees))
