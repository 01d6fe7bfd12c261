"""Substitution of tensors by diagrams: a functor from the diagrams to themselves.

For every substitution F, `F(f >> g) == F(f) >> F(g)`, `F(f @ g) == F(f) @ F(g)`,
`F(f.dagger()) == F(f).dagger()`, and wires stay what they are.

>>> from einlang.diagrams.diagram import TensorBox
>>> a, b = (Diagram.box(TensorBox(name), [2, 2]) for name in "AB")
>>> square = a @ a >> Diagram.id([2]) @ Diagram.cup([2]) @ Diagram.id([2])
>>> Substitution({"A": b})(square) == b @ b >> Diagram.id([2]) @ Diagram.cup([2]) @ Diagram.id([2])
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from einlang.diagrams.diagram import Diagram, Gluing, Node, TensorBox, insides, refill


@dataclass(frozen=True)
class Substitution:
    """Puts a diagram with the same legs for each tensor by name, inside of boxes too.

    An image is an arrow from nothing. It is left as it is, unless `again` is set: then the
    images are substituted in as well, which must come to an end.
    """

    images: Mapping[str, Diagram]
    again: bool = False

    def __call__(self, diagram: Diagram) -> Diagram:
        """The image of a diagram; time nearly linear in its size."""
        gluing = Gluing()
        shift = gluing.wires(diagram)
        todo = [(node, shift, True) for node in diagram.nodes[::-1]]
        while todo:
            node, shift, active = todo.pop()
            legs = [leg + shift for leg in node.legs]
            image = self._image(node) if active else None
            if image is None:
                box = refill(node.box, self) if active else node.box
                gluing.node(box, legs)
                continue
            start = gluing.wires(image)
            for leg, wire in zip(legs, image.cod, strict=True):
                gluing.join(leg, wire + start)
            todo += [(part, start, self.again) for part in image.nodes[::-1]]
        return gluing.diagram(diagram.dom, diagram.cod)

    def _image(self, node: Node) -> Diagram | None:
        return self.images.get(node.box.name) if isinstance(node.box, TensorBox) else None


def inline(
    diagrams: Mapping[str, Diagram], names: Iterable[str] | None = None
) -> dict[str, Diagram]:
    """The definitions that are left when those with these names are written out.

    Without names: all that another definition reads.
    """
    if names is None:
        names = {name for diagram in diagrams.values() for name in reads(diagram)}
    images = {name: diagrams[name] for name in names if name in diagrams}
    write_out = Substitution(images, again=True)
    return {name: write_out(d) for name, d in diagrams.items() if name not in images}


def reads(diagram: Diagram) -> set[str]:
    """The names of the tensors in a diagram, inside of boxes too."""
    names: set[str] = set()
    todo = [diagram]
    while todo:
        for node in todo.pop().nodes:
            todo += insides(node.box)
            if isinstance(node.box, TensorBox):
                names.add(node.box.name)
    return names
