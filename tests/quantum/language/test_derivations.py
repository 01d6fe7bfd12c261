"""lambeq's derivations, recorded as JSON, are read and written; what they mean is the same."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from einlang_quantum.language import (
    cups,
    from_derivation,
    from_lambeq,
    spell,
    spiders,
    stairs,
    to_derivation,
    to_lambeq,
)
from hypergraphs import array, evaluate
from hypothesis import given
from hypothesis import strategies as st

from einlang.diagrams import Diagram, Gluing, NumberBox, TensorBox
from einlang.errors import BackendMistake, DataMistake

RECORDED = json.loads(Path(__file__).with_name("derivations.json").read_text())
SENTENCE = "skillful man prepares sauce ."
SIZES = {"n": 3, "s": 2}
N, R, L, S = ("n", 0), ("n", 1), ("n", -1), ("s", 0)


def tensor(word: str, *shape: int, dom=(), cod=(S,)) -> np.ndarray:
    """The tensor that stands for a word of these types."""
    return array(TensorBox(spell(word, dom, cod)), shape)


@pytest.mark.parametrize(("name", "read"), [("stairs", stairs), ("spiders", spiders)])
def test_readers_give_what_those_of_lambeq_give(name, read) -> None:
    assert from_derivation(RECORDED[name]).isomorphic(read(SENTENCE))


def test_cups_give_what_those_of_lambeq_give_up_to_names() -> None:
    names = {spell(word, (), (("s", 1), S)): spell(word) for word in SENTENCE.split()}
    ours = Gluing()
    diagram = from_derivation(RECORDED["cups"])
    ours.wires(diagram)
    for node in diagram.nodes:
        name = getattr(node.box, "name", "")
        ours.node(TensorBox(names.get(name, name)), node.legs)
    assert ours.diagram(diagram.dom, diagram.cod).isomorphic(cups(SENTENCE))


@pytest.mark.parametrize("name", ["transitive", "transitive_without_cups"])
def test_a_transitive_sentence(name) -> None:
    alice, bob = (tensor(word, 3, cod=(N,)) for word in ("Alice", "Bob"))
    loves = tensor("loves", 3, 2, 3, cod=(R, S, L))
    value = evaluate(from_derivation(RECORDED[name], SIZES))
    assert np.allclose(value, np.einsum("a,asb,b->s", alice, loves, bob))


def test_a_relative_clause() -> None:
    device, air = (tensor(word, 3, cod=(N,)) for word in ("device", "air"))
    that = tensor("that", 3, 3, 3, 2, cod=(R, N, ("n", -2), ("s", -1)))
    enter = tensor("enter", 3, 2, 3, cod=(R, S, L))
    value = evaluate(from_derivation(json.dumps(RECORDED["relative"]), SIZES))
    assert np.allclose(value, np.einsum("a,abcd,e,edc->b", device, that, air, enter))


def test_wires_cross_and_meet_in_spiders() -> None:
    alice, box = tensor("Alice", 3, cod=(N,)), tensor("f", 3, 2, 3, dom=(N,), cod=(S, N))
    value = evaluate(from_derivation(RECORDED["turned"], SIZES))
    parts = [alice, box, box, np.eye(2), np.eye(2)]
    assert np.allclose(value, np.einsum("n,ntk,ktl,ta,tb->tabl", *parts))


def test_a_reflected_word_is_the_same_tensor_backwards() -> None:
    alice = tensor("Alice", 3, cod=(N,))
    loves = tensor("loves", 3, 2, 3, cod=(R, S, L))
    value = evaluate(from_derivation(RECORDED["reflected"], SIZES))
    assert np.allclose(value, np.einsum("a,bsc->acsb", alice, loves))


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_derivations_come_back(name) -> None:
    diagram = from_derivation(RECORDED[name], SIZES)
    again = from_derivation(json.dumps(to_derivation(diagram)), SIZES)
    assert again.isomorphic(diagram)


TYPE = st.tuples(st.just("s"), st.integers(-2, 2))


@st.composite
def hypergraphs(draw: st.DrawFn) -> Diagram:
    """A diagram of tensors of any types, on wires of any number of ends."""
    gluing = Gluing()
    wires = [gluing.wire(2, "s") for _ in range(draw(st.integers(1, 4)))]
    some = st.lists(st.sampled_from(wires), max_size=3)
    for word in draw(st.lists(st.sampled_from(["man", "f", "."]), max_size=4)):
        dom, cod = draw(some), draw(some)
        types = [draw(st.lists(TYPE, min_size=len(x), max_size=len(x))) for x in (dom, cod)]
        gluing.node(TensorBox(spell(word, *types)), [*dom, *cod])
    return gluing.diagram(draw(some), draw(some))


@given(hypergraphs())
def test_any_diagram_of_tensors_comes_back(diagram) -> None:
    assert from_derivation(to_derivation(diagram)).isomorphic(diagram)


def test_lambeq_is_given_and_gives_its_own_form(monkeypatch) -> None:
    """A stand-in for lambeq: an object around the JSON form, with lambeq's methods."""

    class Held(SimpleNamespace):
        def to_diagram(self) -> Held:
            return self

        def to_json(self) -> dict:
            return self.content

        @staticmethod
        def from_json(text: str) -> Held:
            return Held(content=json.loads(text))

    grammar = ModuleType("lambeq.backend.grammar")
    monkeypatch.setattr(grammar, "Diagram", Held, raising=False)
    monkeypatch.setitem(sys.modules, "lambeq.backend.grammar", grammar)
    diagram = stairs(SENTENCE)
    assert from_lambeq(to_lambeq(diagram)).isomorphic(diagram)


def test_lambeq_may_be_missing(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "lambeq.backend.grammar", None)
    with pytest.raises(BackendMistake, match="E0734"):
        to_lambeq(stairs(SENTENCE))


def test_only_tensors_are_words() -> None:
    with pytest.raises(BackendMistake, match="E0732"):
        to_derivation(Diagram.box(NumberBox(2.0), []))


def _without(change) -> dict:
    content = json.loads(json.dumps(RECORDED["transitive"]))
    change(content)
    return content


@pytest.mark.parametrize(
    "derivation",
    [
        "{",
        "[1, 2]",
        "{}",
        _without(lambda content: content.pop("layers")),
        _without(lambda content: content["layers"].pop()),
        _without(lambda content: content["layers"][3]["box"].update(entity="Frame")),
        _without(lambda content: content["layers"][3]["box"].pop("entity")),
        _without(lambda content: content["layers"][0].update(left=None)),
    ],
)
def test_what_is_no_derivation_is_refused(derivation) -> None:
    with pytest.raises(DataMistake, match="E0733"):
        from_derivation(derivation)


def test_every_type_has_a_size() -> None:
    with pytest.raises(DataMistake, match="`s` has no size"):
        from_derivation(RECORDED["stairs"], {"n": 2})
