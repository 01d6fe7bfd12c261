"""Readers compose words as they say: their diagrams against NumPy."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from einlang_quantum.language import cups, spell, spiders, stairs, tree
from hypergraphs import array, evaluate
from hypothesis import given
from hypothesis import strategies as st

from einlang.diagrams import Diagram, TensorBox, verify
from einlang.errors import DataMistake

WORDS = st.lists(
    st.sampled_from(["man", "meal", "in", "don't", ".", "x_1", "ß", "3"]), min_size=1, max_size=9
)
SIZE = st.sampled_from([2, 3])


def tensor(word: str, *shape: int) -> np.ndarray:
    """The tensor that stands for a word."""
    return array(TensorBox(spell(word)), shape)


def join(box: str, size: int):
    """What a box of that name does to two vectors."""
    cell = array(TensorBox(box), (size, size, size))
    return lambda left, right: np.einsum("abc,a,b->c", cell, left, right)


def value(diagram: Diagram) -> np.ndarray:
    """The array of a diagram that fits together."""
    verify(diagram)
    return evaluate(diagram)


@given(WORDS, SIZE)
def test_cups_apply_matrices_to_a_start(words, size) -> None:
    start = array(TensorBox("START"), (size,))
    expected = reduce(lambda state, word: state @ tensor(word, size, size), words, start)
    assert np.allclose(value(cups(words, size=size)), expected)


@given(WORDS, SIZE)
def test_stairs_join_from_the_left(words, size) -> None:
    vectors = [tensor(word, size) for word in words]
    expected = reduce(join("STAIR", size), vectors)
    assert np.allclose(value(stairs(words, size=size)), expected)


@given(WORDS, SIZE)
def test_spiders_multiply_element_by_element(words, size) -> None:
    expected = reduce(np.multiply, [tensor(word, size) for word in words])
    assert np.allclose(value(spiders(words, size=size)), expected)


@given(WORDS, SIZE, st.booleans())
def test_trees_join_neighbours(words, size, hierarchical) -> None:
    vectors, level = [tensor(word, size) for word in words], 0
    while len(vectors) > 1:
        joined = join(f"TREE{level}" if hierarchical else "TREE", size)
        pairs = [vectors[n : n + 2] for n in range(0, len(vectors), 2)]
        vectors = [joined(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
        level += 1
    diagram = tree(words, size=size, hierarchical=hierarchical)
    assert np.allclose(value(diagram), vectors[0])


def test_hierarchical_stairs_have_a_box_for_each_step() -> None:
    diagram = stairs("a b c d", hierarchical=True, box="CELL")
    boxes = [node.box for node in diagram.nodes if len(node.legs) == 3]
    assert boxes == [TensorBox("CELL0"), TensorBox("CELL1"), TensorBox("CELL2")]


def test_a_text_is_split_at_blanks() -> None:
    assert stairs(" man  cooks ") == stairs(["man", "cooks"])


@pytest.mark.parametrize("read", [cups, stairs, spiders, tree])
def test_a_sentence_has_words(read) -> None:
    with pytest.raises(DataMistake, match="E0730"):
        read("  ")


@pytest.mark.parametrize(
    ("read", "word"), [(cups, "START"), (stairs, "STAIR"), (stairs, "STAIR3"), (tree, "TREE")]
)
def test_a_word_is_no_box(read, word) -> None:
    with pytest.raises(DataMistake, match="E0731"):
        read(["man", word])
