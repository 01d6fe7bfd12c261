"""Names of tensors and indices in an expression: found, and replaced.

>>> i = nodes.Affine((("i", 1),))
>>> value = nodes.Binary("*", nodes.Access("%0", (i,)), nodes.SizeOf("n"))
>>> tuple(index_names(value))
('i', 'n')
>>> Renaming({"%0": "A"}, {"i": "j", "n": "m"})(value)
Binary(operator='*', left=Access(tensor='A', subscripts=(Affine(terms=(('j', 1),), \
offset=0, border=None, fill=0.0, scaled=()),)), right=SizeOf(index='m'))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from einlang.syntax import nodes


def subscript_names(place: nodes.Subscript) -> tuple[str, ...]:
    """The indices of one subscript."""
    if isinstance(place, nodes.Group):
        return place.indices
    scaled = (name for sizes, _, index in place.scaled for name in (*sizes, index) if name)
    return (*(name for name, _ in place.terms), *scaled)


def index_names(value: nodes.Expression) -> Iterator[str]:
    """The indices in an expression, in order of appearance, as often as they appear."""
    if isinstance(value, nodes.Access):
        for place in value.subscripts:
            yield from subscript_names(place)
    elif isinstance(value, nodes.SizeOf):
        yield value.index
    elif isinstance(value, nodes.Reduction):
        yield from value.indices
    for part in nodes.parts(value):
        yield from index_names(part)


@dataclass(frozen=True)
class Renaming:
    """New names for the tensors and the indices of an expression."""

    tensors: Mapping[str, str]
    indices: Mapping[str, str]

    def __call__(self, value: nodes.Expression) -> nodes.Expression:
        """The expression under its new names."""
        if isinstance(value, nodes.Access):
            places = tuple(self.subscript(place) for place in value.subscripts)
            return replace(value, tensor=self.tensors[value.tensor], subscripts=places)
        if isinstance(value, nodes.SizeOf):
            return replace(value, index=self.indices[value.index])
        if isinstance(value, nodes.Binary):
            first, links = value.chain
            renamed = self(first)
            for link in links:
                renamed = replace(link, left=renamed, right=self(link.right))
            return renamed
        if isinstance(value, nodes.Unary):
            return replace(value, operand=self(value.operand))
        if isinstance(value, nodes.Call):
            return replace(value, arguments=tuple(self(part) for part in value.arguments))
        if isinstance(value, nodes.Reduction):
            names = tuple(self.indices[name] for name in value.indices)
            return replace(value, indices=names, body=self(value.body))
        return value

    def subscript(self, place: nodes.Subscript) -> nodes.Subscript:
        """A subscript under its new names."""
        if isinstance(place, nodes.Group):
            return replace(place, indices=tuple(self.indices[name] for name in place.indices))
        return replace(
            place, terms=tuple((self.indices[name], times) for name, times in place.terms)
        )
