"""Slot programs on plain vectors, and between what bounds the numbers lie.

The numbers of a vector may be large as long as their mean is not: no coefficient of its
polynomial exceeds the mean of their absolute values.

>>> from einlang_fhe.slots import Builder
>>> build = Builder(slots=4)
>>> program = build.program((build.multiply_plain(build.input(0), 0),))
>>> low, high = intervals(program, [(0.0, 1.0)], [np.array([1.0, 2.0, 0.0, -1.0])])[0]
>>> low.tolist(), (high + 0.0).tolist()
([0.0, 0.0, 0.0, -1.0], [1.0, 2.0, 0.0, 0.0])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from einlang_fhe.passes.order import last_uses
from einlang_fhe.slots import Instruction, SlotProgram

Array = np.ndarray[Any, Any]
Interval = tuple[Array, Array]


def turned(step: Instruction, values: Sequence[Array]) -> Array:
    """A linear verb without plaintext, on arrays whose last axis are the slots."""
    if step.verb == "add":
        return values[0] + values[1]
    if step.verb == "subtract":
        return values[0] - values[1]
    if step.verb == "negate":
        return -values[0]
    if step.verb in ("rotate", "rotate_sum"):
        moved = [np.roll(v, -d, axis=-1) for v, d in zip(values, step.distances, strict=True)]
        return sum(moved[1:], moved[0])
    return values[0]


def run(program: SlotProgram, execute: Callable[[int, Instruction, list[Any]], Any]) -> list[Any]:
    """What a way to execute instructions makes of the outputs."""
    last, values = last_uses(program), dict[int, Any]()
    for number, step in enumerate(program.instructions):
        values[number] = execute(number, step, [values[value] for value in step.arguments])
        for value in {value for value in step.arguments if last[value] == number}:
            del values[value]
    return [values[value] for value in program.outputs]


def intervals(
    program: SlotProgram, request: Sequence[tuple[float, float]], plaintexts: Sequence[Array]
) -> list[Interval]:
    """Between what bounds the numbers in each slot of the outputs lie; of complex numbers, the
    absolute values."""

    def execute(number: int, step: Instruction, held: list[Interval]) -> Interval:
        if step.verb == "input":
            low, high = request[step.number]
            return np.full(program.slots, low), np.full(program.slots, high)
        if step.verb == "multiply":
            return _square(*held[0]) if len(set(step.arguments)) == 1 else _product(*held)
        if step.verb == "multiply_plain":
            return _weighed(held[0], plaintexts[step.number])
        if step.verb == "multiply_scalar":
            return _weighed(held[0], np.array(step.attribute))
        if step.verb in ("add_plain", "add_scalar"):
            other = plaintexts[step.number] if step.verb == "add_plain" else step.attribute
            return _moved(held[0], np.asarray(other))
        if step.verb == "negate":
            return -held[0][1], -held[0][0]
        if step.verb == "subtract":
            return held[0][0] - held[1][1], held[0][1] - held[1][0]
        return turned(step, [low for low, _ in held]), turned(step, [high for _, high in held])

    return run(program, execute)


def _square(low: Array, high: Array) -> Interval:
    ends = np.maximum(low**2, high**2)
    return np.where((low <= 0) & (high >= 0), 0.0, np.minimum(low**2, high**2)), ends


def _product(left: Interval, right: Interval) -> Interval:
    ends = [one * other for one in left for other in right]
    return np.minimum.reduce(ends), np.maximum.reduce(ends)


def _weighed(held: Interval, other: Array) -> Interval:
    if np.iscomplexobj(other):
        size = np.maximum(-held[0], held[1]) * np.abs(other)
        return -size, size
    return np.minimum(held[0] * other, held[1] * other), np.maximum(
        held[0] * other, held[1] * other
    )


def _moved(held: Interval, other: Array) -> Interval:
    if np.iscomplexobj(other):
        return held[0] - np.abs(other), held[1] + np.abs(other)
    return held[0] + other, held[1] + other
