"""Random slot programs, the same for the same seed."""

from __future__ import annotations

from random import Random

from einlang_fhe.slots import Builder, SlotProgram

SLOTS = 8


def random_program(random: Random, most: int = 12) -> SlotProgram:
    """A program over two inputs and two plaintexts, in at most so many steps."""
    build = Builder(SLOTS)
    values = [build.input(0), build.input(1)]
    for _ in range(random.randint(1, most)):
        left, right = random.choices(values, k=2)
        ways = [
            lambda left=left, right=right: build.add(left, right),
            lambda left=left, right=right: build.subtract(left, right),
            lambda left=left, right=right: build.multiply(left, right),
            lambda left=left: build.negate(left),
            lambda left=left: build.add_plain(left, random.randint(0, 1)),
            lambda left=left: build.multiply_plain(left, random.randint(0, 1)),
            lambda left=left: build.add_scalar(left, random.uniform(-1, 1)),
            lambda left=left: build.multiply_scalar(left, random.uniform(-1, 1)),
            lambda left=left: build.rotate(left, random.randint(0, SLOTS)),
            lambda left=left: build.rotate(build.hoist(left), random.randint(1, SLOTS - 1)),
            lambda values=values: _rotate_sum(random, build, values),
        ]
        values.append(random.choice(ways)())
    return build.program(tuple(random.choices(values, k=2)))


def _rotate_sum(random: Random, build: Builder, values: list[int]) -> int:
    some = random.choices(values, k=random.randint(1, 4))
    return build.rotate_sum(some, [random.randint(0, SLOTS) for _ in some])
