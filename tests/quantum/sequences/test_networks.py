"""Networks for sequences: what they compute, their sizes, their gradients."""

from __future__ import annotations

import numpy as np
import pytest
from einlang_quantum.sequences import Classifier, Schedule, Shape, fit, read_fasta
from hypergraphs import evaluate

from einlang.diagrams import TensorBox, verify
from einlang.errors import DataMistake

KINDS = ["path", "tree"]


def tables(shape: Shape, seed: int = 0) -> dict[str, np.ndarray]:
    """Positive matrices by name, and vectors of letters under the empty name."""
    random = np.random.default_rng(seed)
    made = {name: random.random(size) + 0.1 for name, size in shape.tables.items()}
    return {"": random.random((shape.letters, shape.bond)) + 0.1, **made}


def folded(shape: Shape, given: dict[str, np.ndarray], word: list[int]) -> np.ndarray:
    """What a network computes, said step by step."""
    letters = [given[""][letter] for letter in word]

    def of(name: str, number: int) -> np.ndarray:
        return given[f"{name}{number}" if shape.hierarchical else name]

    if shape.kind == "path":
        state = letters[0]
        for step, letter in enumerate(letters[1:]):
            state = (state @ of("STEP", step)) * letter
        return state @ given["READ"]
    level = 0
    while len(letters) > 1:
        pairs = [letters[n : n + 2] for n in range(0, len(letters), 2)]
        left, right = (of(side, level) for side in ("LEFT", "RIGHT"))
        letters = [(p[0] @ left) * (p[1] @ right) if len(p) == 2 else p[0] for p in pairs]
        level += 1
    return letters[0] @ given["READ"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hierarchical", [False, True])
@pytest.mark.parametrize("length", [1, 2, 7, 8])
def test_a_network_computes_step_by_step(kind, hierarchical, length) -> None:
    shape = Shape(kind, length, 3, 5, hierarchical)
    given = tables(shape)
    rows = np.random.default_rng(1).integers(0, 5, (4, length))
    placed = np.zeros((4, len(shape.slots)), int)
    placed[:, np.array(shape.slots) == 0] = rows
    arrays = [given[""], *(given[name][None] for name in shape.tables)]
    values = shape.network.evaluate(arrays, placed, shape.slots)
    expected = [folded(shape, given, row) for row in rows.tolist()]
    assert np.allclose(values, expected)
    assert shape.parameters == sum(array.size for array in given.values())


@pytest.mark.parametrize("kind", KINDS)
def test_its_diagram_is_the_same_network(kind, monkeypatch) -> None:
    shape = Shape(kind, 5, 2, 3, hierarchical=True)
    given = tables(shape)
    letters = dict(zip("abc", given[""], strict=True))
    known = {**letters, **given}
    monkeypatch.setattr("hypergraphs.array", lambda box, sizes: known[box.name])
    diagram = shape.diagram("abcab")
    verify(diagram)
    assert all(isinstance(node.box, TensorBox) for node in diagram.nodes)
    assert np.allclose(evaluate(diagram), folded(shape, given, [0, 1, 2, 0, 1]))


def test_a_network_reads_sequences_of_its_length() -> None:
    with pytest.raises(ValueError, match="2 letters for a network of 3"):
        Shape("path", 3, 2, 4).diagram("ab")


@pytest.mark.parametrize(("bond", "qubits"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_wires_are_made_of_qubits(bond, qubits) -> None:
    assert Shape("tree", 2, bond, 4).qubits == qubits


def test_sequences_are_cut_and_filled_up() -> None:
    data = Classifier(Shape("path", 3, 2, 3), "AB").encode(["ABBA", "A", "XA"])
    assert data.letters.tolist() == [[0, 1, 1], [0, 2, 2], [2, 0, 2]]
    assert np.allclose(data.shares, [[0.5, 0.5], [1, 0], [0.5, 0]])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hierarchical", [False, True])
def test_gradients_are_those_of_differences(kind, hierarchical) -> None:
    classifier = Classifier(Shape(kind, 5, 2, 4, hierarchical), "ABC", members=2)
    random = np.random.default_rng(2)
    parameters, data = classifier.start(random), classifier.encode(["ABCAB", "CCA", "BXBBBB"])
    assert len(parameters) == classifier.size
    weights = random.normal(size=3)
    gradient = classifier.differentiate(parameters, data)[1](weights)
    for place in range(classifier.size):
        step = 1e-6 * np.eye(classifier.size)[place]
        above, below = (classifier.score(parameters + s, data) for s in (step, -step))
        assert np.isclose(gradient[place], weights @ (above - below) / 2e-6, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_training_finds_what_stands_where(kind) -> None:
    """The classes consist of the same letters, in another order."""
    random = np.random.default_rng(3)
    truth = np.arange(80) % 2
    ends = ["".join(random.permutation([*"AABB"])) for _ in truth]
    words = [("AB" if label else "BA") + end for label, end in zip(truth, ends, strict=True)]
    classifier = Classifier(Shape(kind, 4, 3, 3, hierarchical=True), "AB")
    parameters = fit(classifier, words, truth, Schedule(epochs=150, rate=0.1, decay=0.0))
    right = (classifier.score(parameters, classifier.encode(words)) > 0) == truth
    assert right.mean() >= 0.9


def test_training_is_repeated_by_its_seed() -> None:
    classifier = Classifier(Shape("tree", 4, 2, 3), "AB")
    words, truth = ["AABB", "BBAA", "ABAB", "BABA"], [0, 1, 0, 1]
    runs = [fit(classifier, words, truth, Schedule(epochs=3, batches=2)) for _ in range(2)]
    assert np.array_equal(*runs)


@pytest.mark.parametrize("text", ["MKV\n", "", ">a\nMK\n>a\nMV\n", ">a\n>b\nMK\n"])
def test_what_is_no_fasta_file_is_refused(tmp_path, text) -> None:
    (tmp_path / "a.fasta").write_text(text)
    with pytest.raises(DataMistake, match="E0735"):
        read_fasta(tmp_path / "a.fasta")


def test_a_missing_file_is_refused(tmp_path) -> None:
    with pytest.raises(DataMistake, match="E0735"):
        read_fasta(tmp_path / "none.fasta")
