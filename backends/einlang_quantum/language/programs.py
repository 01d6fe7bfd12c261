"""Sentences as a program of the language: words are inputs, each sentence is a definition.

Words that several sentences share are one input. A sentence that is a program runs wherever
programs run: on arrays, on encrypted word vectors, and as a circuit.

>>> import einlang as ein
>>> from einlang_quantum.language import spiders
>>> text = program({"one": spiders("good day"), "two": spiders("good night")})
>>> print(text, end="")
index i0 = 2
<BLANKLINE>
param day[i0]
param good[i0]
param night[i0]
<BLANKLINE>
one[i0] = good[i0] * day[i0]
two[i0] = good[i0] * night[i0]
<BLANKLINE>
out one, two
>>> result = ein.compile(text).run(day=[1.0, 2.0], good=[3.0, 1.0], night=[0.0, 1.0])
>>> result["one"].tolist(), result["two"].tolist()
([3.0, 2.0], [0.0, 1.0])
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from einlang.diagrams import Diagram, NumberBox, TensorBox
from einlang.errors import BackendMistake, DataMistake, fail

LETTERS = "ijklmnopqrstuvwxyz"


def meaning(diagram: Diagram, *, secret: Iterable[str] = (), data: str | None = None) -> str:
    """The program of one sentence, whose output is called `meaning`."""
    return program({"meaning": diagram}, secret=secret, data=data)


def program(
    sentences: Mapping[str, Diagram], *, secret: Iterable[str] = (), data: str | None = None
) -> str:
    """The program that defines all of the sentences, by name.

    The tensors named in `secret` are encrypted by the client, all others are `param`. `data`
    names an `.npz` file with the tensors. Raises `BackendMistake` E0732 for a diagram that has
    other boxes than tensors and numbers, or a wire that goes out twice, `DataMistake` E0731
    for a sentence that has the name of a word, or a tensor of two shapes.
    """
    shapes = _shapes(sentences)
    naming = _Naming(sentences.values(), shapes)
    hidden = set(secret)
    declared = [
        f"{'secret' if name in hidden else 'param'} {_at(name, naming.axes(shapes[name]))}"
        + (f' from "{data}:{name}"' if data else "")
        for name in sorted(shapes)
    ]
    lines = [_definition(name, diagram, naming) for name, diagram in sentences.items()]
    index = ", ".join(f"{name} = {size}" for name, size in sorted(naming.used.items(), key=_order))
    opening = [f"index {index}", ""] if index else []
    return "\n".join([*opening, *declared, "", *lines, "", f"out {', '.join(sentences)}", ""])


class _Naming:
    """A letter for every size, and a number for every wire of that size."""

    def __init__(self, diagrams: Iterable[Diagram], tensors: Iterable[str]) -> None:
        sizes = sorted({size for diagram in diagrams for size in diagram.sizes})
        mark = ""
        while any(re.fullmatch(rf"[{LETTERS}]\w?{mark}[0-9]+", name) for name in tensors):
            mark += "_"
        self.letter = {
            size: LETTERS[n % 18] + ("x" * (n // 18)) + mark for n, size in enumerate(sizes)
        }
        self.used: dict[str, int] = {}

    def axes(self, sizes: Sequence[int]) -> list[str]:
        """A name for each of these wires."""
        count = dict.fromkeys(sizes, 0)
        names: list[str] = []
        for size in sizes:
            names.append(f"{self.letter[size]}{count[size]}")
            self.used[names[-1]] = size
            count[size] += 1
        return names


def _order(item: tuple[str, int]) -> tuple[int, int, str]:
    return item[1], len(item[0]), item[0]


def _at(name: str, axes: Sequence[str]) -> str:
    return f"{name}[{', '.join(axes)}]" if axes else name


def _definition(name: str, diagram: Diagram, naming: _Naming) -> str:
    index = naming.axes(diagram.sizes)
    factors = [
        repr(node.box.value)
        if isinstance(node.box, NumberBox)
        else _at(getattr(node.box, "name", ""), [index[leg] for leg in node.legs])
        for node in diagram.nodes
    ]
    left = _at(name, [index[wire] for wire in (*diagram.dom, *diagram.cod)])
    return f"{left} = {' * '.join(factors)}"


def _shapes(sentences: Mapping[str, Diagram]) -> dict[str, tuple[int, ...]]:
    """The shapes of all tensors."""
    shapes: dict[str, tuple[int, ...]] = {}
    for sentence, diagram in sentences.items():
        _check(sentence, diagram)
        for node in diagram.nodes:
            if isinstance(node.box, TensorBox):
                shape = tuple(diagram.sizes[leg] for leg in node.legs)
                if shapes.setdefault(node.box.name, shape) != shape:
                    what = f"`{node.box.name}` has shapes {shapes[node.box.name]} and {shape}"
                    hint = "words of different types need different names"
                    raise fail(DataMistake, "E0731", what, hint=hint)
    for sentence in sentences:
        if sentence in shapes:
            what = f"the sentence `{sentence}` has the name of a word in it"
            raise fail(DataMistake, "E0731", what, hint="give the sentence another name")
    return shapes


def _check(name: str, diagram: Diagram) -> None:
    wires = (*diagram.dom, *diagram.cod)
    on = {leg for node in diagram.nodes for leg in node.legs}
    if len(set(wires)) < len(wires):
        why = "a wire goes out twice"
    elif not diagram.nodes or set(range(len(diagram.sizes))) - on:
        why = "a wire has no tensor on it"
    elif not all(isinstance(node.box, TensorBox | NumberBox) for node in diagram.nodes):
        why = "it has boxes that are neither tensors nor numbers"
    else:
        return
    raise fail(BackendMistake, "E0732", f"`{name}` cannot be written as one product: {why}")
