"""The laws of hypergraph categories, of substitution, and of the normal form."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypergraphs import SIZES, chains, diagrams, evaluate, renumbered
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from einlang.diagrams import Diagram, Node, Substitution, TensorBox, compose, tensor, verify
from einlang.diagrams.diagram import refill

LIGHT = settings(
    max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SEEDS = st.integers(0, 2**32)


@given(chains(3))
@LIGHT
def test_composition_is_associative(fgh: list[Diagram]) -> None:
    f, g, h = fgh
    assert ((f >> g) >> h).isomorphic(f >> (g >> h))
    assert compose(fgh).isomorphic(f >> g >> h)


@given(diagrams(), diagrams(), diagrams())
@LIGHT
def test_tensor_is_associative(f: Diagram, g: Diagram, h: Diagram) -> None:
    assert (f @ g) @ h == f @ (g @ h) == tensor([f, g, h])


@given(diagrams())
@LIGHT
def test_identities_are_units(f: Diagram) -> None:
    assert (Diagram.id(f.dom_sizes) >> f).isomorphic(f)
    assert (f >> Diagram.id(f.cod_sizes)).isomorphic(f)
    assert f @ Diagram.id() == f == Diagram.id() @ f


@given(chains(2), chains(2))
@LIGHT
def test_interchange(fg: list[Diagram], hk: list[Diagram]) -> None:
    (f, g), (h, k) = fg, hk
    assert ((f >> g) @ (h >> k)).isomorphic(f @ h >> g @ k)


@given(diagrams(), diagrams())
@LIGHT
def test_swaps_are_natural_and_undo_themselves(f: Diagram, g: Diagram) -> None:
    after = f @ g >> Diagram.swap(f.cod_sizes, g.cod_sizes)
    assert after.isomorphic(Diagram.swap(f.dom_sizes, g.dom_sizes) >> g @ f)
    once = Diagram.swap(f.cod_sizes, g.cod_sizes)
    back = Diagram.swap(g.cod_sizes, f.cod_sizes)
    assert once >> back == Diagram.id(f.cod_sizes + g.cod_sizes)


@given(SIZES, SIZES, SIZES)
@LIGHT
def test_hexagon(x: tuple[int, ...], y: tuple[int, ...], z: tuple[int, ...]) -> None:
    around = Diagram.swap(x, y) @ Diagram.id(z) >> Diagram.id(y) @ Diagram.swap(x, z)
    assert around == Diagram.swap(x, y + z)


@given(SIZES, st.data())
@LIGHT
def test_permutations_compose(sizes: tuple[int, ...], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(sizes))))
    there = Diagram.permutation(order, sizes)
    assert there >> there.dagger() == Diagram.id(sizes)


@pytest.mark.parametrize(("a", "b", "c", "d"), [(1, 1, 1, 1), (2, 1, 3, 0), (0, 2, 1, 4)])
def test_connected_spiders_fuse(a: int, b: int, c: int, d: int) -> None:
    left = Diagram.spider(a, b + 1, 3) @ Diagram.id([3] * c)
    right = Diagram.id([3] * b) @ Diagram.spider(c + 1, d, 3)
    assert left >> right == Diagram.spider(a + c, b + d, 3)


def test_frobenius_and_special() -> None:
    wire, split, merge = Diagram.id([2]), Diagram.spider(1, 2, 2), Diagram.spider(2, 1, 2)
    assert split @ wire >> wire @ merge == merge >> split == wire @ split >> merge @ wire
    assert split >> merge == wire


def test_comonoid_and_monoid() -> None:
    wire, split, drop = Diagram.id([2]), Diagram.spider(1, 2, 2), Diagram.spider(1, 0, 2)
    assert split >> split @ wire == split >> wire @ split == Diagram.spider(1, 3, 2)
    assert split >> drop @ wire == wire == split >> wire @ drop
    assert split >> Diagram.swap([2], [2]) == split
    assert split.dagger() == Diagram.spider(2, 1, 2)


def test_a_loose_wire_is_its_size() -> None:
    loose = Diagram.spider(0, 1, 5) >> Diagram.spider(1, 0, 5)
    assert loose == Diagram.spider(0, 0, 5) != Diagram.id()
    assert evaluate(loose) == 5


@given(SIZES)
@LIGHT
def test_snakes_straighten(x: tuple[int, ...]) -> None:
    wire = Diagram.id(x)
    assert wire @ Diagram.cap(x) >> Diagram.cup(x) @ wire == wire
    assert Diagram.cap(x[::-1]) @ wire >> wire @ Diagram.cup(x[::-1]) == wire
    assert Diagram.cap(x[::-1]) == Diagram.cup(x).dagger()


@given(chains(2), diagrams())
@LIGHT
def test_dagger_turns_diagrams_upside_down(fg: list[Diagram], h: Diagram) -> None:
    f, g = fg
    assert f.dagger().dagger() == f
    assert (f >> g).dagger().isomorphic(g.dagger() >> f.dagger())
    assert (f @ h).dagger() == f.dagger() @ h.dagger()


# -- arrays -----------------------------------------------------------------------------------


@given(chains(2))
@LIGHT
def test_evaluation_keeps_composition(fg: list[Diagram]) -> None:
    f, g = fg
    wanted = np.tensordot(evaluate(f), evaluate(g), len(f.cod))
    np.testing.assert_allclose(evaluate(f >> g), wanted, atol=1e-8, rtol=1e-8)


@given(diagrams(), diagrams())
@LIGHT
def test_evaluation_keeps_tensor(f: Diagram, g: Diagram) -> None:
    outer = np.tensordot(evaluate(f), evaluate(g), 0)
    count = len(f.dom) + len(f.cod)
    order = [
        *range(len(f.dom)),
        *range(count, count + len(g.dom)),
        *range(len(f.dom), count),
        *range(count + len(g.dom), outer.ndim),
    ]
    np.testing.assert_allclose(evaluate(f @ g), outer.transpose(order), atol=1e-8, rtol=1e-8)


# -- substitution -----------------------------------------------------------------------------


@given(chains(2), diagrams(), st.data())
@LIGHT
def test_substitution_is_a_functor(fg: list[Diagram], h: Diagram, data: st.DataObject) -> None:
    images: dict[str, Diagram] = {}
    f, g, h = (named(part, data, images) for part in (*fg, h))
    functor = Substitution(images)
    for part in (f, g, h):
        verify(functor(part))
    assert functor(f >> g).isomorphic(functor(f) >> functor(g))
    assert functor(f @ h).isomorphic(functor(f) @ functor(h))
    assert functor(f.dagger()) == functor(f).dagger()
    assert functor(Diagram.id(f.cod_sizes)) == Diagram.id(f.cod_sizes)
    assert Substitution({})(f) == f


def named(diagram: Diagram, data: st.DataObject, images: dict[str, Diagram]) -> Diagram:
    """The diagram with tensors named after their shapes, some of which get an image."""
    nodes: list[Node] = []
    for node in diagram.nodes:
        box = refill(node.box, lambda inside: named(inside, data, images))
        if isinstance(box, TensorBox):
            sizes = tuple(diagram.sizes[leg] for leg in node.legs)
            box = TensorBox(f"{box.name}{sizes}")
            if box.name.startswith("A") and box.name not in images:
                images[box.name] = data.draw(diagrams((), sizes))
        nodes.append(Node(box, node.legs))
    return Diagram(diagram.sizes, tuple(nodes), diagram.dom, diagram.cod)


# -- the normal form --------------------------------------------------------------------------


@given(diagrams(depth=2), SEEDS)
@settings(LIGHT, max_examples=200)
def test_numbering_does_not_matter(f: Diagram, seed: int) -> None:
    form = f.canonical()
    verify(form)
    assert renumbered(f, seed).canonical() == form == form.canonical()
    np.testing.assert_allclose(evaluate(form), evaluate(f), atol=1e-8, rtol=1e-8)


@st.composite
def regular(draw: st.DrawFn) -> Diagram:
    """Wires of one size under boxes of one kind: as many ties as there can be."""
    count = draw(st.integers(1, 5))
    pairs = draw(st.lists(st.permutations(range(count)).map(lambda p: tuple(p[:2])), max_size=5))
    return Diagram((2,) * count, tuple(Node(TensorBox("A"), pair) for pair in pairs), (), ())


@given(regular(), regular(), SEEDS)
@settings(LIGHT, max_examples=200)
def test_equal_means_isomorphic(f: Diagram, g: Diagram, seed: int) -> None:
    assert f.isomorphic(renumbered(f, seed))
    assert f.isomorphic(g) == any(
        len(f.sizes) == len(g.sizes)
        and sorted(tuple(order[leg] for leg in node.legs) for node in f.nodes)
        == sorted(node.legs for node in g.nodes)
        for order in permutations(range(len(f.sizes)))
    )
