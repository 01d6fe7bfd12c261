"""Derivations in lambeq's JSON form as diagrams; lambeq itself is not needed for it.

Cups, caps, swaps and spiders become wires; a word or another box becomes a tensor with one leg
per wire, those that come in first. Adjoint types have the size of the type, and a rotated box
is the tensor of the box with its wires in reverse: what this means for real tensors.

>>> noun = {"entity": "Ty", "name": "n", "objects": [], "z": 0}
>>> none = {"entity": "Ty", "name": None, "objects": [], "z": 0}
>>> alice = {"entity": "Word", "name": "Alice", "cod": noun, "z": 0}
>>> layer = {"entity": "Layer", "left": none, "right": none, "box": alice}
>>> diagram = from_derivation({"dom": none, "cod": noun, "layers": [layer]}, {"n": 4})
>>> diagram.cod_sizes, diagram.nodes[0].box
((4,), TensorBox(name='Alice__to_n'))
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from einlang.diagrams import Diagram, Gluing, TensorBox
from einlang.errors import DataMistake, fail
from einlang_quantum.language.spelling import Type, spell

Json = Mapping[str, Any]


def from_derivation(derivation: str | Json, sizes: Mapping[str, int] | int = 2) -> Diagram:
    """The diagram of a derivation, as `lambeq`'s `Diagram.to_json` writes it.

    `sizes` gives the size of every atomic type by name, or one size for all. Raises
    `DataMistake` E0733 for what is not a derivation, or has types without a size.
    """
    try:
        content = json.loads(derivation) if isinstance(derivation, str) else derivation
        return _Reading(sizes).read(content)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise _unreadable(f"{type(error).__name__}: {error}") from error


def _unreadable(why: str) -> Exception:
    hint = "it is what `json.dumps(diagram.to_json())` of a lambeq diagram gives"
    return fail(DataMistake, "E0733", f"this derivation cannot be read: {why}", hint=hint)


def types(content: Json) -> list[Type]:
    """The atomic types of a type."""
    if content["objects"]:
        return [atom for part in content["objects"] for atom in types(part)]
    return [] if content["name"] is None else [(content["name"], content["z"])]


class _Reading(Gluing):
    """A diagram under construction, layer by layer."""

    def __init__(self, known: Mapping[str, int] | int) -> None:
        super().__init__()
        self.known = known

    def read(self, content: Json) -> Diagram:
        """The whole."""
        dom = self.new(types(content["dom"]))
        front = list(dom)
        for layer in content["layers"]:
            start = len(types(layer["left"]))
            end = len(front) - len(types(layer["right"]))
            front[start:end] = self.box(layer["box"], front[start:end])
        if [self.sizes[wire] for wire in front] != self.lengths(types(content["cod"])):
            raise _unreadable("its layers do not give its codomain")
        return self.diagram(dom, front)

    def lengths(self, atoms: Sequence[Type]) -> list[int]:
        """The sizes of atomic types."""
        known = self.known
        names = [name for name, _ in atoms]
        if isinstance(known, int):
            return [known] * len(names)
        for name in names:
            if name not in known:
                raise _unreadable(f"the type `{name}` has no size")
        return [known[name] for name in names]

    def new(self, atoms: Sequence[Type]) -> list[int]:
        """New wires of these types."""
        pairs = zip(atoms, self.lengths(atoms), strict=True)
        return [self.wire(size, name) for (name, _), size in pairs]

    def box(self, box: Json, dom: list[int]) -> list[int]:
        """The wires that leave a box which these ones enter."""
        match box["entity"]:
            case "Cup":
                self.join(*dom)
                return []
            case "Cap":
                wire = self.new(types(box["left"]))[0]
                return [wire, wire]
            case "Swap":
                count = len(types(box["left"]))
                return dom[count:] + dom[:count]
            case "Spider":
                return self.spider(box, dom)
            case "Daggered":
                inner = box["box"]
                cod = self.new(types(inner["dom"]) if "dom" in inner else [])
                self.tensor(inner, cod, dom)
                return cod
            case "Word" | "Box":
                cod = self.new(types(box["cod"]))
                self.tensor(box, dom, cod)
                return cod
            case other:
                raise _unreadable(f"boxes of the kind `{other}` are not known")

    def spider(self, box: Json, dom: list[int]) -> list[int]:
        """One wire with all the legs."""
        if len(dom) != box["n_legs_in"]:
            raise _unreadable(f"{len(dom)} wires enter a spider of {box['n_legs_in']}")
        wire = self.new(types(box["type"]))[0]
        for other in dom:
            self.join(wire, other)
        return [wire] * box["n_legs_out"]

    def tensor(self, box: Json, dom: list[int], cod: list[int]) -> None:
        """A word or another box, turned back to how it stands unrotated."""
        turn = box["z"]
        sides = types(box["dom"]) if "dom" in box else [], types(box["cod"])
        if [len(side) for side in sides] != [len(dom), len(cod)]:
            raise _unreadable(f"{len(dom)} wires enter the box `{box['name']}`")
        before = [[(name, z - turn) for name, z in side] for side in sides]
        if turn % 2:
            before = [side[::-1] for side in before]
            dom, cod = dom[::-1], cod[::-1]
        self.node(TensorBox(spell(box["name"], *before)), [*dom, *cod])
