"""Makes nodes of what the parser recognizes, one method per rule of the grammar.

The parser calls a method with the tokens and nodes that the rule consists of. A node spans
from the first of them to the last.

>>> from einlang.errors import Source
>>> from einlang.syntax.scan import Token
>>> Builder().constant([Token("PI", "pi", Source("a.ein", "pi").span(0, 2))])
Number(value=3.141592653589793)
"""

# ruff: noqa: D102  (the rules in grammar.lark say what the methods make)

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from einlang.errors import EinlangError, Label, Span, SyntaxMistake, fail
from einlang.syntax import nodes, places
from einlang.syntax.nodes import Access, Affine, Expression, Group, Subscript

LONGEST = 300

Parts = Sequence[Any]


@dataclass(frozen=True)
class Several:
    """What a rule found that is no node of its own: names, subscripts, a range, a field."""

    rule: str
    items: tuple[Any, ...]
    span: Span


def _span(parts: Parts) -> Span:
    first, last = parts[0].span, parts[-1].span
    return Span(first.source, first.start, last.end)


def _found(rule: str, parts: Parts, default: Any = ()) -> Any:
    """The items of a rule within this one, or the default where it does not occur."""
    return next((p.items for p in parts if isinstance(p, Several) and p.rule == rule), default)


def _after(sign: str, parts: Parts) -> Any:
    """The part that follows a sign, or None."""
    signs = [n for n, part in enumerate(parts) if getattr(part, "text", None) == sign]
    return parts[signs[0] + 1] if signs else None


def _nodes(parts: Parts) -> tuple[Any, ...]:
    return tuple(part for part in parts if isinstance(part, nodes.Node))


def _quoted(token: Any) -> str:
    return token.text[1:-1]


class Builder:
    """The methods that the grammar names."""

    # -- statements ----------------------------------------------------------------------

    def index(self, parts: Parts) -> tuple[nodes.Index, ...]:
        first, *others = (part for part in parts if isinstance(part, nodes.Index))
        first = replace(first, span=parts[0].span.to(first.span))
        return (first, *(replace(other, same_line=True) for other in others))

    def size_of_index(self, parts: Parts) -> nodes.Index:
        size = _after("=", parts)
        if size is not None:
            _check_size(places.depth_checked(size))
        return nodes.Index(parts[0].text, size, span=_span(parts))

    def input(self, parts: Parts) -> nodes.Input:
        path = _after("from", parts)
        return nodes.Input(
            parts[0].text,
            parts[1].text,
            _found("names", parts),
            None if path is None else _quoted(path),
            _found("range", parts, None),
            span=_span(parts),
        )

    def definition(self, parts: Parts) -> nodes.Definition:
        client = parts[0].type == "CLIENT"
        return nodes.Definition(
            parts[client].text,
            _left(_found("places", parts)),
            _after("=", parts),
            client,
            _found("range", parts, None),
            span=_span(parts),
        )

    def range(self, parts: Parts) -> Several:
        low, high = places.constant(parts[2]), places.constant(parts[4])
        return Several("range", places.bounds(low, high, _span(parts[1:])), _span(parts))

    def out(self, parts: Parts) -> nodes.Out:
        return nodes.Out(_found("names", parts), span=_span(parts))

    def function(self, parts: Parts) -> nodes.Def:
        opening = next(n for n, part in enumerate(parts) if getattr(part, "text", "") == "(")
        bound = _after(";", parts[:opening])
        indices = parts[3] if opening > 2 else None
        return nodes.Def(
            parts[1].text,
            indices.items if isinstance(indices, Several) else (),
            bound.items if bound else (),
            tuple(part for part in parts if isinstance(part, nodes.Parameter)),
            _after("=", parts),
            span=_span(parts),
        )

    def parameter(self, parts: Parts) -> nodes.Parameter:
        return nodes.Parameter(parts[0].text, _found("names", parts), span=_span(parts))

    def use(self, parts: Parts) -> nodes.Use:
        return nodes.Use(_quoted(parts[1]), _found("names", parts), span=_span(parts))

    def target(self, parts: Parts) -> nodes.Target:
        return nodes.Target(parts[1].text, (), span=_span(parts))

    def setting(self, parts: Parts) -> nodes.Setting:
        return nodes.Setting(parts[0].text, _value(parts[2]), span=_span(parts))

    def number(self, parts: Parts) -> nodes.Number:
        value = _number(parts[-1])
        return nodes.Number(-value if len(parts) > 1 else value, span=_span(parts))

    def span(self, parts: Parts) -> Several:
        span = _span(parts)
        low, high = float(parts[0].value), float(parts[2].value)
        return Several("span", places.bounds(low, high, span), span)

    def choice(self, parts: Parts) -> nodes.Choice:
        fields = (part.items for part in parts if isinstance(part, Several))
        return nodes.Choice(parts[0].text, tuple(fields), span=_span(parts))

    def field(self, parts: Parts) -> Several:
        return Several("field", (parts[0].text, _value(parts[2])), _span(parts))

    def test(self, parts: Parts) -> nodes.Test:
        return nodes.Test(_quoted(parts[1]), (), span=_span(parts))

    def let(self, parts: Parts) -> nodes.Let:
        left = _left(_found("places", parts))
        return nodes.Let(parts[1].text, left, _after("=", parts), span=_span(parts))

    def expect(self, parts: Parts) -> nodes.Expect:
        _, left, operator, right, *more = parts
        within = places.constant(more[1]) if more else 0.0
        if within < 0:
            raise _refused("E0111", "a tolerance is not negative", more[1].span)
        return nodes.Expect(left, operator.text, right, within, span=_span(parts))

    def names(self, parts: Parts) -> Several:
        names = tuple(part.text for part in parts if part.type == "NAME")
        return Several("names", names, _span(parts))

    # -- expressions ---------------------------------------------------------------------

    def binary(self, parts: Parts) -> nodes.Binary:
        left, operator, right = parts
        sign = "^" if operator.text == "**" else operator.text
        return nodes.Binary(sign, left, right, span=_span(parts))

    def negative(self, parts: Parts) -> nodes.Unary:
        return nodes.Unary("-", parts[1], span=_span(parts))

    def brackets(self, parts: Parts) -> Expression:
        return replace(parts[1], span=_span(parts))

    def constant(self, parts: Parts) -> nodes.Number:
        return nodes.Number(_number(parts[0]), span=parts[0].span)

    def size(self, parts: Parts) -> nodes.SizeOf:
        return nodes.SizeOf(parts[2].text, span=_span(parts))

    def access(self, parts: Parts) -> Access | Several:
        head = Access(parts[0].text, _found("places", parts), span=_span(parts))
        bound = _found("names", parts)
        return Several("bound", (head, bound), head.span) if bound else head

    def reading(self, parts: Parts) -> Access:
        if isinstance(parts[0], Access):
            return parts[0]
        raise _refused(
            "E0119",
            "`;` stands between the indices of a function, not of a tensor",
            parts[0].span,
            "write `,`, or give the function its arguments in `( )`",
        )

    def call(self, parts: Parts) -> nodes.Call:
        head, bound = parts[0], ()
        if isinstance(head, Several):
            head, bound = head.items
        indices = tuple(_index(place) for place in head.subscripts)
        return nodes.Call(head.tensor, _nodes(parts[1:]), indices, bound, span=_span(parts))

    def reduction(self, parts: Parts) -> nodes.Reduction:
        return nodes.Reduction(parts[0].text, _found("names", parts), parts[-2], span=_span(parts))

    def einsum(self, parts: Parts) -> nodes.Einsum:
        operands = tuple(_operand(node) for node in _nodes(parts))
        subscripts = _found("places", parts, None)
        return nodes.Einsum(_quoted(parts[2]), operands, subscripts, span=_span(parts))

    def places(self, parts: Parts) -> Several:
        found = tuple(places.place(node) for node in _nodes(parts))
        return Several("places", found, _span(parts))

    def group(self, parts: Parts) -> Group:
        return Group(tuple(part.text for part in parts[1:-1]), span=_span(parts))


# -- what the grammar alone cannot tell ------------------------------------------------------


def _refused(code: str, message: str, span: Span, hint: str = "") -> EinlangError:
    return fail(SyntaxMistake, code, message, Label(span), hint=hint)


def _number(token: Any) -> int | float:
    if token.text == "pi":
        return math.pi
    whole = token.text.isdecimal()
    if len(token.text) <= LONGEST and math.isfinite(float(token.text)):
        return int(token.text) if whole else float(token.text)
    raise _refused("E0106", "this number is too large", token.span, "the largest is 1.8e308")


def _value(part: Any) -> nodes.SettingValue:
    match part:
        case nodes.Number(value):
            return value
        case nodes.Choice():
            return part
        case Several():
            low, high = part.items
            return low, high
    return _quoted(part) if part.type == "STRING" else part.text


def _check_size(node: Expression) -> None:
    """Sizes are made of numbers and indices."""
    match node:
        case nodes.Number() | Access(_, ()):
            return
        case nodes.SizeOf(index):
            hint = f"write `{index}` for the size of `{index}`"
        case nodes.Unary() | nodes.Binary(operator="+" | "-" | "*" | "/"):
            for part in nodes.parts(node):
                _check_size(part)
            return
        case _:
            hint = "sizes consist of numbers and indices with `+ - * /`"
    raise _refused("E0110", "this is not a size", node.span, hint)


def _left(subscripts: tuple[Subscript, ...]) -> tuple[Subscript, ...]:
    """The subscripts of a left side, each an index or a group of them."""
    for subscript in subscripts:
        if isinstance(subscript, Affine) and not _plain(subscript):
            raise _refused(
                "E0110",
                "on the left of `=` stand indices, nothing else",
                subscript.span,
                "give this axis an index, and shift it on the right",
            )
    return subscripts


def _plain(place: Affine) -> bool:
    bare = place.border is None and place.offset == 0 and not place.scaled
    return bare and len(place.terms) == 1 and place.terms[0][1] == 1


def _index(place: Subscript) -> str:
    """The name of an index of a function."""
    if isinstance(place, Affine) and _plain(place):
        return place.terms[0][0]
    hint = "shift or group them where tensors are read"
    raise _refused("E0110", "the indices of a function are names", place.span, hint)


def _operand(node: nodes.Node) -> str:
    if isinstance(node, Access) and not node.subscripts:
        return node.tensor
    raise _refused(
        "E0115",
        "the operands of `einsum` are names of whole tensors",
        node.span,
        "define this one as a tensor of its own first",
    )
