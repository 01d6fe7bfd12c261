"""The `def`s of a file, and of the files it uses: read once each, checked on their own.

A body reads its parameters and the definitions behind `where`, nothing else; its indices
are those of its head.

>>> from einlang.checking import check
>>> from einlang.syntax import read
>>> check(read("def f(x) = x + y\\nz = f(1)"))
Traceback (most recent call last):
    ...
einlang.errors.CheckMistake: error[E0214]: `f` cannot read `y`, which is none of its parameters
...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from einlang.checking import loose
from einlang.checking.expand import expand
from einlang.checking.loosen import loosen, unknown_function
from einlang.checking.mistakes import Mistakes, similar
from einlang.checking.scope import Scope
from einlang.checking.sums import explicit
from einlang.errors import Label, Span
from einlang.syntax import nodes

DEEPEST = 32
Missing = tuple[str, str, tuple[Label, ...], str]


@dataclass(frozen=True, eq=False)
class Function:
    """A `def` whose sums are explicit and whose own calls are expanded.

    `labels` are indices that the head does not name (those of `einsum`); `uses` counts
    how often each parameter is read.
    """

    node: nodes.Def
    value: loose.Expression
    where: tuple[loose.Definition, ...]
    labels: tuple[str, ...]
    uses: dict[str, list[loose.Read]]


@dataclass
class Library:
    """The functions of one file, made when they are first asked for."""

    mistakes: Mistakes
    fresh: Callable[[str], str]
    heads: dict[str, nodes.Def] = field(default_factory=dict)
    borrowed: dict[str, tuple[Library, str]] = field(default_factory=dict)
    made: dict[str, Function | None] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    making: list[str] = field(default_factory=list)

    def names(self) -> list[str]:
        """The functions that may be called."""
        return [*self.heads, *self.borrowed]

    def call(self, node: nodes.Call, scope: Scope) -> Function | None:
        """The function that is called; None after a mistake."""
        if node.function not in self.heads and node.function not in self.borrowed:
            unknown_function(node.function, self.names(), scope, node)
            return None
        if node.function in self.making:
            scope.error(
                "E0206",
                f"`{node.function}` calls itself",
                Label(node.span, "here"),
                Label(self.heads[node.function].span, "while it is defined here"),
                hint="functions are put in place while compiling, so they must come to an end",
            )
            return None
        if len(self.making) > DEEPEST:
            scope.error(
                "E0206",
                f"more than {DEEPEST} functions call each other",
                Label(node.span, "here"),
                hint="define functions before those that call them",
            )
            return None
        return self.function(node.function)

    def function(self, name: str) -> Function | None:
        """The function of that name, which is there."""
        self.asked.add(name)
        if name in self.borrowed:
            library, there = self.borrowed[name]
            return library.function(there)
        if name not in self.made:
            self.making.append(name)
            self.made[name] = self.make(self.heads[name])
            self.making.pop()
        return self.made[name]

    def make(self, node: nodes.Def) -> Function | None:
        """Reads a `def`; None when something is wrong in it."""
        scope = Scope(
            self.mistakes,
            lambda call: self.call(call, scope),
            self.fresh,
            lambda name, span: self.missing(node, name, span),
        )
        scope.distinct(node.indices + node.bound, f"the head of `{node.name}`", node.span)
        for parameter in node.parameters:
            scope.distinct(parameter.indices, f"parameter `{parameter.name}`", parameter.span)
            scope.occur(parameter.indices, parameter.span)
            scope.tensors[parameter.name] = len(parameter.indices)
        names = [*(p.name for p in node.parameters), *(d.name for d in node.where)]
        scope.distinct(names, f"`{node.name}`", node.span)
        before = len(self.mistakes.errors)
        where: list[loose.Definition] = []
        for inner in node.where:
            scope.left(inner.name, inner.subscripts, inner.span)
            where += definition(inner, scope, self.mistakes)
            scope.tensors[inner.name] = len(inner.subscripts)
        places = tuple(nodes.Affine(((name, 1),), span=node.span) for name in node.indices)
        head = nodes.Definition(node.name, places, node.value, span=node.span)
        *more, last = definition(head, scope, self.mistakes)
        self.heads_only(node, scope)
        if scope.failed or len(self.mistakes.errors) > before:
            return None
        where += more
        uses = {p.name: [] for p in node.parameters}
        for value in (*(inner.value for inner in where), last.value):
            for read in loose.reads(value):
                if read.tensor in uses:
                    uses[read.tensor].append(read)
        return Function(node, last.value, tuple(where), tuple(scope.labels), uses)

    def heads_only(self, node: nodes.Def, scope: Scope) -> None:
        """Checks that the indices of a body stand in its head."""
        head = (*node.indices, *node.bound)
        every = [*scope.indices.items(), *((n, s) for n, s in scope.sizes)]
        for name, span in every:
            if name in head or name in scope.labels:
                continue
            bound = ", ".join((*node.bound, name))
            scope.error(
                "E0214",
                f"index `{name}` is not in the head of `{node.name}`",
                Label(span, "used here"),
                hint=similar(name, head)
                or f"write `def {node.name}[{', '.join(node.indices)}; {bound}](...)`",
            )

    def missing(self, node: nodes.Def, name: str, span: Span) -> Missing:
        """Why a body cannot read a tensor."""
        known = [*(p.name for p in node.parameters), *(d.name for d in node.where)]
        return (
            "E0214",
            f"`{node.name}` cannot read `{name}`, which is none of its parameters",
            (Label(span, "here"),),
            similar(name, known) or "give it to the function as an argument",
        )


def definition(node: nodes.Definition, scope: Scope, mistakes: Mistakes) -> list[loose.Definition]:
    """A definition with explicit sums and expanded calls, after the fresh ones it needs."""
    scope.emitted = []
    value = loosen(node.value, scope, node.subscripts)
    before = len(mistakes.errors)
    left = [name for place in node.subscripts for name in loose.names_of(place)]
    if not scope.failed:
        value = explicit(value, left, mistakes)
    scope.failed = scope.failed or len(mistakes.errors) > before
    if not scope.failed:
        value = expand(value, scope)
    last = loose.Definition(
        node.name, node.subscripts, value, node.client, node.range, span=node.span
    )
    return [*scope.emitted, last]
