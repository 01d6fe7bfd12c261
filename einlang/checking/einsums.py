"""`einsum("ij,jk->ik", A, B)` as a product of accesses that is summed, as in NumPy.

>>> parse("...ij,jk", [3, 2])
([('0', 'i', 'j'), ('j', 'k')], ('0', 'i', 'k'))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from einlang.checking import loose
from einlang.checking.loose import Definition, Expression, Number, Product, Read, Stretch
from einlang.checking.scope import Scope
from einlang.errors import Label
from einlang.syntax import nodes

Labels = tuple[str, ...]


def parse(equation: str, ranks: Sequence[int]) -> tuple[list[Labels], Labels]:
    """The labels of each operand and of the result; the axes of `...` are `0`, `1`, ...

    An axis of an ellipsis is numbered from the right, as broadcasting aligns it.
    Raises `ValueError` with a sentence when the equation does not fit.
    """
    text = equation.replace(" ", "")
    left, arrow, right = text.partition("->")
    written = left.split(",")
    if len(written) != len(ranks):
        raise ValueError(f"it names {len(written)} operands, but there are {len(ranks)}")
    pairs = zip(written, ranks, strict=True)
    operands = [_operand(word, rank, n + 1) for n, (word, rank) in enumerate(pairs)]
    hidden = max((sum(label.isdigit() for label in labels) for labels in operands), default=0)
    dots = tuple(str(n) for n in reversed(range(hidden)))
    if not arrow:
        count = Counter(label for labels in operands for label in labels if not label.isdigit())
        return operands, dots + tuple(sorted(label for label, n in count.items() if n == 1))
    return operands, _result(right, dots, operands)


def _operand(word: str, rank: int, number: int) -> Labels:
    before, dots, after = word.partition("...")
    _letters(before + after)
    hidden = rank - len(before) - len(after)
    if hidden < 0 or (hidden and not dots):
        named = len(before) + len(after)
        raise ValueError(f"operand {number} has {_axes(rank)}, but `{word}` names {named}")
    return (*before, *(str(n) for n in reversed(range(hidden))), *after)


def _result(word: str, dots: Labels, operands: Sequence[Labels]) -> Labels:
    before, ellipsis, after = word.partition("...")
    _letters(before + after)
    if dots and not ellipsis:
        raise ValueError("the result must say `...` too, as the operands have it")
    found = (*before, *(dots if ellipsis else ()), *after)
    known = {label for labels in operands for label in labels}
    for label in found:
        if found.count(label) > 1:
            raise ValueError(f"`{label}` comes twice in the result")
        if label not in known:
            raise ValueError(f"`{label}` of the result is in no operand")
    return found


def _letters(word: str) -> None:
    for letter in word:
        if not letter.isalpha():
            raise ValueError(f"`{letter}` is not a letter")


def spread(node: nodes.Einsum, scope: Scope, left: Sequence[nodes.Subscript] | None) -> Expression:
    """The product that an `einsum` stands for, or an access to a fresh definition of it.

    `left` are the subscripts of the definition of which this is the whole right side.
    """
    ranks = [scope.tensor(name, node.span, None) for name in node.operands]
    if any(rank is None for rank in ranks):
        return Number(0)
    places = node.subscripts if node.subscripts is not None else left
    try:
        operands, result = parse(node.equation, [rank or 0 for rank in ranks])
        if places is None and not result:
            places = ()
        _fits(places, result)
    except ValueError as wrong:
        scope.error("E0219", f"this equation does not fit: {wrong}", Label(node.span, "here"))
        return Number(0)
    assert places is not None
    for place in places:
        scope.occur(loose.names_of(place), node.span)
    number = scope.fresh("einsum")
    names = {label: scope.fresh(_word(label)) for o in operands for label in o}
    simple = [loose.plain(place) for place in places]
    known = {name for place in left or () for name in loose.names_of(place)}
    inline = known.issuperset(simple) and len(set(simple)) == len(simple) and left is not None
    if inline:
        names |= {label: name for label, name in zip(result, simple, strict=True) if name}
    scope.labels.extend(names[label] for label in names if not (inline and label in result))
    reads = tuple(
        Read(
            tensor,
            tuple(Stretch(((names[label], 1),), label=label, span=node.span) for label in labels),
            span=node.span,
        )
        for tensor, labels in zip(node.operands, operands, strict=True)
    )
    summed = tuple(names[label] for label in names if label not in result)
    value = Product(reads, summed, span=node.span)
    if inline:
        return value
    axes = tuple(nodes.Affine(((names[label], 1),), span=node.span) for label in result)
    scope.emitted.append(Definition(number, axes, value, span=node.span))
    scope.tensors[number] = len(axes)
    return Read(number, tuple(places), span=node.span)


def _word(label: str) -> str:
    return f"axis{label}" if label.isdigit() else label


def _fits(places: Sequence[nodes.Subscript] | None, result: Labels) -> None:
    if places is None:
        raise ValueError(f"the result has {_axes(len(result))}: say `einsum(...)[...]` which")
    if len(places) != len(result):
        raise ValueError(f"the result has {_axes(len(result))}, but {len(places)} are asked for")


def _axes(count: int) -> str:
    return f"{count} axis" if count == 1 else f"{count or 'no'} axes"
