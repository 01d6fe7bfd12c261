"""The tests of a program: inputs replaced by `let`, and what is expected then.

The left side of an expectation is free in all its indices. On its right side an index that
the left has not is summed where two factors carry it, and free otherwise.

>>> from einlang.checking import check
>>> from einlang.syntax import read
>>> text = 'index i = 2\\nsecret a[i]\\nb[i] = 2 * a[i]\\ntest "t":\\n    expect b[i] >= a[i]'
>>> [index.name for index in check(read(text)).tests[0].expects[0].left.free]
['i']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from einlang.checking import loose
from einlang.checking.expand import expand
from einlang.checking.functions import definition
from einlang.checking.loosen import loosen
from einlang.checking.mistakes import Mistakes, similar
from einlang.checking.scope import Scope
from einlang.checking.sums import explicit
from einlang.errors import Label
from einlang.syntax import nodes


@dataclass(frozen=True)
class Expect:
    """An expectation, its sides as definitions whose left sides are their free indices."""

    node: nodes.Expect
    left: loose.Definition
    right: loose.Definition


@dataclass(frozen=True)
class Test:
    """A test whose parts are loose."""

    label: str
    lets: tuple[loose.Definition, ...]
    expects: tuple[Expect, ...]


@dataclass
class Trials:
    """Reads tests in the scope of a whole program.

    `refuse` looks for tensors in subscripts; `cut` collects the indices of what is broken.
    """

    scope: Scope
    mistakes: Mistakes
    inputs: Mapping[str, nodes.Input]
    refuse: Callable[[loose.Definition], None]
    cut: set[str] = field(default_factory=set)
    fresh: list[loose.Definition] = field(default_factory=list)

    def taken(self) -> list[loose.Definition]:
        """The fresh definitions that the last test needs."""
        found, self.fresh = self.fresh, []
        return found

    def test(self, node: nodes.Test) -> Test:
        """A test, without the parts that are wrong."""
        lets: list[loose.Definition] = []
        expects: list[Expect] = []
        for part in node.body:
            self.scope.failed = False
            before = set(self.scope.indices)
            if isinstance(part, nodes.Let):
                lets += self.let(part)
            else:
                expects += self.expect(part)
            if self.scope.failed:
                self.cut.update(set(self.scope.indices) - before)
        return Test(node.label, tuple(lets), tuple(expects))

    def let(self, node: nodes.Let) -> list[loose.Definition]:
        """A value for an input."""
        if node.name not in self.inputs:
            self.mistakes.error(
                "E0216",
                f"`let` gives a value to an input, and `{node.name}` is none",
                Label(node.span, "here"),
                hint=similar(node.name, self.inputs),
            )
            return []
        self.scope.tensor(node.name, node.span, len(node.subscripts))
        self.scope.left(node.name, node.subscripts, node.span)
        whole = nodes.Definition(node.name, node.subscripts, node.value, span=node.span)
        *more, last = definition(whole, self.scope, self.mistakes)
        for inner in (*more, last):
            self.refuse(inner)
        if self.scope.failed or not self.apart(last):
            return []
        self.fresh += more
        return [loose.Definition(last.name, last.places, last.value, kind="let", span=last.span)]

    def apart(self, node: loose.Definition) -> bool:
        """Whether a value reads nothing but other inputs."""
        for read in node.reads:
            if read.tensor not in self.inputs or read.tensor == node.name:
                said = "is none" if read.tensor != node.name else "is the one that it replaces"
                self.mistakes.error(
                    "E0216",
                    f"the value of `{node.name}` in a test may read other inputs only",
                    Label(read.span, f"`{read.tensor}` {said}"),
                )
                return False
        return True

    def expect(self, node: nodes.Expect) -> list[Expect]:
        """An expectation; none after a mistake."""
        scope = self.scope
        scope.emitted = []
        left, right = loosen(node.left, scope), loosen(node.right, scope)
        before = len(self.mistakes.errors)
        left = explicit(left, left.carries, self.mistakes)
        right = explicit(right, left.carries, self.mistakes, single=False)
        scope.failed = scope.failed or len(self.mistakes.errors) > before
        if scope.failed:
            return []
        sides = []
        for value in (left, right):
            full = expand(value, scope)
            places = tuple(nodes.Affine(((name, 1),)) for name in full.carries)
            sides.append(loose.Definition("expect", places, full, kind="side", span=node.span))
            self.refuse(sides[-1])
        if scope.failed:
            return []
        self.fresh += scope.emitted
        return [Expect(node, sides[0], sides[1])]
