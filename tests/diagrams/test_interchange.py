"""DisCoPy both ways."""

from __future__ import annotations

import numpy as np
import pytest
from discopy import frobenius
from discopy.tensor import Dim, Functor
from hypergraphs import array, diagrams, evaluate
from hypothesis import HealthCheck, given, settings

from einlang.checking.typed import Function
from einlang.diagrams import Bubble, Diagram, Node, NumberBox, SumBox, TensorBox, compose, tensor
from einlang.diagrams.interchange import from_discopy, to_discopy

LIGHT = settings(
    max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@given(diagrams(depth=2))
@LIGHT
def test_there_and_back(f: Diagram) -> None:
    there = f.to_discopy()
    assert tuple(int(ob.name) for ob in there.dom.inside) == f.dom_sizes
    assert tuple(int(ob.name) for ob in there.cod.inside) == f.cod_sizes
    assert from_discopy(there).canonical() == f.canonical()


@given(diagrams(depth=0))
@LIGHT
def test_layers_fit_and_mean_the_same(f: Diagram) -> None:
    there = to_discopy(f)
    assert frobenius.Diagram(there.inside, there.dom, there.cod) == there

    def ar(box: frobenius.Box) -> np.ndarray:
        return array(box.data, tuple(int(ob.name) for ob in box.cod.inside))

    functor = Functor(lambda kind: Dim(int(kind.inside[0].name)), ar, dtype=float)
    np.testing.assert_allclose(functor(there).array, evaluate(f), atol=1e-8, rtol=1e-8)


def test_sums_are_sums_and_bubbles_are_bubbles() -> None:
    a, b = (Diagram.box(TensorBox(name), [2]) for name in "AB")
    total = Diagram.box(SumBox((a, b)), [2])
    relu = Diagram.box(Bubble(Function("relu"), total), [2])
    (bubble,) = to_discopy(relu).boxes
    assert isinstance(bubble, frobenius.Bubble)
    assert bubble.method == "apply_relu"
    (inside,) = bubble.arg.boxes
    assert [str(term) for term in inside.terms] == ["A", "B"]
    assert from_discopy(to_discopy(a) + to_discopy(b)) == total


def test_foreign_boxes_are_tensors() -> None:
    x, y = frobenius.Ty("x"), frobenius.Ty("3")
    f = frobenius.Box("f", x @ x, y)
    diagram = from_discopy(f >> frobenius.Spider(1, 2, y), {"x": 2})
    assert diagram.nodes == (Node(TensorBox("f"), (0, 1, 2)),)
    assert (diagram.dom, diagram.cod, diagram.sizes) == ((0, 1), (2, 2), (2, 2, 3))
    assert from_discopy(f.dagger(), {"x": 2}).isomorphic(from_discopy(f, {"x": 2}).dagger())
    turned = Diagram((2, 2, 3), (Node(TensorBox("f"), (0, 1, 2)),), (2,), (1, 0))
    assert from_discopy(f.r, {"x": 2}).isomorphic(turned)


def test_copies_are_spiders() -> None:
    x = frobenius.Ty("2")
    copy = from_discopy(frobenius.Diagram.copy(x))
    assert copy == Diagram.spider(1, 2, 2)


def test_what_is_not_a_wire_is_refused() -> None:
    x = frobenius.Ty("2")
    with pytest.raises(ValueError, match="phase"):
        from_discopy(frobenius.Spider(1, 1, x, 0.5))
    with pytest.raises(ValueError, match="how large"):
        from_discopy(frobenius.Box("f", frobenius.Ty("n"), x))
    with pytest.raises(ValueError, match="legs"):
        from_discopy(frobenius.Box("n", x, x, data=NumberBox(2)))
    vector = Diagram.box(TensorBox("x"), [2])
    (bubble,) = to_discopy(Diagram.box(Bubble(Function("exp"), vector), [2])).boxes
    wrong = frobenius.Bubble(frobenius.Spider(1, 1, x), dom=frobenius.Ty(), cod=x)
    wrong.data = bubble.data
    with pytest.raises(ValueError, match="inside of a bubble"):
        from_discopy(wrong)


def test_five_thousand_contractions() -> None:
    matrices = [
        Diagram((2, 2), (Node(TensorBox(f"A{n}"), (0, 1)),), (0,), (1,)) for n in range(5000)
    ]
    chain = compose(matrices)
    assert len(chain.nodes) == 5000
    assert len(chain.sizes) == 5001
    there = to_discopy(chain)
    assert len(there.inside) == 10_000
    assert max(len(layer.cod) for layer in there.inside) == 3
    back = from_discopy(there)
    assert back.canonical() == chain.canonical()
    assert len(tensor(matrices).nodes) == 5000
