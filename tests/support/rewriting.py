"""Changes to a program that change nothing: other names of indices, another order of factors.

>>> import random
>>> from einlang.syntax.nodes import Access, Affine, Binary
>>> i, k = Affine((("i", 1),)), Affine((("k", 1),))
>>> renamed(Access("A", (i, k)), {"k": "z"}).subscripts[1].terms
(('z', 1),)
>>> term = Binary("*", Access("a"), Binary("*", Access("b"), Access("c")))
>>> print(len({repr(shuffled(term, random.Random(seed))) for seed in range(100)}))
6
"""

from __future__ import annotations

import random as randomness
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TypeVar

from meaning import Divisor, factors

from einlang.syntax import nodes

N = TypeVar("N")


def renamed(node: N, names: Mapping[str, str]) -> N:
    """A node with other names for its indices."""
    if isinstance(node, nodes.Def):
        return node
    if isinstance(node, nodes.Index):
        size = None if node.size is None else _size(node.size, names)
        return replace(node, name=names.get(node.name, node.name), size=size)
    if isinstance(node, nodes.SizeOf):
        return replace(node, index=names.get(node.index, node.index))
    if isinstance(node, nodes.Affine):
        terms = tuple((names.get(name, name), factor) for name, factor in node.terms)
        scaled = tuple(
            (tuple(names.get(n, n) for n in sizes), factor, names.get(name or "", name))
            for sizes, factor, name in node.scaled
        )
        return replace(node, terms=terms, scaled=scaled)
    if isinstance(node, nodes.Node):
        return replace(node, **{part.name: _part(node, part.name, names) for part in fields(node)})
    if isinstance(node, tuple):
        return tuple(renamed(item, names) for item in node)  # type: ignore[return-value]
    return node


def _part(node: nodes.Node, name: str, names: Mapping[str, str]) -> object:
    value = getattr(node, name)
    if name in ("indices", "bound"):
        return tuple(names.get(index, index) for index in value)
    return value if name in ("comments", "names", "operands") else renamed(value, names)


def _size(node: nodes.Expression, names: Mapping[str, str]) -> nodes.Expression:
    if isinstance(node, nodes.Access):
        return replace(node, tensor=names.get(node.tensor, node.tensor))
    if isinstance(node, nodes.Binary):
        return replace(node, left=_size(node.left, names), right=_size(node.right, names))
    return node


def shuffled(node: N, random: randomness.Random) -> N:
    """A node with the factors of every product, and the terms of every sum, in another order."""
    if isinstance(node, nodes.Binary) and node.operator in "*/":
        parts = factors(node)
        above = [shuffled(part, random) for part in parts if not isinstance(part, Divisor)]
        below = [shuffled(part.node, random) for part in parts if isinstance(part, Divisor)]
        random.shuffle(above)
        random.shuffle(below)
        result = above[0]
        for factor in above[1:]:
            result = nodes.Binary("*", result, factor)
        for factor in below:
            result = nodes.Binary("/", result, factor)
        return result  # type: ignore[return-value]
    if isinstance(node, nodes.Binary) and node.operator == "+" and random.random() < 0.5:
        node = replace(node, left=node.right, right=node.left)
    if isinstance(node, nodes.Node):
        parts_of = {part.name: getattr(node, part.name) for part in fields(node)}
        return replace(node, **{name: shuffled(part, random) for name, part in parts_of.items()})
    if isinstance(node, tuple):
        return tuple(shuffled(item, random) for item in node)  # type: ignore[return-value]
    return node
