"""Sentences are programs: what they compute, what they share, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from einlang_quantum.language import cups, meaning, program, spiders, stairs, tree
from hypergraphs import array, evaluate

import einlang as ein
from einlang.checking.typed import Function
from einlang.diagrams import Bubble, Diagram, Gluing, NumberBox, TensorBox
from einlang.errors import BackendMistake, DataMistake

SENTENCE = "man in suit , don't i0"


@pytest.mark.parametrize("read", [cups, stairs, spiders, tree])
@pytest.mark.parametrize("size", [2, 3])
def test_a_program_computes_the_meaning(read, size) -> None:
    diagram = read(SENTENCE, size=size)
    text = meaning(diagram)
    compiled = ein.compile(text)
    given = {
        node.box.name: array(node.box, (size,) * len(node.legs))
        for node in diagram.nodes
        if isinstance(node.box, TensorBox)
    }
    assert np.allclose(compiled.run(**given)["meaning"], evaluate(diagram))


def test_words_are_shared_by_sentences() -> None:
    sentences = {"first": stairs("man cooks meal"), "second": stairs("meal cooks man")}
    compiled = ein.compile(program(sentences))
    assert sorted(compiled.inputs) == ["STAIR", "cooks", "man", "meal"]
    assert compiled.outputs == ("first", "second")


def test_words_may_be_secret_and_data_in_a_file() -> None:
    text = meaning(stairs("man cooks"), secret=["man"], data="words.npz")
    assert 'secret man[i0] from "words.npz:man"' in text
    assert 'param cooks[i0] from "words.npz:cooks"' in text


def test_sizes_have_letters_of_their_own() -> None:
    gluing = Gluing()
    wide, narrow = gluing.wire(3), gluing.wire(2)
    gluing.node(TensorBox("A"), (wide, narrow, wide))
    gluing.node(NumberBox(2.0), ())
    text = meaning(gluing.diagram((), (narrow,)))
    given = np.arange(18.0).reshape(3, 2, 3)
    assert np.allclose(ein.compile(text).run(A=given)["meaning"], 2 * np.einsum("aba->b", given))


def test_a_word_keeps_its_shape() -> None:
    with pytest.raises(DataMistake, match=r"E0731.*\(2,\) and \(3,\)"):
        program({"one": spiders("man"), "two": spiders("man", size=3)})


def test_a_sentence_is_no_word() -> None:
    with pytest.raises(DataMistake, match="E0731"):
        meaning(stairs("the meaning"))


@pytest.mark.parametrize(
    "diagram",
    [
        Diagram.id([2]),
        Diagram.spider(0, 1, 2),
        Diagram.box(Bubble(Function("tanh"), spiders("man")), [2]),
    ],
)
def test_what_is_no_product_is_refused(diagram) -> None:
    with pytest.raises(BackendMistake, match="E0732"):
        meaning(diagram)
