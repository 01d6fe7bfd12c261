"""From expressions to subscripts and to constants: `2*(p + 1)` is affine, `p*q` is not.

>>> from einlang.syntax.nodes import Access, Binary, Number
>>> place(Binary("*", Number(2), Binary("+", Access("p"), Number(1))))
Affine(terms=(('p', 2),), offset=2, border=None, fill=0.0, scaled=())
>>> constant(Binary("^", Number(10), Number(3)))
1000.0
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Literal, cast

from einlang.errors import EinlangError, Label, Span, SyntaxMistake, fail
from einlang.syntax.nodes import (
    Access,
    Affine,
    Binary,
    Call,
    Expression,
    Group,
    Number,
    SizeOf,
    Subscript,
    Unary,
    parts,
)

DEEPEST = 200
MOST_PARTS = 1000

# Factors by the sizes that multiply them and the index they stand before (None: an offset).
Form = dict[tuple[tuple[str, ...], "str | None"], int]


def too_deep(span: Span) -> EinlangError:
    """More operations inside of each other than the rooms behind can walk."""
    return fail(
        SyntaxMistake,
        "E0112",
        f"this expression is more than {DEEPEST} operations deep",
        Label(span, "this one"),
        hint="name parts of it by definitions of their own",
    )


def depth_checked(node: Expression) -> Expression:
    """The same expression, refused if it is too deep; without recursion itself."""
    level: list[Expression] = [node]
    for _ in range(DEEPEST):
        level = [part for parent in level for part in parts(parent)]
        if not level:
            return node
    raise too_deep(node.span)


# -- constants ----------------------------------------------------------------------------

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": math.pow,
}


def constant(node: Expression) -> float:
    """The value of an expression of numbers; refused where it is none."""
    try:
        value = _constant(depth_checked(node))
    except (ArithmeticError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise fail(SyntaxMistake, "E0111", "this is not a number", Label(node.span))
    return value


def _constant(node: Expression) -> float:
    match node:
        case Number(value):
            return float(value)
        case Unary(_, operand):
            return -_constant(operand)
        case Binary():
            first, links = node.chain
            return reduce(_continued, links, _constant(first))
    raise _no_number(node)


def _continued(value: float, link: Binary) -> float:
    """One more operation of a chain."""
    if link.operator not in _ARITHMETIC:
        raise _no_number(link)
    return _ARITHMETIC[link.operator](value, _constant(link.right))


def _no_number(node: Expression) -> EinlangError:
    return fail(
        SyntaxMistake,
        "E0111",
        "a number has to stand here",
        Label(node.span, "not a number"),
        hint="numbers, `pi` and `+ - * / ^` make one",
    )


def bounds(low: float, high: float, span: Span) -> tuple[float, float]:
    """A range, refused if it is upside down."""
    if low <= high:
        return low, high
    raise fail(
        SyntaxMistake,
        "E0111",
        f"the range from {low:g} to {high:g} is empty",
        Label(span, "the lower bound comes first"),
        hint="swap the bounds",
    )


# -- subscripts ---------------------------------------------------------------------------


def place(node: Expression | Group) -> Subscript:
    """A subscript from what was read in its position."""
    if isinstance(node, Group):
        return node
    if not isinstance(node, Call) or node.function not in ("pad", "wrap", "clamp"):
        return _affine(node)
    fills = len(node.arguments) - 1
    if node.indices or fills > (node.function == "pad"):
        raise _refused(node, f"`{node.function}` is given too much", "write `pad(x - 1, 0)`")
    inside = _affine(node.arguments[0])
    border = cast('Literal["pad", "wrap", "clamp"]', node.function)
    fill = constant(node.arguments[1]) if fills else 0.0
    return Affine(inside.terms, inside.offset, border, fill, inside.scaled, span=node.span)


def _affine(node: Expression) -> Affine:
    if isinstance(node, Access) and not node.subscripts:
        return Affine(((node.tensor, 1),), span=node.span)
    form = {key: factor for key, factor in _form(depth_checked(node)).items() if factor}
    terms = tuple((index, n) for (sizes, index), n in form.items() if index and not sizes)
    scaled = tuple((sizes, n, index) for (sizes, index), n in form.items() if sizes)
    return Affine(terms, form.get(((), None), 0), scaled=scaled, span=node.span)


def _form(node: Expression) -> Form:
    match node:
        case Number(int(value)):
            return {((), None): value}
        case Number():
            raise _refused(node, "a subscript is a whole number", "axes are counted from 0")
        case SizeOf(index):
            return {((index,), None): 1}
        case Access(index, ()):
            return {((), index): 1}
        case Unary(_, operand):
            return _times(_form(operand), {((), None): -1})
        case Binary():
            first, links = node.chain
            return reduce(_extended, links, _form(first))
    raise _not_affine(node)


def _extended(form: Form, link: Binary) -> Form:
    """A form with one more operation of a chain."""
    match link.operator:
        case "+":
            return _plus(form, _form(link.right))
        case "-":
            return _plus(form, _times(_form(link.right), {((), None): -1}))
        case "*":
            return _product(link, form, _form(link.right))
    raise _not_affine(link)


def _plus(left: Form, right: Form) -> Form:
    return {key: left.get(key, 0) + right.get(key, 0) for key in {**left, **right}}


def _times(form: Form, factor: Form) -> Form:
    """A form times one without indices."""
    result: Form = {}
    for (sizes, index), a in form.items():
        for (more, _), b in factor.items():
            key = (tuple(sorted(sizes + more)), index)
            result[key] = result.get(key, 0) + a * b
    return result


def _product(node: Expression, left: Form, right: Form) -> Form:
    if len(left) * len(right) > MOST_PARTS:
        raise _refused(node, "this subscript has too many parts", "multiply it out")
    for form, factor in ((left, right), (right, left)):
        if all(index is None for _, index in factor):
            return _times(form, factor)
    raise _refused(
        node, "indices are multiplied with each other", "subscripts are whole multiples of indices"
    )


def _not_affine(node: Expression) -> EinlangError:
    match node:
        case Access():
            return _refused(
                node,
                f"a value of `{node.tensor}` cannot be a subscript",
                "where a tensor is read may not depend on data; "
                "pick by a matrix of zeros and ones: `P[i, k] * A[k]`",
            )
        case Binary("/"):
            return _refused(node, "subscripts are not divided", "group indices: `A[(i r)]`")
        case Call():
            message = f"`{node.function}` cannot be used within a subscript"
            return _refused(node, message, "`pad`, `wrap` and `clamp` go around the whole of one")
    return _refused(
        node, "this cannot be a subscript", "subscripts are sums of whole multiples of indices"
    )


def _refused(node: Expression, message: str, hint: str) -> EinlangError:
    return fail(SyntaxMistake, "E0110", message, Label(node.span), hint=hint)
