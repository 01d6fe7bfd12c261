"""From surface expressions to sums and products of any length; names are looked up here.

>>> from einlang.checking.mistakes import Mistakes
>>> scope = Scope(Mistakes(), lambda call: None, str, lambda name, span: None, {"a": 0})
>>> a = nodes.Access("a")
>>> loosen(nodes.Binary("-", nodes.Binary("+", a, a), a), scope).terms[2].factors[0].value
-1
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from einlang.checking.constants import constant, unknown
from einlang.checking.einsums import spread
from einlang.checking.loose import (
    Apply,
    Call,
    Expression,
    Fold,
    Number,
    Power,
    Product,
    Read,
    Size,
    Sum,
    names_of,
    sizes_of,
)
from einlang.checking.mistakes import listed, similar
from einlang.checking.scope import BUILTIN, REDUCTIONS, Scope
from einlang.errors import Label
from einlang.syntax import nodes

STEPS = {"<": "lt0", "<=": "le0", ">": "gt0", ">=": "ge0", "==": "eq0", "!=": "ne0"}
ZERO = Number(0)


def loosen(
    node: nodes.Expression, scope: Scope, left: Sequence[nodes.Subscript] | None = None
) -> Expression:
    """The expression with chains flattened; mistakes go to the scope.

    `left` are the subscripts on the left, where the expression is a whole right side.
    """
    if isinstance(node, nodes.Einsum):
        return spread(node, scope, left)
    return _Loosening(scope).sum(node)


@dataclass
class _Loosening:
    scope: Scope

    def sum(self, node: nodes.Expression) -> Expression:
        terms: list[Expression] = []
        stack = [(1, node)]
        while stack:
            sign, part = stack.pop()
            match part:
                case nodes.Binary("+" | "-"):
                    stack.append((sign if part.operator == "+" else -sign, part.right))
                    stack.append((sign, part.left))
                case _:
                    terms.append(self.product(part, sign))
        return terms[0] if len(terms) == 1 else Sum(tuple(terms), span=node.span)

    def product(self, node: nodes.Expression, sign: int) -> Expression:
        factors: list[Expression] = []
        stack: list[tuple[bool, nodes.Expression]] = [(False, node)]
        while stack:
            below, part = stack.pop()
            match part:
                case _ if below:
                    inside = self.sum(part)
                    factors.append(Apply("inverse", inside, span=part.span))
                case nodes.Binary("*" | "/"):
                    stack.append((part.operator == "/", part.right))
                    stack.append((False, part.left))
                case nodes.Unary():
                    sign = -sign
                    stack.append((False, part.operand))
                case _:
                    factors.append(self.factor(part))
        if sign < 0:
            factors.insert(0, Number(-1))
        return factors[0] if len(factors) == 1 else Product(tuple(factors), span=node.span)

    def factor(self, node: nodes.Expression) -> Expression:
        match node:
            case nodes.Number(value):
                return Number(value, span=node.span)
            case nodes.SizeOf(index):
                self.scope.sizes.append((index, node.span))
                return Size(index, span=node.span)
            case nodes.Access():
                return self.access(node)
            case nodes.Binary("^"):
                return self.power(node)
            case nodes.Binary("+" | "-"):
                return self.sum(node)
            case nodes.Binary():
                terms = (self.sum(node.left), self.difference(node.right))
                step = STEPS[node.operator]
                return Apply(step, Sum(terms, span=node.span), span=node.span)
            case nodes.Reduction():
                self.scope.distinct(node.indices, f"this `{node.operator}`", node.span)
                self.scope.occur(node.indices, node.span)
                return Fold(node.operator, node.indices, self.sum(node.body), span=node.span)
            case nodes.Call():
                return self.call(node)
            case nodes.Einsum():
                return spread(node, self.scope, None)
        raise TypeError(node)

    def difference(self, node: nodes.Expression) -> Expression:
        """The negative of an expression."""
        inside = self.sum(node)
        if isinstance(inside, Sum):
            return Sum(tuple(_negative(term) for term in inside.terms), span=inside.span)
        return _negative(inside)

    def access(self, node: nodes.Access) -> Expression:
        rank = self.scope.tensor(node.tensor, node.span, len(node.subscripts))
        if rank is None:
            return ZERO
        for place in node.subscripts:
            self.scope.sizes += [(name, node.span) for name in sizes_of(place)]
            self.scope.occur(names_of(place), place.span if place.span.source.text else node.span)
            self.scope.distinct(
                place.indices if isinstance(place, nodes.Group) else (), "this group", node.span
            )
        return Read(node.tensor, node.subscripts, span=node.span)

    def power(self, node: nodes.Binary) -> Expression:
        names = unknown(node.right)
        tensors = [part for part in names if isinstance(part, nodes.Access)]
        self.scope.sizes += [(p.index, p.span) for p in names if isinstance(p, nodes.SizeOf)]
        if (not names and constant(node.right) is None) or tensors:
            self.scope.error(
                "E0218",
                "an exponent must be a number that is known when compiling",
                Label(node.right.span, "this is not"),
                hint="write a changing power with `exp` and `log`: `exp(y * log(x))`",
            )
            return ZERO
        base = self.sum(node.left)
        return Power(base, node.right, span=node.span)

    def call(self, node: nodes.Call) -> Expression:
        if node.function in BUILTIN:
            return self.builtin(node)
        if node.function in REDUCTIONS:
            self.scope.error(
                "E0205",
                f"`{node.function}` needs the indices that it runs over",
                Label(node.span, "here"),
                hint=f"write `{node.function}[i](...)`",
            )
            return ZERO
        function = self.scope.function(node)
        arguments = tuple(self.sum(argument) for argument in node.arguments)
        if function is None:
            self.scope.failed = True
            return ZERO
        head = function.node
        wanted = (len(head.indices), len(head.bound), len(head.parameters))
        if wanted != (len(node.indices), len(node.bound), len(arguments)):
            self.scope.error(
                "E0213",
                f"`{node.function}` is called with {_counts(node)}, but is defined with "
                f"{_counts(head)}",
                Label(node.span, "here"),
                Label(head.span, "defined here"),
                hint=f"call it as `{_head(head)}`",
            )
            return ZERO
        self.scope.distinct(node.indices + node.bound, f"the call of `{node.function}`", node.span)
        self.scope.occur(node.indices + node.bound, node.span)
        return Call(function, arguments, node.indices, node.bound, span=node.span)

    def builtin(self, node: nodes.Call) -> Expression:
        arguments = [self.sum(argument) for argument in node.arguments]
        if len(arguments) != 1 or node.indices or node.bound:
            self.scope.error(
                "E0213",
                f"`{node.function}` takes one argument and no indices",
                Label(node.span, f"{_counts(node)} here"),
                hint=f"write `{node.function}(x)`",
            )
            return ZERO
        return Apply(node.function, arguments[0], span=node.span)


def _negative(node: Expression) -> Expression:
    if isinstance(node, Product) and not node.summed:
        return Product((Number(-1), *node.factors), span=node.span)
    return Product((Number(-1), node), span=node.span)


def _counts(node: nodes.Call | nodes.Def) -> str:
    arguments = node.arguments if isinstance(node, nodes.Call) else node.parameters
    count = len(arguments)
    said = f"{count} argument{'s' * (count != 1)}"
    return f"[{_indices(node)}] and {said}" if node.indices or node.bound else said


def _indices(node: nodes.Call | nodes.Def) -> str:
    bound = f"; {', '.join(node.bound)}" if node.bound else ""
    return ", ".join(node.indices) + bound


def _head(node: nodes.Def) -> str:
    indices = f"[{_indices(node)}]" if node.indices or node.bound else ""
    return f"{node.name}{indices}({', '.join(p.name for p in node.parameters)})"


def unknown_function(name: str, known: Sequence[str], scope: Scope, node: nodes.Call) -> None:
    """Says that there is no function of this name."""
    everything = [*BUILTIN, *known]
    hint = similar(name, everything) or f"there are {listed(everything)}"
    scope.error(
        "E0205", f"function `{name}` is not defined", Label(node.span, "called here"), hint=hint
    )
