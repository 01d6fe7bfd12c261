"""Einsum equations: reading both calling forms, with ellipsis and implicit results.

An equation becomes labels (whole numbers) for each axis of each operand, and for the
result. Axes under an ellipsis have negative labels, counted from the right.

>>> parse(("ij, jk", None, None), [(2, 3), (3, 4)])
Equation(terms=((105, 106), (106, 107)), result=(105, 107))
>>> parse((None, [0, ...], None, [..., 0], [...]), [(2, 5), (5, 2)]).result
(-1,)
>>> parse(("ij->ik", None), [(2, 3)])
Traceback (most recent call last):
ValueError: einsum "ij->ik": label 'k' of the result is on no operand
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, Union

Label = Union[int, EllipsisType]
Shape = tuple[int, ...]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Equation:
    """The labels of the operands' axes, and of the result's."""

    terms: tuple[tuple[int, ...], ...]
    result: tuple[int, ...]

    @property
    def labels(self) -> set[int]:
        """The labels of all operands."""
        return {label for term in self.terms for label in term}

    def sizes(self, shapes: Sequence[Shape], text: str = "") -> dict[int, int]:
        """The size of each label; an axis of length one goes along with any other.

        Raises ValueError where two axes disagree, naming operands and label.
        """
        sizes: dict[int, int] = {}
        where: dict[int, int] = {}
        for number, (labels, shape) in enumerate(zip(self.terms, shapes, strict=True)):
            for label, size in zip(labels, shape, strict=True):
                known = sizes.setdefault(label, size)
                where.setdefault(label, number)
                if known == 1:
                    sizes[label], where[label] = size, number
                elif size not in (1, known):
                    raise _differing(label, (where[label], known), (number, size), shapes, text)
        return sizes


def _differing(
    label: int,
    first: tuple[int, int],
    second: tuple[int, int],
    shapes: Sequence[Shape],
    text: str,
) -> ValueError:
    parts = [
        f"{size} on operand {number} of shape {shapes[number]}" for number, size in (first, second)
    ]
    return ValueError(f"einsum {text}: label {shown(label)} is {parts[0]} but {parts[1]}")


def shown(label: int) -> str:
    """A label in words: `'i'`, `7` or `...`.

    >>> shown(105), shown(7), shown(-1)
    ("'i'", '7', '...')
    """
    if label < 0:
        return "..."
    return repr(chr(label)) if label >= ord("A") else str(label)


def parse(arguments: Sequence[Any], shapes: Sequence[Shape]) -> Equation:
    """The equation of a call, for operands of those shapes.

    `arguments` is `(text, *operands)` or `(operand, labels, ..., result)`; the operands
    themselves are not looked at. Raises ValueError, or TypeError for labels of other types.
    """
    if isinstance(arguments[0], str):
        text = repr_text(arguments[0])
        left, result = _split(arguments[0].replace(" ", ""), text)
    else:
        text = "of label lists"
        left = [_labels(labels) for labels in arguments[1::2]]
        result = _labels(arguments[-1]) if len(arguments) % 2 else None
        _small([*left, result or []])
    if len(left) != len(shapes):
        counted = f"{len(left)} and {len(shapes)}"
        raise ValueError(f"einsum {text}: the numbers of terms and operands differ ({counted})")
    ranks = map(len, shapes)
    terms = [_spelled(t, r, n, text) for n, (t, r) in enumerate(zip(left, ranks, strict=True))]
    longest = max((-label for term in terms for label in term if label < 0), default=0)
    dots = tuple(range(-longest, 0))
    if result is None:
        return Equation(tuple(terms), dots + _implicit(terms))
    if dots and Ellipsis not in result:
        raise ValueError(f"einsum {text}: the result lacks the `...` that operands have")
    return Equation(tuple(terms), _result(result, dots, terms, text))


def repr_text(text: str) -> str:
    """An equation in quotes."""
    return f'"{text}"'


def spoken(arguments: Sequence[Any]) -> tuple[tuple[Label, ...], ...]:
    """The labels of a call in the form of label lists, as they are given.

    >>> spoken((None, [0, 1], None, [1, 0], [0]))
    ((0, 1), (1, 0), (0,))
    """
    result = arguments[-1:] if len(arguments) % 2 else ()
    return tuple(tuple(_labels(labels)) for labels in (*arguments[1::2], *result))


def letters(arguments: Sequence[Any]) -> str:
    """The text of a call in the form of label lists.

    >>> letters((None, [0, 1], None, [1, ...]))
    'AB,B...'
    """
    sides = [_spelling(_labels(labels)) for labels in arguments[1::2]]
    end = f"->{_spelling(_labels(arguments[-1]))}" if len(arguments) % 2 else ""
    return ",".join(sides) + end


def _spelling(labels: Sequence[Label]) -> str:
    if any(isinstance(label, int) and label >= len(LETTERS) for label in labels):
        raise ValueError(f"labels from {len(LETTERS)} on have no letter")
    return "".join("..." if isinstance(x, EllipsisType) else LETTERS[x] for x in labels)


def _split(text: str, shown_text: str) -> tuple[list[list[Label]], list[Label] | None]:
    left, arrow, right = text.partition("->")
    terms = [_term(term, shown_text) for term in left.split(",")]
    return terms, _term(right, shown_text) if arrow else None


def _term(text: str, shown_text: str) -> list[Label]:
    before, dots, after = text.partition("...")
    for letter in before + after:
        if not letter.isalpha():
            raise ValueError(f"einsum {shown_text}: {letter!r} is no label")
    middle: list[Label] = [Ellipsis] if dots else []
    return [*map(ord, before), *middle, *map(ord, after)]


def _labels(labels: Any) -> list[Label]:
    if isinstance(labels, str) or not isinstance(labels, Iterable):
        raise TypeError(f"einsum: labels are a list of whole numbers and `...`, not {labels!r}")
    return [x if isinstance(x, EllipsisType) else operator.index(x) for x in labels]


def _small(terms: Iterable[Iterable[Label]]) -> None:
    """As in NumPy, labels count from 0 to 51; or to as many as there are, if they are more."""
    labels = {label for term in terms for label in term if isinstance(label, int)}
    end = max(len(LETTERS), len(labels))
    if any(not 0 <= label < end for label in labels):
        raise ValueError(f"einsum: labels are whole numbers from 0 to {end - 1}")


def _spelled(labels: Sequence[Label], rank: int, number: int, text: str) -> tuple[int, ...]:
    """The labels of an operand, those under its ellipsis included."""
    dots = [place for place, label in enumerate(labels) if isinstance(label, EllipsisType)]
    missing = rank - len(labels) + len(dots)
    if len(dots) > 1 or missing < 0 or (missing and not dots):
        given = len(labels) - len(dots)
        raise ValueError(f"einsum {text}: operand {number} has {rank} axes, not {given}")
    named = [label for label in labels if isinstance(label, int)]
    at = dots[0] if dots else len(named)
    return (*named[:at], *range(-missing, 0), *named[at:])


def _implicit(terms: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    uses = Counter(label for term in terms for label in term)
    return tuple(sorted(label for label, count in uses.items() if count == 1 and label >= 0))


def _result(
    labels: Sequence[Label], dots: tuple[int, ...], terms: Sequence[tuple[int, ...]], text: str
) -> tuple[int, ...]:
    known = {label for term in terms for label in term}
    named = [label for label in labels if isinstance(label, int)]
    for label in named:
        if label not in known:
            raise ValueError(f"einsum {text}: label {shown(label)} of the result is on no operand")
        if named.count(label) > 1:
            raise ValueError(f"einsum {text}: label {shown(label)} comes twice in the result")
    places = [place for place, label in enumerate(labels) if isinstance(label, EllipsisType)]
    if len(places) > 1:
        raise ValueError(f"einsum {text}: the result has more than one `...`")
    at = places[0] if places else 0
    return (*named[:at], *(dots if places else ()), *named[at:])
