"""The steps of a dataflow as one would write them in a program.

>>> from einlang.checking import check
>>> from einlang.planning import plan
>>> from einlang.syntax import read
>>> text = "index i = 2, k = 3\\nsecret A[i, k]\\npublic x[k]\\ny[i] = A[i, k] * x[k] / 2 + 1"
>>> formulas = Formulas(plan(check(read(text))).server)
>>> for number in (3, 6):
...     print(formulas.title(number), "=", formulas.of(number))
y.1[i] = A[i, k] · (0.5 · x[k]), summed over k
y[i] = y.1[i] + 1
>>> text = "index i = 2, k = 3\\nsecret A[i, k]\\nsecret x[i]\\nsecret z[k]\\n"
>>> chained = text + "y = A[i, k] * x[i] * z[k]"
>>> Formulas(plan(check(read(chained))).server, frozenset({3})).of(4)
'x[i] · A[i, k] · z[k], summed over k, i'
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from einlang.checking.typed import Qualifier
from einlang.planning.dataflow import (
    Add,
    Apply,
    AxisMap,
    Constant,
    Contract,
    Dataflow,
    Fold,
    Step,
    View,
)
from einlang_fhe.drawing.named import spelled
from einlang_fhe.functor.uses import structural


@dataclass(frozen=True)
class Formulas:
    """Names for all values of a dataflow: what a statement computes first is `y.1`, last `y`.

    Small things that are no secret are written out where they are read. What the client makes
    of `x` before it is sent (`prepared`) is called `x′`. Contractions among those are not
    the client's, but carried out together with the one that reads them: they are written out.
    """

    flow: Dataflow
    prepared: frozenset[int] = frozenset()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """By value number."""
        steps = list(enumerate(self.flow.steps, len(self.flow.inputs)))
        own = {number for number, _ in steps if not self._small(number)} - self.prepared
        left = Counter(step.label or "y" for number, step in steps if number in own)
        seen = Counter[str]()
        names = [port.name for port in self.flow.inputs]
        for number, step in steps:
            label = step.label or "y"
            seen[label] += number in own
            if number in self.prepared:
                names.append(names[step.arguments[0]] + "′" * (not self._small(number)))
            else:
                last = seen[label] == left[label]
                names.append(label if last else f"{label}.{seen[label]}")
        return tuple(names)

    def _step(self, number: int) -> Step | None:
        place = number - len(self.flow.inputs)
        return self.flow.steps[place] if place >= 0 else None

    def _small(self, number: int) -> bool:
        step = self._step(number)
        open_ = self.flow.type(number).qualifier is not Qualifier.SECRET
        return (
            step is not None and open_ and isinstance(step.operation, (Constant, View, Add, Apply))
        )

    def _nested(self, number: int) -> bool:
        """Whether it is a contraction that the one that reads it carries out."""
        step = self._step(number) if number in self.prepared else None
        if step is None or isinstance(step.operation, Add):
            return step is not None and self._nested(step.arguments[0])
        return isinstance(step.operation, Contract) and not (
            len(step.arguments) == 1 and structural(step.operation)
        )

    def axes(self, number: int) -> tuple[str, ...]:
        """The names of the axes of a value."""
        type = self.flow.type(number)
        return spelled(type.axes, len(type.shape))

    def title(self, number: int) -> str:
        """A value with its axes."""
        return self.read(number, self.axes(number))

    def read(self, number: int, places: Sequence[str]) -> str:
        """A value, read somewhere."""
        if self._small(number) or self._nested(number):
            return self._written(number, places)
        name = self.names[number]
        return f"{name}[{', '.join(places)}]" if places else name

    def of(self, number: int) -> str:
        """How a value comes about; an input comes from outside."""
        return (
            self._written(number, self.axes(number)) if self._step(number) else self.title(number)
        )

    def _written(self, number: int, places: Sequence[str]) -> str:
        step = self._step(number)
        assert step is not None
        operation, arguments = step.operation, step.arguments
        if isinstance(operation, Constant):
            return f"{operation.value:.4g}"
        if isinstance(operation, View):
            return self.read(arguments[0], [place(axis, places) for axis in operation.axes])
        if isinstance(operation, Contract):
            return self._product(operation, arguments, places)
        if isinstance(operation, Add):
            return self._sum(operation, arguments, places)
        if isinstance(operation, Apply):
            return f"{operation.function}({self.read(arguments[0], places)})"
        if isinstance(operation, Fold):
            over = [self.axes(arguments[0])[axis] for axis in operation.axes]
            return f"{operation.operator} of {self.title(arguments[0])} over {', '.join(over)}"
        return f"{self.title(arguments[0])}, in other rows"

    def _product(self, operation: Contract, arguments: Sequence[int], places: Sequence[str]) -> str:
        factors, gone = self._factors(operation, arguments, places, set())
        return " · ".join(factors) + (f", summed over {', '.join(gone)}" if gone else "")

    def _factors(
        self, operation: Contract, arguments: Sequence[int], places: Sequence[str], used: set[str]
    ) -> tuple[list[str], list[str]]:
        """The factors of a product, and the indices that it is summed over."""
        names = dict(zip(operation.result, places, strict=True))
        for labels, argument in zip(operation.arguments, arguments, strict=True):
            for label, name in zip(labels, self.axes(argument), strict=True):
                taken = name in used or name in names.values()
                names.setdefault(label, f"{name}′" if taken else name)
        factors: list[str] = []
        gone = [name for label, name in names.items() if label not in operation.result]
        for labels, argument in zip(operation.arguments, arguments, strict=True):
            read, step = [names[label] for label in labels], self._step(argument)
            if self._nested(argument) and step and isinstance(step.operation, Contract):
                seen = used | set(names.values())
                inner = self._factors(step.operation, step.arguments, read, seen)
                factors, gone = factors + inner[0], inner[1] + gone
            else:
                factors.append(self._factor(argument, read))
        return factors, gone

    def _factor(self, number: int, places: Sequence[str]) -> str:
        text = self.read(number, places)
        step = self._step(number)
        written = self._small(number) or self._nested(number)
        wide = written and step is not None and isinstance(step.operation, Add)
        return f"({text})" if wide else text

    def _sum(self, operation: Add, arguments: Sequence[int], places: Sequence[str]) -> str:
        words = ""
        for coefficient, argument in zip(operation.coefficients, arguments, strict=True):
            sign = " − " if coefficient < 0 else " + "
            words += sign if words else sign.strip().replace("+", "")
            words += "" if abs(coefficient) == 1 else f"{abs(coefficient):.4g} · "
            words += self._factor(argument, places)
        return words


def secrets(flow: Dataflow) -> frozenset[int]:
    """The steps whose results are secret."""
    first = len(flow.inputs)
    steps = enumerate(flow.steps, first)
    return frozenset(n for n, step in steps if step.type.qualifier is Qualifier.SECRET)


def place(axis: AxisMap, names: Sequence[str]) -> str:
    """Where an axis is read.

    >>> place(AxisMap(((0, 2), (1, 1)), -1, "pad"), ("y", "r"))
    'pad(2*y + r - 1)'
    """
    words = [names[out] if c == 1 else f"{c}*{_whole(names[out])}" for out, c in axis.terms]
    words += [str(axis.offset)] if axis.offset or not words else []
    text = " + ".join(words).replace("+ -", "- ")
    if axis.border is None:
        return text
    return f"{axis.border}({text}, {axis.fill:g})" if axis.fill else f"{axis.border}({text})"


def _whole(text: str) -> str:
    return f"({text})" if " " in text else text
