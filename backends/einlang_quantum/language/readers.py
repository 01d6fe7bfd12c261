"""Readers: from a list of words to the diagram that says how their meanings are composed.

They know no grammar, and need no parser. Every wire has the same size; the meaning of the
sentence goes out on one wire. `cups` and `stairs` are lambeq's readers of those names,
`spiders` its bag of words; `tree` joins neighbours level by level.

>>> diagrams = [read("man prepares meal") for read in (cups, stairs, spiders, tree)]
>>> [len(diagram.nodes) for diagram in diagrams]
[4, 5, 3, 5]
>>> stairs("man prepares").isomorphic(tree("man prepares", box="STAIR"))
True

Boxes are shared by all places, or, with `hierarchical`, by the places of one step (stairs) or
one level (tree) only:

>>> [node.box.name for node in stairs("a b c", hierarchical=True).nodes if len(node.legs) > 1]
['STAIR0', 'STAIR1']
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Union

from einlang.diagrams import Diagram, Gluing, TensorBox
from einlang.errors import DataMistake, fail
from einlang_quantum.language.spelling import spell

Words = Union[str, Sequence[str]]
Join = Callable[[int, int, int], int]


def cups(words: Words, *, size: int = 2, start: str = "START") -> Diagram:
    """A matrix for each word, applied one after the other to a start vector.

    A word is a tensor of shape `(size, size)`: what comes in from the left, what goes out.
    """
    gluing = Gluing()
    wire = _state(gluing, start, size)
    for name in _names(words, start):
        after = gluing.wire(size, "s")
        gluing.node(TensorBox(name), (wire, after))
        wire = after
    return gluing.diagram((), (wire,))


def stairs(
    words: Words, *, size: int = 2, box: str = "STAIR", hierarchical: bool = False
) -> Diagram:
    """The first two words are joined by a box, the result and the next word, and so on.

    A word is a tensor of shape `(size,)`, the box one of `(size, size, size)`: what has been
    read, the next word, what goes out.
    """
    gluing = Gluing()
    names = _names(words, box)
    wire = _state(gluing, names[0], size)
    for step, name in enumerate(names[1:]):
        word = _state(gluing, name, size)
        wire = _join(gluing, f"{box}{step}" if hierarchical else box, wire, word)
    return gluing.diagram((), (wire,))


def spiders(words: Words, *, size: int = 2) -> Diagram:
    """A bag of words: tensors of shape `(size,)`, multiplied element by element."""
    gluing = Gluing()
    wire = gluing.wire(size, "s")
    for name in _names(words):
        gluing.node(TensorBox(name), (wire,))
    return gluing.diagram((), (wire,))


def tree(words: Words, *, size: int = 2, box: str = "TREE", hierarchical: bool = False) -> Diagram:
    """Neighbours are joined by a box, level by level; one that is left over goes up as it is.

    Shapes are those of `stairs`.
    """
    gluing = Gluing()
    wires = [_state(gluing, name, size) for name in _names(words, box)]
    level = 0
    while len(wires) > 1:
        name = f"{box}{level}" if hierarchical else box
        pairs = zip(wires[::2], wires[1::2], strict=False)
        joined = [_join(gluing, name, left, right) for left, right in pairs]
        wires = joined + wires[len(wires) - len(wires) % 2 :]
        level += 1
    return gluing.diagram((), wires)


def _names(words: Words, box: str | None = None) -> list[str]:
    """The words as names; none of them is that of a box."""
    said = words.split() if isinstance(words, str) else list(words)
    if not said:
        raise fail(DataMistake, "E0730", "a sentence without words has no meaning")
    names = [spell(word) for word in said]
    for word, name in zip(said, names, strict=True):
        if box is not None and name.startswith(box) and name[len(box) :].strip("0123456789") == "":
            hint = "give the box another name: `box=...`, or `start=...`"
            raise fail(DataMistake, "E0731", f"the word `{word}` has the name of a box", hint=hint)
    return names


def _state(gluing: Gluing, name: str, size: int) -> int:
    wire = gluing.wire(size, "s")
    gluing.node(TensorBox(name), (wire,))
    return wire


def _join(gluing: Gluing, name: str, left: int, right: int) -> int:
    out = gluing.wire(gluing.sizes[left], "s")
    gluing.node(TensorBox(name), (left, right, out))
    return out
