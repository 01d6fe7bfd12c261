"""Values that are made twice: of the same operands, with labels that only have other names.

>>> from einlang_numpy.expressions.operand import contiguous
>>> sizes = dict.fromkeys(range(4), 2)
>>> values = [contiguous(labels, sizes, 8) for labels in ((0, 1), (1, 2), (2, 3), (3, 0))]
>>> shared = Shared([(0, 1), (1, 2), (2, 3), (3, 0)], (0, 1, 0, 1), sizes)
>>> shared.find(values, (0, 1), frozenset({0, 2}))
>>> shared.keep(values, (0, 1), frozenset({0, 2}), contiguous((0, 2), sizes, 8))
>>> shared.find(values, (2, 3), frozenset({2, 0}))
(4, Operand(labels=(2, 0), strides=(16, 8), word=8))
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from einlang_numpy.expressions.operand import Labels, Operand, Sizes

Pair = tuple[int, int]


class Shared:
    """What values are made of. `same` numbers operands, those that are one array alike."""

    def __init__(self, terms: Sequence[Labels], same: Sequence[int], sizes: Sizes) -> None:
        self.sizes = sizes
        alike: dict[Hashable, int] = {}
        leaves = [(n, *_form(term, sizes)) for n, term in zip(same, terms, strict=True)]
        self.classes = [alike.setdefault(leaf, len(alike)) for leaf in leaves]
        self.made: dict[Hashable, tuple[int, Labels, Operand]] = {}

    def find(
        self, values: Sequence[Operand], pair: Pair, kept: frozenset[int]
    ) -> tuple[int, Operand] | None:
        """The number of a value that is the same, and its labels by the names they have here."""
        for one in (pair, (pair[1], pair[0])):
            key, labels = self._key(values, one, kept)
            if key in self.made:
                number, before, made = self.made[key]
                name = dict(zip(before, labels, strict=True))
                self.classes.append(self.classes[number])
                return number, Operand(tuple(name[x] for x in made.labels), made.strides, made.word)
        return None

    def keep(
        self, values: Sequence[Operand], pair: Pair, kept: frozenset[int], made: Operand
    ) -> None:
        """A value that is made for the first time; it gets the next number."""
        key, labels = self._key(values, pair, kept)
        self.made[key] = len(self.classes), labels, made
        self.classes.append(-len(self.classes))

    def _key(
        self, values: Sequence[Operand], pair: Pair, kept: frozenset[int]
    ) -> tuple[Hashable, Labels]:
        left, right = (values[n].labels for n in pair)
        labels = tuple(dict.fromkeys(left + right))
        number = {label: n for n, label in enumerate(labels)}
        form = [tuple(number[x] for x in side) for side in (left, right)]
        held = tuple(x in kept for x in labels)
        lengths = tuple(self.sizes[x] for x in labels)
        return (*(self.classes[n] for n in pair), *form, held, lengths), labels


def _form(term: Labels, sizes: Sizes) -> tuple[Labels, Labels]:
    """A term but for the names of its labels."""
    number = {label: n for n, label in enumerate(dict.fromkeys(term))}
    return tuple(number[x] for x in term), tuple(sizes[x] for x in term)
