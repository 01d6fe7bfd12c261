"""Slot programs on exact NumPy vectors, levels left aside: what a program means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
from einlang_fhe.functor.values import Cipher, Writer
from einlang_fhe.layout import Bit, Copy, Digit, Gap, Layout, Place, unpack, width
from einlang_fhe.slots import SlotProgram

Array = np.ndarray[Any, Any]


def interpret(
    program: SlotProgram, request: Sequence[Array], plaintexts: Sequence[Array]
) -> list[Array]:
    """Every value of a program."""
    values: list[Array] = []
    for step in program.instructions:
        arguments = [values[value] for value in step.arguments]
        values.append(_execute(step.verb, arguments, step.attribute, request, plaintexts))
    return values


def _execute(
    verb: str,
    values: list[Array],
    attribute: Any,
    request: Sequence[Array],
    plaintexts: Sequence[Array],
) -> Array:
    if verb == "input":
        return request[attribute]
    if verb in ("add_plain", "multiply_plain"):
        values, verb = [*values, plaintexts[attribute]], verb.removesuffix("_plain")
    if verb in ("add_scalar", "multiply_scalar"):
        values, verb = [*values, attribute], verb.removesuffix("_scalar")
    if verb in ("rotate", "rotate_extended"):
        return np.roll(values[0], -attribute)
    if verb == "rotate_sum":
        return sum(np.roll(v, -d) for v, d in zip(values, attribute, strict=True))
    operations: dict[str, Any] = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply}
    if verb in operations:
        return operations[verb](*values)
    return -values[0] if verb == "negate" else values[0]


def written(writer: Writer, tensors: Mapping[int, Array]) -> list[Array]:
    """Every value that a writer wrote, for the plain tensors by number."""
    request = [sent.row(tensors) for sent in writer.packings]
    plaintexts = [entry.row(tensors) for entry in writer.plains.entries]
    return interpret(writer.build.program(()), request, plaintexts)


def held(cipher: Cipher, values: Sequence[Array]) -> Array:
    """The tensor that a cipher holds; its layout's promises on zeros and copies are checked."""
    layout = cipher.layout
    tensor = unpack(np.stack([values[value] for value in cipher.values]), layout)
    flat = tensor.ravel()
    for number, value in enumerate(cipher.values):
        table = layout.table(number)
        inside = table >= 0
        np.testing.assert_allclose(values[value].real[inside], flat[table[inside]], atol=1e-9)
        if not layout.complex:
            assert not np.any(np.imag(values[value])), f"not real: {layout}"
        if layout.clean:
            assert not values[value][~inside].any(), f"not clean: {layout}"
    return tensor * cipher.factor


def random_layout(random: Random, shape: Sequence[int], slots: int) -> Layout:
    """Any layout of a shape: bits in any order, gaps, copies, digits."""
    low = {
        axis: random.randint(0, width(size)) if random.random() < 0.4 else width(size)
        for axis, size in enumerate(shape)
    }
    room = slots.bit_length() - 1
    while sum(low.values()) > room:
        low[random.choice([axis for axis in low if low[axis] > 0])] -= 1
    digits = [
        Digit(axis, low[axis], -(-size // (1 << low[axis])))
        for axis, size in enumerate(shape)
        if low[axis] < width(size)
    ]
    places: list[Place] = [Bit(axis, bit) for axis in low for bit in range(low[axis])]
    while len(places) < room:
        places.append(random.choice([Copy(), Gap(), Gap()]))
    random.shuffle(digits)
    random.shuffle(places)
    return Layout(tuple(shape), tuple(places), tuple(digits))
