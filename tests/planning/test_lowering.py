"""Lowering keeps what a diagram means, whatever it is made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from einlang_numpy import lower
from hypergraphs import array, diagrams, evaluate
from hypothesis import given, settings
from hypothesis import strategies as st

from einlang.checking.typed import Function, Qualifier
from einlang.diagrams.diagram import (
    Bubble,
    Diagram,
    FoldBox,
    MapBox,
    Node,
    NumberBox,
    SumBox,
    TensorBox,
)
from einlang.planning.dataflow import Builder, Contract, Port, Step, Type
from einlang.planning.lowering import Lowering

Arrays = dict[str, np.ndarray]


def named(diagram: Diagram, found: Arrays) -> Diagram:
    """The same with a name for each tensor and shape; `found` gets the arrays."""
    nodes = []
    for node in diagram.nodes:
        box, sizes = node.box, tuple(diagram.sizes[leg] for leg in node.legs)
        if isinstance(box, TensorBox):
            name = f"{box.name}{sizes}"
            found[name] = array(box, sizes)
            box = TensorBox(name)
        elif isinstance(box, Bubble | FoldBox):
            box = replace(box, inside=named(box.inside, found))
        elif isinstance(box, SumBox):
            box = SumBox(tuple(named(term, found) for term in box.terms))
        nodes.append(Node(box, node.legs))
    return replace(diagram, nodes=tuple(nodes))


def lowered(
    diagram: Diagram, arrays: Arrays, secret: str = "", memory: int | None = None
) -> tuple[np.ndarray, tuple[Step, ...]]:
    """The value of a diagram by its steps, and the steps."""
    ports = [
        Port(name, Type(x.shape, Qualifier.SECRET if name == secret else Qualifier.PARAM))
        for name, x in arrays.items()
    ]
    build = Builder(ports)
    values = {port.name: number for number, port in enumerate(ports)}
    value = Lowering(build, values, memory=memory).definition(diagram)
    flow = build.flow({"y": value})
    return lower(flow).run(list(arrays.values()))[0], flow.steps


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_steps_give_what_a_diagram_is(data: st.DataObject) -> None:
    diagram = data.draw(diagrams(dom=(), depth=2))
    arrays: Arrays = {}
    prepared = named(diagram, arrays)
    secret = data.draw(st.sampled_from(sorted(arrays) or [""]))
    given, _ = lowered(prepared, arrays, secret)
    wanted = evaluate(diagram)
    assert np.shape(given) == wanted.shape
    np.testing.assert_allclose(given, wanted, rtol=1e-8, atol=1e-8)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_cap_on_memory_keeps_what_a_diagram_is(data: st.DataObject) -> None:
    diagram = data.draw(diagrams(dom=(), depth=0))
    arrays: Arrays = {}
    prepared = named(diagram, arrays)
    given, _ = lowered(prepared, arrays, memory=2)
    np.testing.assert_allclose(given, evaluate(diagram), rtol=1e-8, atol=1e-8)


def test_windows_and_products_need_one_view_and_one_contraction() -> None:
    nodes = Node(TensorBox("x"), (3,)), Node(TensorBox("k"), (1,)), Node(MapBox((1, 1)), (3, 0, 1))
    diagram = Diagram((4, 3, 1, 6), nodes, (), (0,))
    x, k = np.arange(6.0), np.array([1.0, 2.0, 3.0])
    given, steps = lowered(diagram, {"x": x, "k": k})
    np.testing.assert_allclose(given, np.convolve(x, k[::-1], "valid"))
    assert [type(step.operation).__name__ for step in steps] == ["View", "Contract"]


def test_fill_is_kept_where_a_number_multiplies() -> None:
    nodes = (
        Node(TensorBox("x"), (1,)),
        Node(MapBox((1,), -1, "pad", 7.0), (1, 0)),
        Node(NumberBox(2), ()),
    )
    given, _ = lowered(Diagram((4, 3), nodes, (), (0,)), {"x": np.arange(3.0)})
    np.testing.assert_allclose(given, [14.0, 0.0, 2.0, 4.0])


def test_numbers_go_to_the_factor_that_is_open() -> None:
    nodes = (
        Node(TensorBox("x"), (0,)),
        Node(TensorBox("w"), (0, 1)),
        Node(NumberBox(0.5), ()),
        Node(NumberBox(3), ()),
    )
    diagram = Diagram((3, 2), nodes, (), (1,))
    arrays = {"x": np.arange(3.0), "w": np.ones((3, 2))}
    given, steps = lowered(diagram, arrays, secret="x")
    np.testing.assert_allclose(given, [4.5, 4.5])
    scaled = steps[0]
    assert scaled.arguments == (1,)
    assert scaled.type.qualifier is Qualifier.PARAM
    assert isinstance(steps[-1].operation, Contract)


def test_equal_terms_are_counted() -> None:
    term = Diagram((3,), (Node(TensorBox("x"), (0,)),), (), (0,))
    diagram = Diagram((3,), (Node(SumBox((term, term, term)), (0,)),), (), (0,))
    given, steps = lowered(diagram, {"x": np.arange(3.0)})
    np.testing.assert_allclose(given, [0.0, 3.0, 6.0])
    assert len(steps) == 1


def test_what_is_the_same_along_a_wire_is_computed_once() -> None:
    inside = Diagram((3, 100), (Node(TensorBox("x"), (0,)),), (), (0, 1))
    diagram = Diagram((3, 100), (Node(Bubble(Function("tanh"), inside), (0, 1)),), (), (0,))
    given, steps = lowered(diagram, {"x": np.arange(3.0)})
    np.testing.assert_allclose(given, 100 * np.tanh(np.arange(3.0)))
    assert max(step.type.size for step in steps) == 3


def test_maps_of_maps_are_one_view() -> None:
    nodes = (
        Node(TensorBox("x"), (0,)),
        Node(MapBox((2,), 1), (0, 1)),
        Node(MapBox((1, 3), 0), (1, 2, 3)),
    )
    diagram = Diagram((20, 8, 2, 3), nodes, (), (2, 3))
    given, steps = lowered(diagram, {"x": np.arange(20.0)})
    wanted = [[2 * (i + 3 * j) + 1 for j in range(3)] for i in range(2)]
    np.testing.assert_allclose(given, wanted)
    assert [type(step.operation).__name__ for step in steps] == ["View"]


def test_maps_in_a_circle_are_a_relation() -> None:
    nodes = (
        Node(TensorBox("x"), (0,)),
        Node(MapBox((1,)), (0, 1)),
        Node(MapBox((1,)), (1, 0)),
    )
    diagram = Diagram((4, 4), nodes, (), ())
    given, _ = lowered(diagram, {"x": np.array([1.0, 10.0, 100.0, 1000.0])})
    assert float(given) == 1111.0


def test_a_map_that_fills_in_numbers_stands_at_one_axis_only() -> None:
    nodes = Node(TensorBox("x"), (0,)), Node(MapBox((1,), -1, "pad", 7.0), (0, 1))
    with pytest.raises(ValueError, match="no relation"):
        lowered(Diagram((3, 4), nodes, (), (0, 1)), {"x": np.arange(3.0)})


def test_a_map_cuts_off_what_no_tensor_carries() -> None:
    nodes = (
        Node(Bubble(Function("relu"), Diagram((2,), (), (), (0,))), (0,)),
        Node(MapBox((-1,), 0, "pad"), (0, 1)),
    )
    given, _ = lowered(Diagram((2, 2), nodes, (), ()), {})
    assert float(given) == 1.0
