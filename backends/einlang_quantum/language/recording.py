"""Diagrams of tensors as derivations in lambeq's JSON form.

The names of tensors say the words and the types of their wires (`spelling`); one without
types is a word where it has a single wire, else a box out of which the last wire goes. Two
ends of adjoint types are joined by a cup, all others by spiders.

>>> from einlang_quantum.language import from_derivation, stairs
>>> derivation = to_derivation(stairs("man prepares meal"))
>>> [layer["box"]["name"] for layer in derivation["layers"]]
['man', 'prepares', 'STAIR', 'meal', 'STAIR']
>>> from_derivation(derivation).isomorphic(stairs("man prepares meal"))
True
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from einlang.diagrams import Diagram, Node, TensorBox
from einlang.errors import BackendMistake, fail
from einlang_quantum.language.spelling import unspell

Json = dict[str, Any]
End = tuple[int, int]
"""A wire, and which adjoint of its type."""


def to_derivation(diagram: Diagram) -> Json:
    """The derivation, as `lambeq.backend.grammar.Diagram.from_json` reads it.

    Types are the names of wires, `s` where they have none. Raises `BackendMistake` E0732 for
    other boxes than tensors.
    """
    weaving = _Weaving(diagram)
    for wire in dict.fromkeys(diagram.dom):
        weaving.settle(wire)
    for wire in range(len(diagram.sizes)):
        if not weaving.due[wire] and wire not in diagram.dom:
            weaving.place(
                _spider(weaving.type((wire, 0)), 0, 1), len(weaving.front), 0, [(wire, 0)]
            )
            weaving.settle(wire)
    for node in diagram.nodes:
        weaving.node(node)
    weaving.close()
    dom, cod = ([(wire, 0) for wire in wires] for wires in (diagram.dom, diagram.cod))
    return {
        "entity": "Diagram",
        "dom": weaving.types(dom),
        "cod": weaving.types(cod),
        "layers": weaving.layers,
        "category": "grammar",
    }


def _spider(kind: Json, legs_in: int, legs_out: int) -> Json:
    return {"entity": "Spider", "type": kind, "n_legs_in": legs_in, "n_legs_out": legs_out}


def _cup(left: Json, right: Json) -> Json:
    return {"entity": "Cup", "left": left, "right": right, "is_reversed": False}


class _Weaving:
    """Layers under construction, and the ends of wires that hang out of the last one.

    `due` counts the legs of each wire that are still to come, `ends` its legs in the codomain.
    """

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.layers: list[Json] = []
        self.front: list[End] = [(wire, 0) for wire in diagram.dom]
        self.due = Counter(leg for node in diagram.nodes for leg in node.legs)
        self.ends = Counter(diagram.cod)

    def wires(self) -> list[int]:
        """The wires that hang out."""
        return [wire for wire, _ in self.front]

    def type(self, end: End) -> Json:
        """An atomic type."""
        name = self.diagram.name(end[0]) or "s"
        return {"entity": "Ty", "name": name, "objects": [], "z": end[1]}

    def types(self, ends: Sequence[End]) -> Json:
        """The type of several ends."""
        if len(ends) == 1:
            return self.type(ends[0])
        return {"entity": "Ty", "name": None, "objects": [*map(self.type, ends)], "z": 0}

    def place(self, box: Json, at: int, legs_in: int, out: Sequence[End]) -> None:
        """A layer with this box, on the ends from `at` on."""
        left, right = self.front[:at], self.front[at + legs_in :]
        sides = {"left": self.types(left), "right": self.types(right)}
        self.layers.append({"entity": "Layer", **sides, "box": box})
        self.front = [*left, *out, *right]

    def move(self, start: int, end: int) -> None:
        """Takes the end at one place to another, across those between."""
        step = 1 if end > start else -1
        for place in range(start, end, step):
            at = min(place, place + step)
            left, right = self.front[at : at + 2]
            box = {"entity": "Swap", "left": self.type(left), "right": self.type(right)}
            self.place(box, at, 2, [right, left])

    def node(self, node: Node) -> None:
        """A box: what comes into it is taken to the right end, or bent."""
        if not isinstance(node.box, TensorBox):
            raise fail(BackendMistake, "E0732", "only tensors are words of a derivation")
        word, dom, cod = unspell(node.box.name, len(node.legs))
        ends = [(leg, z) for leg, (_, z) in zip(node.legs, (*dom, *cod), strict=True)]
        place = self.enter(ends[: len(dom)])
        out, self.due = ends[len(dom) :], self.due - Counter(node.legs)
        box = {"entity": "Box", "name": word, "z": 0, "dom": self.types(ends[: len(dom)])}
        if not dom:
            box = {"entity": "Word", "name": word, "z": 0}
        box["cod"] = self.types(out)
        self.place(box, place, len(dom), out)
        for wire in dict.fromkeys(node.legs):
            self.settle(wire)

    def enter(self, ends: Sequence[End]) -> int:
        """Puts these ends next to each other, and says where."""
        ready = [*map(self.ready, ends)]
        place = self.front.index(ends[0]) if ends and ready[0] else len(self.front)
        if all(ready) and self.front[place : place + len(ends)] == [*ends]:
            return place
        for entered, (end, there) in enumerate(zip(ends, ready, strict=True)):
            last = len(self.front)
            if there:
                self.move(self.front.index(end), last - 1)
            else:
                self.place(_spider(self.type(end), 0, 2), last, 0, [end, end])
                self.move(last, last - entered)
        return len(self.front) - len(ends)

    def ready(self, end: End) -> bool:
        """Whether this end hangs out for nothing but the leg that is to enter."""
        last = self.due[end[0]] == 1 and not self.ends[end[0]]
        return last and self.wires().count(end[0]) == 1 and end in self.front

    def settle(self, wire: int) -> None:
        """Joins the ends of a wire of which no leg is to come."""
        if self.due[wire]:
            return
        places = [place for place, end in enumerate(self.front) if end[0] == wire]
        if len(places) == 2 and not self.ends[wire] and self.cup(*places):
            return
        for place in [place for place, (other, _) in enumerate(self.front) if other == wire]:
            self.straighten(place)
        self.gather(wire)

    def cup(self, left: int, right: int) -> bool:
        """Joins two ends by a cup, where their types are adjoint."""
        turn = self.front[right][1] - self.front[left][1]
        if abs(turn) != 1:
            return False
        self.move(right, left + 1 if turn == 1 else left)
        pair = self.front[left : left + 2]
        self.place(_cup(*map(self.type, pair)), left, 2, [])
        return True

    def straighten(self, place: int) -> None:
        """Turns an end of an adjoint type to one of the type itself."""
        while turn := self.front[place][1]:
            wire, z = self.front[place]
            near = (wire, z - 1 if turn > 0 else z + 1)
            at = place if turn > 0 else place + 1
            self.place(_spider(self.type(near), 0, 2), at, 0, [near, near])
            cup = place + 1 if turn > 0 else place
            self.place(_cup(*map(self.type, self.front[cup : cup + 2])), cup, 2, [])

    def gather(self, wire: int) -> None:
        """Makes one spider of all ends of a wire, with as many legs as go out."""
        places = [place for place, end in enumerate(self.front) if end[0] == wire]
        if not places or len(places) == self.ends[wire] == 1:
            return
        for number, place in enumerate(places):
            self.move(place, places[0] + number)
        out = [(wire, 0)] * self.ends[wire]
        self.place(
            _spider(self.type((wire, 0)), len(places), len(out)), places[0], len(places), out
        )

    def close(self) -> None:
        """Puts the ends that are left in the order in which they go out."""
        for place, wire in enumerate(self.diagram.cod):
            self.move(self.front.index((wire, 0), place), place)
