"""Random diagrams, and what a diagram is as an array: a functor into arrays.

`evaluate(f >> g)` is a matrix product and `evaluate(f @ g)` an outer product, whatever the
tensors are; here they are made up from their names.

>>> from einlang.diagrams import Diagram
>>> evaluate(Diagram.id([2])).tolist()
[[1.0, 0.0], [0.0, 1.0]]
"""

from __future__ import annotations

import random
import zlib
from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import strategies as st

from einlang.checking.typed import Function
from einlang.diagrams import (
    Box,
    Bubble,
    Diagram,
    FoldBox,
    MapBox,
    Node,
    NumberBox,
    SumBox,
    TensorBox,
)

Array = np.ndarray
FUNCTIONS = {"square": np.square, "tanh": np.tanh, "relu": lambda x: np.maximum(x, 0)}
FOLDS = {"max": np.max, "min": np.min, "prod": np.prod}
SIZES = st.lists(st.sampled_from([2, 3]), max_size=3).map(tuple)


def evaluate(diagram: Diagram) -> Array:
    """The array of a diagram: its axes are the wires that come in, then those that go out."""
    operands: list[object] = []
    for wire, size in enumerate(diagram.sizes):
        operands += [np.ones(size), [wire]]
    for node in diagram.nodes:
        sizes = tuple(diagram.sizes[leg] for leg in node.legs)
        operands += [array(node.box, sizes), list(node.legs)]
    ends = (*diagram.dom, *diagram.cod)
    labels = [len(diagram.sizes) + number for number in range(len(ends))]
    for label, wire in zip(labels, ends, strict=True):
        operands += [np.eye(diagram.sizes[wire]), [wire, label]]
    return np.einsum(*operands, labels, optimize=True) if operands else np.array(1.0)


def array(box: Box, sizes: tuple[int, ...]) -> Array:
    """What stands for a box whose legs have these sizes."""
    match box:
        case TensorBox(name):
            seed = zlib.crc32(repr((name, sizes)).encode())
            return np.random.default_rng(seed).normal(size=sizes)
        case NumberBox(value):
            return np.array(float(value))
        case MapBox():
            return relation(box, sizes)
        case Bubble(function, inside):
            return FUNCTIONS[function.name](evaluate(inside))
        case FoldBox(operator, inside, count):
            axes = tuple(range(len(inside.cod) - count, len(inside.cod)))
            return FOLDS[operator](evaluate(inside), axis=axes)
        case SumBox(terms):
            return sum((evaluate(term) for term in terms), np.zeros(sizes))


def relation(box: MapBox, sizes: tuple[int, ...]) -> Array:
    """One where the axis stands where the indices say, zero elsewhere (`fill` is zero here)."""
    result = np.zeros(sizes)
    for indices in product(*map(range, sizes[1:])):
        place = box.offset + sum(c * i for c, i in zip(box.coefficients, indices, strict=True))
        if box.border == "wrap":
            place %= sizes[0]
        if box.border == "clamp":
            place = min(max(place, 0), sizes[0] - 1)
        if 0 <= place < sizes[0]:
            result[(place, *indices)] = 1
    return result


def renumbered(diagram: Diagram, seed: int) -> Diagram:
    """The same diagram with its wires and nodes shuffled, at every depth."""
    rng = random.Random(seed)
    number = rng.sample(range(len(diagram.sizes)), len(diagram.sizes))
    place = {new: old for old, new in enumerate(number)}
    nodes = [
        Node(_shuffled(node.box, rng), tuple(number[leg] for leg in node.legs))
        for node in rng.sample(diagram.nodes, len(diagram.nodes))
    ]
    return Diagram(
        tuple(diagram.sizes[place[wire]] for wire in range(len(number))),
        tuple(nodes),
        tuple(number[wire] for wire in diagram.dom),
        tuple(number[wire] for wire in diagram.cod),
    )


def _shuffled(box: Box, rng: random.Random) -> Box:
    if isinstance(box, Bubble | FoldBox):
        return replace(box, inside=renumbered(box.inside, rng.randrange(2**32)))
    if isinstance(box, SumBox):
        terms = [renumbered(term, rng.randrange(2**32)) for term in box.terms]
        return SumBox(tuple(rng.sample(terms, len(terms))))
    return box


@st.composite
def diagrams(
    draw: st.DrawFn,
    dom: tuple[int, ...] | None = None,
    cod: tuple[int, ...] | None = None,
    depth: int = 1,
) -> Diagram:
    """A diagram between wires of these sizes; boxes with insides are `depth` deep."""
    dom = draw(SIZES) if dom is None else dom
    cod = draw(SIZES) if cod is None else cod
    sizes = [*draw(SIZES), *dict.fromkeys((*dom, *cod))]
    of = {size: [wire for wire, other in enumerate(sizes) if other == size] for size in (2, 3)}
    nodes: list[Node] = []
    for _ in range(draw(st.integers(0, 3))):
        legs = draw(st.lists(st.sampled_from(range(len(sizes))), max_size=3)) if sizes else []
        box = draw(boxes(tuple(sizes[leg] for leg in legs), depth))
        nodes.append(Node(box, tuple(legs)))
    ends = [tuple(draw(st.sampled_from(of[size])) for size in side) for side in (dom, cod)]
    return Diagram(tuple(sizes), tuple(nodes), ends[0], ends[1])


@st.composite
def boxes(draw: st.DrawFn, sizes: tuple[int, ...], depth: int) -> Box:
    """A box whose legs have these sizes."""
    kinds = ["tensor"] * 4 + ["map"] * bool(sizes) + ["number"] * (not sizes)
    kind = draw(st.sampled_from(kinds + ["bubble", "fold", "sum"] * bool(depth)))
    if kind == "tensor":
        return TensorBox(draw(st.sampled_from("AB")))
    if kind == "number":
        return NumberBox(draw(st.sampled_from([2, 0.5])))
    if kind == "map":
        coefficients = st.tuples(*[st.integers(-1, 2)] * (len(sizes) - 1))
        border = draw(st.sampled_from(["pad", "wrap", "clamp"]))
        return MapBox(draw(coefficients), draw(st.integers(0, 1)), border)
    if kind == "bubble":
        function = Function(draw(st.sampled_from(sorted(FUNCTIONS))))
        return Bubble(function, draw(diagrams((), sizes, depth - 1)))
    if kind == "fold":
        inside = draw(diagrams((), (*sizes, 2), depth - 1))
        return FoldBox(draw(st.sampled_from(sorted(FOLDS))), inside, 1)
    terms = st.lists(diagrams((), sizes, depth - 1), min_size=1, max_size=2)
    return SumBox(tuple(draw(terms)))


@st.composite
def chains(draw: st.DrawFn, length: int) -> list[Diagram]:
    """Diagrams that compose."""
    sizes = [draw(SIZES) for _ in range(length + 1)]
    return [draw(diagrams(sizes[n], sizes[n + 1])) for n in range(length)]
