"""What names mean at a place of the program: tensors with their ranks, and functions.

A scope remembers whether anything in the present statement was wrong (`failed`), so that
one mistake is told once: what reads a broken tensor is broken too, silently.

>>> from einlang.errors import NOWHERE
>>> scope = Scope(Mistakes(), lambda call: None, str, lambda name, span: None, {"A": 2})
>>> scope.tensor("A", NOWHERE, 1), scope.failed
(2, True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from einlang.checking import loose
from einlang.checking.mistakes import Mistakes, listed, similar
from einlang.errors import Label, Span
from einlang.syntax import nodes

if TYPE_CHECKING:
    from einlang.checking.functions import Function

BUILTIN = "exp log sqrt abs sigmoid tanh relu gelu silu sign inverse square".split()
REDUCTIONS = ("sum", "mean", "prod", "max", "min", "argmax", "argmin")


@dataclass
class Scope:
    """The tensors and functions in sight, and where fresh definitions go.

    `tensors` maps a name to its number of axes. `missing` says why a name is not there,
    `function` finds a `def`, `fresh` makes a name that nobody else has.
    """

    mistakes: Mistakes
    function: Callable[[nodes.Call], Function | None]
    fresh: Callable[[str], str]
    missing: Callable[[str, Span], tuple[str, str, tuple[Label, ...], str] | None]
    tensors: dict[str, int] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    indices: dict[str, Span] = field(default_factory=dict)
    sizes: list[tuple[str, Span]] = field(default_factory=list)
    emitted: list[loose.Definition] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    failed: bool = False

    def error(self, code: str, message: str, *labels: Label, hint: str = "") -> None:
        """Notes a mistake in the present statement."""
        self.failed = True
        self.mistakes.error(code, message, *labels, hint=hint)

    def tensor(self, name: str, span: Span, count: int | None) -> int | None:
        """The number of axes of a tensor that is read with so many subscripts."""
        self.used.add(name)
        if name in self.broken:
            self.failed = True
            return None
        if name not in self.tensors:
            self.undefined(name, span)
            return None
        rank = self.tensors[name]
        if count is not None and count != rank:
            self.error(
                "E0303",
                f"tensor `{name}` has {_axes(rank)}, but is read with {_subscripts(count)}",
                Label(span, "here"),
                hint=f"write `{name}[...]` with one subscript for each axis" if not count else "",
            )
        return rank

    def undefined(self, name: str, span: Span) -> None:
        """Says why a tensor cannot be read."""
        why = self.missing(name, span)
        if why is not None:
            code, message, labels, hint = why
            self.error(code, message, *labels, hint=hint)
            return
        self.error(
            "E0202",
            f"tensor `{name}` is not defined",
            Label(span, "here"),
            hint=similar(name, self.tensors),
        )

    def occur(self, names: Iterable[str], span: Span) -> None:
        """Notes that indices are used."""
        for name in names:
            self.indices.setdefault(name, span)

    def left(self, owner: str, places: Iterable[nodes.Subscript], span: Span) -> None:
        """Checks the left side of a definition: plain indices and groups, each once."""
        seen: dict[str, Span] = {}
        for place in places:
            if isinstance(place, nodes.Affine) and loose.plain(place) is None:
                self.error(
                    "E0110",
                    f"the left side of `{owner}` may have plain indices only",
                    Label(_known(place.span, span), "this computes a position"),
                    hint="put an index here, and compute the position on the right",
                )
                continue
            for name in loose.names_of(place):
                if name in seen:
                    self.error(
                        "E0207",
                        f"index `{name}` comes twice on the left of `{owner}`",
                        Label(_known(place.span, span), "again here"),
                        Label(_known(seen[name], span), "first here"),
                        hint=f"declare another index of the same size: `index {name}2 = {name}`",
                    )
                seen.setdefault(name, place.span)
        for name, place in seen.items():
            self.indices.setdefault(name, _known(place, span))

    def distinct(self, names: Iterable[str], what: str, span: Span) -> None:
        """Checks that names in a list differ."""
        names = list(names)
        twice = dict.fromkeys(name for name in names if names.count(name) > 1)
        if twice:
            self.error("E0207", f"{listed(twice)} comes twice in {what}", Label(span, "here"))


def axis_span(node: nodes.Input, number: int) -> Span:
    """Where an axis of an input is declared."""
    text, source = node.span.text, node.span.source
    start = text.find("[") + 1
    pieces = text[start : text.find("]", start)].split(",")
    if start == 0 or number >= len(pieces):
        return node.span
    offset = node.span.start + start + sum(len(piece) + 1 for piece in pieces[:number])
    piece = pieces[number]
    offset += len(piece) - len(piece.lstrip())
    return source.span(offset, offset + len(piece.strip()))


def _known(span: Span, other: Span) -> Span:
    return span if span.source.text else other


def _axes(count: int) -> str:
    return f"{count} axis" if count == 1 else f"{count or 'no'} axes"


def _subscripts(count: int) -> str:
    return f"{count} subscript" if count == 1 else f"{count or 'no'} subscripts"
