"""One sentence in three worlds: on arrays, on ciphertexts and as a circuit it means the same."""

from __future__ import annotations

from functools import reduce

import numpy as np
from einlang_quantum.circuits import Circuit
from einlang_quantum.language import meaning, stairs

import einlang as ein
from einlang.diagrams import Diagram

SENTENCE = "man prepares meal"


def bent(diagram: Diagram, tensors: dict[str, np.ndarray]) -> Circuit:
    """Every tensor a state; the two ends of a wire meet in a cup, a single one goes out."""
    states = [Circuit.state(tensors[getattr(node.box, "name", "")]) for node in diagram.nodes]
    legs = [leg for node in diagram.nodes for leg in node.legs]
    order = [place for wire in sorted(set(legs)) for place, leg in enumerate(legs) if leg == wire]
    ends = [Circuit.cup(1) if legs.count(wire) == 2 else Circuit.id(1) for wire in sorted({*legs})]
    whole = reduce(Circuit.__matmul__, states) >> Circuit.permutation(order)
    return whole >> reduce(Circuit.__matmul__, ends)


def test_a_sentence_means_the_same_in_all_worlds() -> None:
    random = np.random.default_rng(0)
    tensors = {word: random.uniform(-1, 1, 2) for word in SENTENCE.split()}
    tensors["STAIR"] = random.uniform(-1, 1, (2, 2, 2))
    diagram = stairs(SENTENCE)
    text = meaning(diagram, secret=SENTENCE.split())
    for word in SENTENCE.split():
        text = text.replace(f"secret {word}[i0]", f"secret {word}[i0] in [-1, 1]")
    program = ein.compile(text + "\ntarget fhe:\n    precision = 1e-6\n")
    clear = program.run(**tensors)["meaning"]
    encrypted = program.run("fhe", engine="clear", **tensors)["meaning"]
    assert np.abs(encrypted - clear).max() <= 1e-6
    circuit = bent(diagram, tensors)
    assert np.allclose(circuit.scale * circuit.amplitudes(), clear, atol=1e-12)
