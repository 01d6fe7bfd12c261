"""From checked programs to diagrams."""

from __future__ import annotations

import numpy as np
from hypergraphs import array, evaluate

from einlang.checking.typed import (
    Apply,
    At,
    Definition,
    Fold,
    Function,
    Index,
    Input,
    Number,
    Product,
    Qualifier,
    Read,
    Sum,
    Tensor,
    Typed,
    at,
)
from einlang.diagrams import (
    Bubble,
    Diagram,
    FoldBox,
    MapBox,
    Node,
    NumberBox,
    SumBox,
    TensorBox,
    build,
    expression,
    inline,
    verify,
)
from einlang.diagrams.substitution import reads

i, j, k = Index("i", 2), Index("j", 3), Index("k", 4)


def read(name: str, *places: Index | At) -> Read:
    return Read(name, tuple(at(p) if isinstance(p, Index) else p for p in places))


def made(name: str, *sizes: int) -> np.ndarray:
    return array(TensorBox(name), sizes)


def test_a_contraction_is_one_hypergraph() -> None:
    value = Product((read("A", i, k), read("B", k, j), Number(2)), (k,))
    diagram = expression(value, (i, j))
    verify(diagram)
    assert diagram.names == ("i", "j", "k")
    assert [node.box for node in diagram.nodes] == [TensorBox("A"), TensorBox("B"), NumberBox(2)]
    np.testing.assert_allclose(evaluate(diagram), 2 * made("A", 2, 4) @ made("B", 4, 3))


def test_products_in_products_keep_their_sums_apart() -> None:
    inner = Product((read("A", i, k), read("x", k)), (k,))
    diagram = expression(Product((inner, inner, read("y", k)), (k,)), (i,))
    assert len(diagram.nodes) == 5
    assert diagram.sizes.count(4) == 3
    once = made("A", 2, 4) @ made("x", 4)
    np.testing.assert_allclose(evaluate(diagram), once * once * made("y", 4).sum())


def test_a_missing_index_is_broadcast_or_counted() -> None:
    assert evaluate(expression(read("x", i), (j, i))).shape == (3, 2)
    counted = expression(Product((read("x", i),), (k,)), (i,))
    assert counted.sizes == (2, 4)
    np.testing.assert_allclose(evaluate(counted), 4 * made("x", 2))


def test_a_diagonal_has_one_wire() -> None:
    diagram = expression(Product((read("A", i, i),), (i,)), ())
    assert diagram.nodes == (Node(TensorBox("A"), (0, 0)),)
    np.testing.assert_allclose(evaluate(diagram), np.trace(made("A", 2, 2)))


def test_index_maps_hang_below_the_leg_they_read() -> None:
    window = At(((i, 2), (j, 1)), -1, "pad")
    diagram = expression(read("x", window, At((), 1)), (i, j), {"x": (5, 3)})
    axis, fixed = diagram.nodes[0].legs
    assert diagram.nodes[1] == Node(MapBox((2, 1), -1, "pad"), (axis, 0, 1))
    assert diagram.nodes[2] == Node(MapBox((), 1), (fixed,))
    assert (diagram.sizes[axis], diagram.sizes[fixed]) == (5, 3)
    padded = np.pad(made("x", 5, 3)[:, 1], (1, 0))
    wanted = [[padded[2 * a + b] for b in range(3)] for a in range(2)]
    np.testing.assert_allclose(evaluate(diagram), wanted)


def test_an_axis_longer_than_its_index_is_read_through_a_map() -> None:
    diagram = expression(read("x", i), (i,), {"x": (5,)})
    assert diagram.nodes[1].box == MapBox((1,))
    np.testing.assert_allclose(evaluate(diagram), made("x", 5)[:2])


def test_what_is_not_linear_is_a_box_around_a_diagram() -> None:
    layer = Sum((Product((read("W", i, k), read("x", k)), (k,)), read("b", i)))
    relu = expression(Apply(Function("relu"), layer, (-1, 1)), (i,))
    (node,) = relu.nodes
    assert isinstance(node.box, Bubble)
    assert node.box.range == (-1, 1)
    (inner,) = node.box.inside.nodes
    assert isinstance(inner.box, SumBox)
    assert len(inner.box.terms) == 2
    wanted = np.maximum(made("W", 2, 4) @ made("x", 4) + made("b", 2), 0)
    np.testing.assert_allclose(evaluate(relu), wanted)


def test_a_fold_takes_the_last_wires_of_its_inside() -> None:
    diagram = expression(Fold("max", (k, j), read("A", j, i, k)), (i,))
    (node,) = diagram.nodes
    assert isinstance(node.box, FoldBox)
    assert node.box.inside.names == ("i", "k", "j")
    assert node.box.count == 2
    np.testing.assert_allclose(evaluate(diagram), made("A", 3, 2, 4).max(axis=(0, 2)))


def test_sums_in_sums_are_one_and_legs_stand_as_they_go_out() -> None:
    value = Sum((Sum((read("A", j, i), read("x", i))), read("y", j)))
    diagram = expression(value, (i, j))
    (node,) = diagram.nodes
    assert node.legs == diagram.cod == (0, 1)
    assert isinstance(node.box, SumBox)
    assert len(node.box.terms) == 3
    wanted = made("A", 3, 2).T + made("x", 2)[:, None] + made("y", 3)
    np.testing.assert_allclose(evaluate(diagram), wanted)


def tensor(name: str, *shape: int) -> Tensor:
    return Tensor(name, shape, Qualifier.PUBLIC)


def program(*definitions: Definition) -> Typed:
    inputs = (Input(tensor("A", 2, 3), (i, j)),)
    return Typed("p", None, (i, j, k), inputs, definitions, ())


def test_groups_go_out_one_by_one_or_fused() -> None:
    fused = Definition(tensor("B", 6), ((j, i),), read("A", i, j))
    m = Index("m", 6)
    reader = Definition(tensor("C", 6), ((m,),), Product((read("B", m), read("B", m))))
    typed = program(fused, reader)
    assert build(typed)["B"].cod_sizes == (3, 2)
    diagrams = build(typed, fuse=True)
    assert diagrams["B"].cod_sizes == (6,)
    assert diagrams["B"].nodes[-1].box == MapBox((2, 1))
    np.testing.assert_allclose(evaluate(diagrams["B"]), made("A", 2, 3).T.reshape(6))
    whole = inline(diagrams)
    assert list(whole) == ["C"]
    assert reads(whole["C"]) == {"A"}
    np.testing.assert_allclose(evaluate(whole["C"]), made("A", 2, 3).T.reshape(6) ** 2)


def test_inlining_reaches_into_boxes() -> None:
    first = Definition(tensor("B", 2), ((i,),), Product((read("A", i, j),), (j,)))
    second = Definition(tensor("C", 2), ((i,),), Apply(Function("tanh"), read("B", i)))
    third = Definition(tensor("D"), (), Product((read("C", i), read("B", i)), (i,)))
    diagrams = build(program(first, second, third))
    assert list(inline(diagrams, ["B"])) == ["C", "D"]
    assert list(inline(diagrams)) == ["D"]
    total = made("A", 2, 3).sum(1)
    np.testing.assert_allclose(evaluate(inline(diagrams)["D"]), np.tanh(total) @ total)


def test_five_thousand_factors_and_definitions() -> None:
    count = 5000
    chain = [Index(f"k{n}", 2) for n in range(count + 1)]
    factors = tuple(read(f"A{n}", chain[n], chain[n + 1]) for n in range(count))
    diagram = expression(Product(factors, tuple(chain[1:-1])), (chain[0], chain[-1]))
    assert (len(diagram.nodes), len(diagram.sizes)) == (count, count + 1)
    steps = [
        Definition(tensor(f"x{n}", 2), ((i,),), Product((read(f"x{n - 1}", i), Number(2))))
        for n in range(1, count + 1)
    ]
    diagrams = build(program(*steps))
    assert len(diagrams) == count
    (last,) = inline(diagrams).values()
    assert len(last.nodes) == count + 1
    assert last.sizes == (2,)
    assert isinstance(last, Diagram)
