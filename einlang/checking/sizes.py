"""The size of every index: declared, set from outside, taken from data, or worked out.

Sizes spread along equations until nothing is left to say; an index that only occurs in
computed positions then gets the largest size that keeps every access inside. Each size
remembers where it is from, so that a contradiction shows both places.

>>> from einlang.checking import check
>>> from einlang.syntax import read
>>> check(read("index i = 9, r = 3\\nsecret x[i]\\ny[p] = x[p + r]")).tensors["y"].shape
(7,)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan, nan, prod

from einlang.checking.constants import constant, unknown
from einlang.checking.constraints import Constraints, Equation, Rule, Stretched, Window
from einlang.checking.mistakes import Mistakes, listed
from einlang.checking.names import Flat
from einlang.checking.scope import axis_span
from einlang.errors import NOWHERE, Label

Shapes = Mapping[str, tuple[int, ...]]


@dataclass
class Sizes:
    """The sizes found so far, where each is from, and the indices that went wrong."""

    mistakes: Mistakes
    known: dict[str, int] = field(default_factory=dict)
    origin: dict[str, Label] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)
    fresh: deque[str] = field(default_factory=deque)

    def say(self, name: str, value: float, label: Label) -> None:
        """A size, first heard of or heard of again."""
        if name in self.wrong:
            return
        if name in self.known:
            if self.known[name] != value:
                self.conflict(name, label, _number(value))
            return
        if isnan(value):
            self.wrong.add(name)
            self.mistakes.error("E0306", f"the size of index `{name}` cannot be computed", label)
            return
        if value != int(value) or value < 1:
            self.wrong.add(name)
            empty = "an empty tensor has no elements to compute with" if value == 0 else ""
            self.mistakes.error(
                "E0306",
                f"the size of index `{name}` is {_number(value)}, not a positive whole number",
                label,
                hint=empty,
            )
            return
        self.known[name] = int(value)
        self.origin[name] = label
        self.fresh.append(name)

    def conflict(self, name: str, label: Label, value: str, *more: Label) -> None:
        """Says that an index has two sizes, and where both are from."""
        self.wrong.add(name)
        first = self.origin[name]
        declared = first.text.startswith("declared") and value.isdigit()
        hint = f"did you mean `{name} = {value}`?" if declared else ""
        self.mistakes.error(
            "E0301", f"index `{name}` has two sizes", label, *more, first, hint=hint
        )


def size(
    flat: Flat,
    constraints: Constraints,
    shapes: Shapes,
    given: Mapping[str, int],
    mistakes: Mistakes,
) -> Sizes:
    """The sizes of all indices; mistakes are noted and their indices `wrong`."""
    sizes = Sizes(mistakes)
    _facts(flat, shapes, given, sizes)
    for node in flat.indices.values():
        if node.name not in given:
            constraints.declare(node)
    _Solver(sizes, constraints).run()
    _check(constraints, sizes)
    _lacking(flat, constraints, sizes)
    return sizes


def _facts(flat: Flat, shapes: Shapes, given: Mapping[str, int], sizes: Sizes) -> None:
    for name, value in given.items():
        node = flat.indices.get(name)
        span = node.span if node else flat.occurring.get(name, NOWHERE)
        sizes.say(name, value, Label(span, f"set to {value} from outside"))
    for node in flat.indices.values():
        if node.name in given or node.size is None or unknown(node.size):
            continue
        value = constant(node.size)
        number = nan if value is None else value
        sizes.say(node.name, number, Label(node.span, f"declared {_number(number)} here"))
    for node in flat.inputs:
        for number, value in enumerate(shapes.get(node.name, ())):
            origin = f', from "{node.path}"' if node.path else ", from the data given"
            label = Label(axis_span(node, number), f"{value} here{origin}")
            sizes.say(node.indices[number], value, label)


@dataclass
class _Solver:
    sizes: Sizes
    constraints: Constraints
    touching: dict[str, list[Rule]] = field(default_factory=dict)

    def run(self) -> None:
        for rule in self.constraints.rules:
            for name in dict.fromkeys(rule.names):
                self.touching.setdefault(name, []).append(rule)
            self.apply(rule)
        self.spread()
        while self.widen():
            self.spread()

    def spread(self) -> None:
        while self.sizes.fresh:
            for rule in self.touching.get(self.sizes.fresh.popleft(), ()):
                self.apply(rule)

    def apply(self, rule: Rule) -> None:
        found = rule.solve(self.sizes.known)
        if found is None or any(name in self.sizes.wrong for name in rule.names):
            return
        name, value = found
        self.sizes.say(name, value, Label(rule.span, f"{_number(value)} here, {rule.why}"))

    def widen(self) -> bool:
        """Gives one index of computed positions its largest size, where that is settled."""
        waiting: dict[str, list[Window]] = {}
        for window in self.constraints.windows:
            for name in dict.fromkeys(n for n, _ in self.terms(window)):
                if name not in self.sizes.known and name not in self.sizes.wrong:
                    waiting.setdefault(name, []).append(window)
        settled = [self.settle(names, waiting) for names in self.equal(waiting)]
        return any(settled)

    def settle(self, names: list[str], waiting: Mapping[str, list[Window]]) -> bool:
        """Gives the names of one group the smallest of their largest sizes."""
        if any(name in self.sizes.known for name in names):
            return False
        found = [(n, w, w.largest(n, self.sizes.known)) for n in names for w in waiting[n]]
        if any(value is None for _, _, value in found):
            return False
        name, window, value = min(found, key=lambda item: item[2] or 0)
        if value:
            label = Label(window.span, f"{value} here, to stay inside of `{window.tensor}`")
            self.sizes.say(name, value, label)
            self.spread()
        else:
            self.sizes.wrong.add(name)
            self.nowhere(window)
        return True

    def terms(self, window: Window) -> list[tuple[str, int]]:
        place = window.place
        scaled = [(name, factor) for _, factor, name in place.scaled if name is not None]
        return [*place.terms, *scaled]

    def equal(self, names: Mapping[str, object]) -> list[list[str]]:
        """The names in groups that equations hold together."""
        root: dict[str, str] = {}

        def find(name: str) -> str:
            while root.setdefault(name, name) != name:
                root[name] = root[root[name]]
                name = root[name]
            return name

        if names:
            for rule in self.constraints.rules:
                if isinstance(rule, Equation) and len(rule.left) == len(rule.right) == 1:
                    root[find(rule.left[0])] = find(rule.right[0])
        groups: dict[str, list[str]] = {}
        for name in names:
            groups.setdefault(find(name), []).append(name)
        return list(groups.values())

    def nowhere(self, window: Window) -> None:
        length = prod(self.sizes.known[name] for name in window.axis)
        self.sizes.mistakes.error(
            "E0305",
            f"no position here is inside of axis {window.number + 1} of `{window.tensor}`, "
            f"which has {length}",
            Label(window.span, "always outside"),
            hint="a border mode says what is outside: `pad(...)`, `wrap(...)` or `clamp(...)`",
        )


def _check(constraints: Constraints, sizes: Sizes) -> None:
    """Checks all rules and windows against the sizes that were found."""
    for rule in constraints.rules:
        names = rule.names
        if any(n not in sizes.known or n in sizes.wrong for n in names):
            continue
        if isinstance(rule, Equation):
            _equation(rule, sizes)
        elif isinstance(rule, Stretched):
            _stretched(rule, sizes)
        else:
            value = constant(rule.value, sizes.known)
            if value != sizes.known[rule.name]:
                said = "nothing" if value is None else _number(value)
                label = Label(rule.span, f"{said} here")
                sizes.conflict(rule.name, label, said)
    for window in constraints.windows:
        if all(n in sizes.known and n not in sizes.wrong for n in window.names):
            _inside(window, sizes)


def _equation(rule: Equation, sizes: Sizes) -> None:
    left, right = (prod(sizes.known[n] for n in side) for side in (rule.left, rule.right))
    if left == right:
        return
    if len(rule.left) == 1:
        name = rule.left[0]
        label = Label(rule.span, f"{right} here, {rule.why}")
        other = sizes.origin[rule.right[0]]
        more = (other,) if len(rule.right) == 1 and other.span != sizes.origin[name].span else ()
        sizes.conflict(name, label, str(right), *more)
        return
    sizes.wrong.update(rule.left)
    labels = [sizes.origin[name] for name in dict.fromkeys((*rule.left, *rule.right))]
    spelled = " * ".join(str(sizes.known[n]) for n in rule.left)
    sizes.mistakes.error(
        "E0308",
        f"the group of {listed(rule.left)} has {spelled} = {left} elements, "
        f"but {rule.why} has {right}",
        Label(rule.span, "this group"),
        *labels,
    )


def _stretched(rule: Stretched, sizes: Sizes) -> None:
    lengths = rule.lengths(sizes.known)
    longest = max(lengths)
    if any(length not in (1, longest) for length in lengths):
        sizes.wrong.add(rule.name)
        sizes.mistakes.error(
            "E0310",
            f"the axes of label `{rule.label}` do not fit together: their lengths are "
            f"{', '.join(map(str, lengths))}",
            Label(rule.span, "in this `einsum`"),
            hint="all axes of one label have the same length, or length one",
        )
    elif longest not in (1, sizes.known[rule.name]):
        sizes.conflict(rule.name, Label(rule.span, f"{longest} here, {rule.why}"), str(longest))


def _inside(window: Window, sizes: Sizes) -> None:
    low, high = window.reach(sizes.known)
    length = prod(sizes.known[name] for name in window.axis)
    if low >= 0 and high < length:
        return
    reached = high if high >= length else low
    mode = f"pad({window.span.text})" if window.span.text else "pad(...)"
    names = dict.fromkeys(name for name in window.place.resolved(sizes.known).terms)
    origins = [sizes.origin[name] for name, _ in names if name in sizes.origin]
    sizes.mistakes.error(
        "E0305",
        f"this reads outside of axis {window.number + 1} of `{window.tensor}`, which has {length}",
        Label(window.span, f"reaches {reached}, but positions go from 0 to {length - 1}"),
        *origins,
        hint=f"say what is outside, as in `{mode}` (or `wrap`, `clamp`), or make an index smaller"
        if names
        else "positions count from 0",
    )


def _lacking(flat: Flat, constraints: Constraints, sizes: Sizes) -> None:
    """Says which indices have no size; those that hang together are told once."""
    told: set[str] = set()
    related: dict[str, set[str]] = {}
    for rule in (*constraints.rules, *constraints.windows):
        for name in rule.names:
            related.setdefault(name, set()).update(rule.names)
    names = dict.fromkeys((*flat.occurring, *flat.indices))
    for name in names:
        if name in sizes.known or name in sizes.wrong or name in told or name in flat.cut:
            continue
        group = _reach(name, related, sizes.known)
        told |= group
        if group & (sizes.wrong | flat.cut):
            continue
        node = flat.indices.get(name)
        if node is not None and node.size is None and name not in flat.occurring:
            continue
        sizes.mistakes.error(
            "E0302",
            f"no size can be found for index `{name}`",
            Label(node.span if node else flat.occurring[name], "here"),
            hint=f"declare it, as in `index {name} = 8`, or give data to an input that has it",
        )


def _reach(name: str, related: Mapping[str, set[str]], known: Mapping[str, int]) -> set[str]:
    found = {name}
    stack = [name]
    while stack:
        for other in related.get(stack.pop(), ()):
            if other not in found and other not in known:
                found.add(other)
                stack.append(other)
    return found


def _number(value: float) -> str:
    if isnan(value):
        return "nothing"
    return str(int(value)) if value == int(value) else f"{value:g}"
