"""The summation rule: an index missing on the left is summed, per product term.

A term is a maximal product or quotient. An index of a term that is not on the left is
summed at the innermost term in which two factors carry it; at the top level of a
definition one access suffices. Inside a function argument, a divisor or the base of a
power, an index that a single access carries could be summed inside or outside: that is
refused, with both spellings.

>>> from einlang.syntax.nodes import Affine
>>> i, k = Affine((("i", 1),)), Affine((("k", 1),))
>>> product = Product((Read("A", (i, k)), Read("x", (k,))))
>>> explicit(product, ("i",), Mistakes()).summed
('k',)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from einlang.checking.constants import constant
from einlang.checking.loose import (
    Apply,
    Call,
    Expression,
    Fold,
    Power,
    Product,
    Read,
    Size,
    Sum,
)
from einlang.checking.mistakes import Mistakes, listed
from einlang.errors import Label

LINEAR = ("sum", "mean")


def explicit(
    value: Expression, left: Iterable[str], mistakes: Mistakes, single: bool = True
) -> Expression:
    """The same expression with every sum written out.

    `single` says that one access suffices for a sum at the top level; otherwise its index
    stays free (the right side of an `expect`).
    """
    return _Rule(mistakes, single).all(value, frozenset(left), None)


@dataclass
class _Rule:
    mistakes: Mistakes
    single: bool

    def all(self, node: Expression, outer: frozenset[str], around: Expression | None) -> Expression:
        """An expression whose `outer` indices are free; `around` is the term it is nested in."""
        if isinstance(node, Sum):
            terms = tuple(self.all(term, outer, around) for term in node.terms)
            return replace(node, terms=terms)
        if isinstance(node, Product) and not node.summed:
            return self.term(node, node.factors, outer, around)
        return self.term(node, (node,), outer, around)

    def term(
        self,
        node: Expression,
        factors: tuple[Expression, ...],
        outer: frozenset[str],
        around: Expression | None,
    ) -> Expression:
        count = Counter(name for factor in factors for name in factor.carries)
        here = [name for name, n in count.items() if n > 1 and name not in outer]
        known = outer.union(here)
        for factor in factors:
            here += self.alone(node, factor, known, around)
        summed = set(here)
        inner = outer | summed
        done = tuple(self.factor(factor, inner, around, node) for factor in factors)
        if not here and len(done) == 1:
            return done[0]
        return Product(done, tuple(name for name in count if name in summed), span=node.span)

    def alone(
        self,
        term: Expression,
        factor: Expression,
        known: frozenset[str],
        around: Expression | None,
    ) -> list[str]:
        """The indices that this factor, an access or a call, carries alone and are summed here."""
        twice = isinstance(factor, Power) and isinstance(factor.base, Read) and _whole(factor)
        access = factor.base if isinstance(factor, Power) else factor
        if not isinstance(access, Read) and not isinstance(factor, Call):
            return []
        carried = factor.indices if isinstance(factor, Call) else factor.carries
        names = [name for name in dict.fromkeys(carried) if name not in known]
        if around is None and not self.single and not twice:
            return []
        if names and around is not None and not twice:
            self.ambiguous(names, term, around)
        return names

    def ambiguous(self, names: list[str], term: Expression, around: Expression) -> None:
        over = ", ".join(names)
        outside, inside = around.span, term.span
        start, end = inside.start - outside.start, inside.end - outside.start
        both = [
            f"`sum[{over}]({outside.text})`",
            f"`{outside.text[:start]}sum[{over}]({inside.text}){outside.text[end:]}`",
        ]
        self.mistakes.error(
            "E0217",
            f"it is not clear where {listed(names)} is summed",
            Label(inside, "inside of this, or around the function?"),
            hint=f"write {' or '.join(both)}",
        )

    def factor(
        self,
        node: Expression,
        outer: frozenset[str],
        around: Expression | None,
        term: Expression,
    ) -> Expression:
        nested = around or term
        match node:
            case Product() if node.summed:
                return node
            case Sum() | Product():
                return self.all(node, outer, around)
            case Apply():
                return replace(node, argument=self.all(node.argument, outer, nested))
            case Power() if not isinstance(node.base, Read):
                return replace(node, base=self.all(node.base, outer, nested))
            case Fold():
                return self.fold(node, outer, around, term)
            case Call():
                inner = outer.union(node.indices, node.bound)
                arguments = tuple(self.all(part, inner, nested) for part in node.arguments)
                return replace(node, arguments=arguments)
        return node

    def fold(
        self, node: Fold, outer: frozenset[str], around: Expression | None, term: Expression
    ) -> Expression:
        lacking = [name for name in node.over if name not in node.body.carries]
        if lacking and not (node.operator == "sum" and not node.body.carries):
            self.mistakes.error(
                "E0309",
                f"nothing inside this `{node.operator}` has the index {listed(lacking)}",
                Label(node.body.span, "here"),
                hint=f"take it out, or write `size({lacking[0]})` for how often it would count",
            )
            return node
        inner = outer.union(node.over)
        if node.operator not in LINEAR:
            return replace(node, body=self.all(node.body, inner, around or term))
        body = self.all(node.body, inner, around)
        if node.operator == "sum":
            return Product((body,), node.over, span=node.span)
        sizes = tuple(Apply("inverse", Size(name)) for name in node.over)
        return Product((*sizes, body), node.over, span=node.span)


def _whole(power: Power) -> bool:
    """Whether the exponent is a whole number of two or more: the base comes several times."""
    exponent = constant(power.exponent)
    return exponent is None or (exponent >= 2 and exponent == int(exponent))
