"""What does not fit is refused, what is symmetric is told apart, and what boxes are called."""

from __future__ import annotations

import random

import pytest
from hypergraphs import renumbered

from einlang.checking.typed import Function
from einlang.diagrams import (
    Box,
    Bubble,
    Diagram,
    FoldBox,
    MapBox,
    Node,
    NumberBox,
    Substitution,
    SumBox,
    TensorBox,
    compose,
    tensor,
    verify,
)
from einlang.diagrams.labels import label

VECTOR = Diagram.box(TensorBox("x"), [2], ["i"])


def test_wires_of_two_sizes_do_not_meet() -> None:
    with pytest.raises(ValueError, match="size 2 is joined to one of size 3"):
        Diagram.id([2]) >> Diagram.id([3])
    with pytest.raises(ValueError, match="2 wires leave"):
        Diagram.id([2, 2]) >> Diagram.id([2])
    with pytest.raises(ValueError, match="at least one"):
        compose([])
    with pytest.raises(ValueError, match="permutation"):
        Diagram.permutation([0, 0], [2, 2])
    with pytest.raises(ValueError, match="zip"):
        Substitution({"x": VECTOR @ VECTOR})(VECTOR)


def test_methods_take_many() -> None:
    wire = Diagram.id([2])
    assert wire.then(wire, wire) == wire
    assert wire.tensor(wire, wire) == Diagram.id([2, 2, 2]) == tensor([wire] * 3)
    assert tensor([]) == Diagram.id()


@pytest.mark.parametrize(
    "wrong",
    [
        Diagram((2,), (), (0, 1), ()),
        Diagram((2,), (), (), (), ("a", "b")),
        Diagram((2,), (Node(NumberBox(1), (0,)),), (), ()),
        Diagram((2,), (Node(MapBox((1,)), (0,)),), (), ()),
        Diagram((3,), (Node(Bubble(Function("exp"), VECTOR), (0,)),), (), ()),
        Diagram((2,), (Node(FoldBox("max", VECTOR, 1), (0,)),), (), ()),
        Diagram((2,), (Node(SumBox((VECTOR, VECTOR @ VECTOR)), (0,)),), (), ()),
        Diagram((2,), (Node(SumBox((Diagram.id([2]),)), (0,)),), (), ()),
    ],
)
def test_verify_refuses(wrong: Diagram) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        verify(wrong)


def graph(count: int, edges: list[tuple[int, int]]) -> Diagram:
    """An undirected graph: a wire for each vertex, two boxes for each edge."""
    nodes = [Node(TensorBox("E"), pair) for a, b in edges for pair in ((a, b), (b, a))]
    return Diagram((2,) * count, tuple(nodes), (), ())


def ring(vertices: list[int]) -> list[tuple[int, int]]:
    return list(zip(vertices, vertices[1:] + vertices[:1], strict=True))


def test_regular_graphs_are_told_apart() -> None:
    prism = graph(6, [*ring([0, 1, 2]), *ring([3, 4, 5]), (0, 3), (1, 4), (2, 5)])
    utility = graph(6, [(a, b) for a in range(3) for b in range(3, 6)])
    petersen = graph(
        10, [*ring([0, 1, 2, 3, 4]), *ring([5, 7, 9, 6, 8]), *((n, n + 5) for n in range(5))]
    )
    pentagons = graph(
        10, [*ring([0, 1, 2, 3, 4]), *ring([5, 6, 7, 8, 9]), *((n, n + 5) for n in range(5))]
    )
    assert not prism.isomorphic(utility)
    assert not petersen.isomorphic(pentagons)
    for seed, diagram in enumerate((prism, utility, petersen, pentagons)):
        assert diagram.isomorphic(renumbered(diagram, seed))


def test_two_rings_are_not_one() -> None:
    whole, halves = graph(6, ring(list(range(6)))), graph(6, ring([0, 1, 2]) + ring([3, 4, 5]))
    assert not whole.isomorphic(halves)


def test_many_ties_are_broken_in_time() -> None:
    count = 150
    branches = tuple(Node(TensorBox("A"), (n, count)) for n in range(count))
    star = Diagram((2,) * (count + 1), branches, (), ())
    around = ring(random.Random(1).sample(range(count), count))
    cycle = Diagram((2,) * count, tuple(Node(TensorBox("A"), pair) for pair in around), (), ())
    for diagram in (star, cycle):
        assert diagram.isomorphic(renumbered(diagram, 7))


@pytest.mark.parametrize(
    ("box", "name"),
    [
        (Bubble(Function("ge0"), VECTOR), "≥ 0"),
        (Bubble(Function("power", (3.0,)), VECTOR), "^ 3"),
        (Bubble(Function("polynomial", (1.0, 2.0)), VECTOR), "polynomial(1, 2)"),
        (Bubble(Function("polynomial", (1.0,) * 8), VECTOR), "polynomial of degree 7"),
        (FoldBox("max", VECTOR, 1), "max[i]"),
        (FoldBox("max", Diagram.box(TensorBox("x"), [2]), 1), "max"),
        (NumberBox(-1 / 3), "-1/3"),
        (NumberBox(1e-20), "1e-20"),
        (NumberBox(12345.678), "12345.7"),
        (MapBox((1, 0, -2), 0, "clamp"), "clamp(i0 - 2i2)"),
        (SumBox((VECTOR,)), "+"),
    ],
)
def test_boxes_have_names(box: Box, name: str) -> None:
    assert label(box) == name
