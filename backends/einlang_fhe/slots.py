"""Slot programs: straight-line programs over ciphertexts, the target of the functor.

A ciphertext holds a vector of `slots` numbers. Every instruction makes one new value;
values are numbered in order. A plaintext operand is named by a number: what it holds is
said by the program's table of plaintexts, and is packed and encoded when the program runs.

>>> build = Builder(slots=4)
>>> x = build.input(0)
>>> y = build.add(x, build.rotate(x, 1))
>>> print(build.program(outputs=(y,)))
%0 = input 0
%1 = rotate %0, 1
%2 = add %0, %1
output %2
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from math import inf
from typing import Literal, Union

Verb = Literal[
    "input",
    "add",
    "subtract",
    "negate",
    "multiply",
    "add_plain",
    "multiply_plain",
    "add_scalar",
    "multiply_scalar",
    "hoist",
    "rotate",
    "rotate_sum",
    "rotate_extended",
    "extend",
    "switch_down",
    "relinearize",
    "rescale",
    "drop",
    "bootstrap",
]
"""What an engine can do. `multiply` leaves three polynomials, `relinearize` brings them back
to two; `rescale` divides by one prime of the modulus chain; `drop` forgets primes. `hoist`
does the part of rotating a value that all its rotations share: its result stands for the
value, and can only be rotated. `rotate_sum` is a sum of rotations, for less than each: it is
executed as `rotate_extended` (a term that is not brought back yet, of what is hoisted),
`extend` (a term that is not rotated), additions, and one `switch_down`. `bootstrap` brings
primes back: nearly the same numbers, at a level that is long gone."""

Attribute = Union[int, float, tuple[int, ...], None]


@dataclass(frozen=True)
class Instruction:
    """One verb, the values it takes, and its number.

    `attribute`: the ciphertext of the request (`input`), the plaintext (`*_plain`), the
    scalar (`*_scalar`), the distance to the left (`rotate*`), one for each argument
    (`rotate_sum`), the primes forgotten (`drop`).
    `origin`: the value of the dataflow that it was written for first, -1 where that is not
    known; a pass keeps it, and nothing but reports depends on it.
    """

    verb: Verb
    arguments: tuple[int, ...] = ()
    attribute: Attribute = None
    origin: int = field(default=-1, compare=False, repr=False)

    def __str__(self) -> str:
        words = [f"%{value}" for value in self.arguments]
        words += [] if self.attribute is None else [f"{self.attribute!r}"]
        return f"{self.verb} {', '.join(words)}"

    @property
    def number(self) -> int:
        """The attribute, where it is a whole number."""
        assert isinstance(self.attribute, int)
        return self.attribute

    @property
    def distances(self) -> tuple[int, ...]:
        """How far each argument is rotated; nothing for what does not rotate."""
        if isinstance(self.attribute, tuple):
            return self.attribute
        return (self.number,) if self.verb in ("rotate", "rotate_extended") else ()


@dataclass(frozen=True)
class SlotProgram:
    """A straight-line program. The inputs are numbered 0 to `inputs - 1`."""

    slots: int
    instructions: tuple[Instruction, ...]
    outputs: tuple[int, ...]

    def __str__(self) -> str:
        lines = [f"%{n} = {step}" for n, step in enumerate(self.instructions)]
        return "\n".join([*lines, *(f"output %{value}" for value in self.outputs)])

    @property
    def rotations(self) -> tuple[int, ...]:
        """The distances that keys are needed for, in increasing order."""
        return tuple(sorted({d for step in self.instructions for d in step.distances} - {0}))

    @property
    def turns(self) -> int:
        """How many rotations there are, alone and in sums."""
        return sum(distance != 0 for step in self.instructions for distance in step.distances)

    def count(self, *verbs: str) -> int:
        """How many instructions have one of these verbs."""
        return sum(step.verb in verbs for step in self.instructions)


WEIGHTS: Mapping[str, float] = {
    "rotate": 10.0,
    "relinearize": 10.0,
    "multiply": 1.0,
    "multiply_plain": 2.0,
    "other": 0.1,
}
"""What an instruction weighs when nothing is known of its cost."""


class TooHeavy(Exception):
    """What is being written outweighs another way that is known."""


class Moving(int):
    """The origin of what only brings an operand of that value to where it is wanted."""


Mark = tuple[int, float]


@dataclass
class Builder:
    """Writes a slot program; the same instruction twice is one value.

    New instructions are of `origin`. All that is written is weighed, by verb; where that
    comes to more than the `limit`, `TooHeavy` is raised. `written` counts all instructions,
    those that were taken back as well.
    """

    slots: int
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    instructions: list[Instruction] = field(default_factory=list)
    known: dict[tuple[Verb, tuple[int, ...], Attribute], int] = field(default_factory=dict)
    origin: int = -1
    weight: float = 0.0
    limit: float = inf
    written: int = 0

    def emit(self, verb: Verb, *arguments: int, attribute: Attribute = None) -> int:
        """The value of an instruction, new or known."""
        key = verb, arguments, attribute
        if key in self.known:
            return self.known[key]
        self.weight += self.weights.get(verb, self.weights["other"])
        if self.weight > self.limit:
            raise TooHeavy
        number = self.known[key] = len(self.instructions)
        self.instructions.append(Instruction(verb, arguments, attribute, self.origin))
        self.written += 1
        return number

    def room(self, verb: Verb) -> float:
        """How many instructions of a verb can be written before the limit."""
        return (self.limit - self.weight) / self.weights.get(verb, self.weights["other"])

    def input(self, number: int) -> int:
        """A ciphertext of the request."""
        return self.emit("input", attribute=number)

    def add(self, left: int, right: int) -> int:
        """Slot by slot."""
        return self.emit("add", *sorted((left, right)))

    def add_all(self, values: Sequence[int]) -> int:
        """The sum of one or more values."""
        return reduce(self.add, values)

    def subtract(self, left: int, right: int) -> int:
        """Slot by slot."""
        return self.emit("subtract", left, right)

    def negate(self, value: int) -> int:
        """Slot by slot."""
        return self.emit("negate", value)

    def multiply(self, left: int, right: int) -> int:
        """Slot by slot, relinearised. Takes a level, as every product does."""
        return self.emit("relinearize", self.emit("multiply", *sorted((left, right))))

    def add_plain(self, value: int, plain: int) -> int:
        """With a plaintext, by its number."""
        return self.emit("add_plain", value, attribute=plain)

    def multiply_plain(self, value: int, plain: int) -> int:
        """With a plaintext, by its number."""
        return self.emit("multiply_plain", value, attribute=plain)

    def add_scalar(self, value: int, scalar: float) -> int:
        """The same number in every slot."""
        return value if scalar == 0 else self.emit("add_scalar", value, attribute=float(scalar))

    def multiply_scalar(self, value: int, scalar: float) -> int:
        """The same number in every slot; by 1 and -1 without taking a level."""
        if scalar == 1:
            return value
        if scalar == -1:
            return self.negate(value)
        return self.emit("multiply_scalar", value, attribute=float(scalar))

    def rotate(self, value: int, distance: int) -> int:
        """To the left: slot `s` of the result is slot `s + distance` (cyclically)."""
        distance %= self.slots
        return value if distance == 0 else self.emit("rotate", value, attribute=distance)

    def hoist(self, value: int) -> int:
        """The value, ready for several rotations."""
        return self.emit("hoist", value)

    def rotate_sum(self, values: Sequence[int], distances: Sequence[int]) -> int:
        """The sum of the values, each rotated by its distance (of 0: as it is)."""
        turns = [distance % self.slots for distance in distances]
        pairs = sorted(zip(values, turns, strict=True))
        if not any(turns):
            return self.add_all([value for value, _ in pairs])
        if len(pairs) == 1:
            return self.rotate(*pairs[0])
        turning = tuple(turn for _, turn in pairs)
        return self.emit("rotate_sum", *(value for value, _ in pairs), attribute=turning)

    @contextmanager
    def moving(self) -> Iterator[None]:
        """What is written meanwhile only moves elements."""
        before = self.origin
        self.origin = Moving(before)
        try:
            yield
        finally:
            self.origin = before

    def bootstrap(self, value: int) -> int:
        """The value with its primes back."""
        return self.emit("bootstrap", value)

    def mark(self) -> Mark:
        """A place to come back to."""
        return len(self.instructions), self.weight

    def undo(self, mark: Mark) -> None:
        """Forgets what was written since."""
        count, self.weight = mark
        for step in self.instructions[count:]:
            del self.known[step.verb, step.arguments, step.attribute]
        del self.instructions[count:]

    def program(self, outputs: tuple[int, ...]) -> SlotProgram:
        """What was written."""
        return SlotProgram(self.slots, tuple(self.instructions), outputs)
