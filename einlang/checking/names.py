"""What the statements of a program define, in which order, and who reads whom.

A definition reads what stands above it; `index` and `def` may stand anywhere. The result
is flat: definitions with explicit sums and without calls, fresh ones before those that
read them.

>>> from einlang.syntax import read
>>> mistakes = Mistakes()
>>> flat = flatten(read("secret a\\nb = 2 * a\\nc = b + 1"), Path(), mistakes)
>>> flat.outputs, [definition.name for definition in flat.definitions]
(['c'], ['b', 'c'])
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from einlang.checking import loose
from einlang.checking.constants import unknown
from einlang.checking.files import Shelf
from einlang.checking.functions import Library, Missing, definition
from einlang.checking.mistakes import Mistakes, similar
from einlang.checking.scope import BUILTIN, Scope, axis_span
from einlang.checking.trials import Test, Trials
from einlang.checking.unused import unused
from einlang.errors import Label, Span
from einlang.syntax import nodes


@dataclass
class Flat:
    """A program without calls, by kinds of statements.

    `cut` holds the indices that a broken statement mentions: their sizes may be lacking.
    `broken` holds the names of tensors that could not be made.
    """

    indices: dict[str, nodes.Index] = field(default_factory=dict)
    inputs: list[nodes.Input] = field(default_factory=list)
    definitions: list[loose.Definition] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    tests: list[Test] = field(default_factory=list)
    occurring: dict[str, Span] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)


def flatten(program: nodes.Program, directory: Path, mistakes: Mistakes) -> Flat:
    """The program with its names resolved; mistakes and warnings are noted."""
    names = _Names(program, directory, mistakes)
    names.functions()
    for statement in program.statements:
        names.statement(statement)
    names.finish()
    return names.flat


class _Names:
    def __init__(self, program: nodes.Program, directory: Path, mistakes: Mistakes) -> None:
        self.program = program
        self.mistakes = mistakes
        self.flat = Flat()
        self.count: Counter[str] = Counter()
        self.library: Library = Shelf(mistakes, self.fresh).library(program, directory)
        self.lines: dict[str, nodes.Node] = {}
        for statement in program.statements:
            if isinstance(statement, nodes.Index):
                self.flat.indices.setdefault(statement.name, statement)
            elif isinstance(statement, nodes.Input | nodes.Definition):
                self.lines.setdefault(statement.name, statement)
        self.axes = self.known_indices()
        self.taken: dict[str, nodes.Node] = {}
        self.scope = Scope(mistakes, self.call, self.fresh, self.missing)
        self.inputs: dict[str, nodes.Input] = {}
        self.outs: list[nodes.Out] = []
        self.tests: list[nodes.Test] = []
        self.sources: dict[str, loose.Definition] = {}

    def functions(self) -> None:
        """Reads all functions, called or not, those that stand first before the others."""
        for name in self.library.heads:
            asked = name in self.library.asked
            self.library.function(name)
            if not asked:
                self.library.asked.discard(name)

    def fresh(self, base: str) -> str:
        """A name that no program can spell: it has a dot in it."""
        self.count[base] += 1
        if "." in base and self.count[base] == 1:
            return base
        return f"{base}.{self.count[base]}"

    def known_indices(self) -> set[str]:
        """The names that are meant as indices for certain."""
        found = set(self.flat.indices)
        for statement in self.lines.values():
            if isinstance(statement, nodes.Input):
                found.update(statement.indices)
            elif isinstance(statement, nodes.Definition):
                found.update(n for place in statement.subscripts for n in loose.names_of(place))
        return found

    def call(self, node: nodes.Call) -> Any:
        return self.library.call(node, self.scope)

    def missing(self, name: str, span: Span) -> Missing | None:
        """Why a tensor cannot be read, where it is no mere misspelling."""
        if name in self.lines:
            later = self.lines[name].span
            if later.start <= span.start < later.end:
                hint = "a recurrence cannot be written: use a new name for each step"
                return "E0206", f"`{name}` is defined by itself", (Label(span, "read here"),), hint
            return (
                "E0203",
                f"`{name}` is read before it is defined",
                (Label(span, "read here"), Label(later, "defined here")),
                f"move line {later.line} above this one: a definition reads what stands above it",
            )
        if name in self.axes:
            hint = f"an index is a number only by its size, `size({name})`"
            return "E0202", f"`{name}` is an index, not a tensor", (Label(span, "here"),), hint
        return None

    def statement(self, node: nodes.Statement) -> None:
        match node:
            case nodes.Index():
                self.index(node)
            case nodes.Input():
                self.input(node)
            case nodes.Definition():
                self.definition(node)
            case nodes.Def():
                self.claim(node.name, node)
            case nodes.Use():
                for name in node.names:
                    self.claim(name, node)
            case nodes.Out():
                self.outs.append(node)
            case nodes.Target():
                settings = self.flat.settings.setdefault(node.backend, {})
                settings.update({setting.name: setting.value for setting in node.settings})
            case nodes.Test():
                self.tests.append(node)

    def claim(self, name: str, node: nodes.Node) -> bool:
        """Takes a name for a tensor or a function; says when it is taken."""
        if name in BUILTIN:
            self.mistakes.error(
                "E0201", f"`{name}` is a built-in function", Label(node.span, "defined again here")
            )
            return False
        if name in self.taken:
            self.mistakes.error(
                "E0201",
                f"`{name}` is defined twice",
                Label(node.span, "again here"),
                Label(self.taken[name].span, "first here"),
                hint="give one of them another name",
            )
            return False
        self.taken[name] = node
        return True

    def index(self, node: nodes.Index) -> None:
        first = self.flat.indices[node.name]
        if first is not node:
            self.mistakes.error(
                "E0201",
                f"index `{node.name}` is declared twice",
                Label(node.span, "again here"),
                Label(first.span, "first here"),
            )

    def input(self, node: nodes.Input) -> None:
        self.begin()
        if not self.claim(node.name, node):
            return
        self.scope.distinct(node.indices, f"the axes of `{node.name}`", node.span)
        for number, name in enumerate(node.indices):
            self.scope.occur((name,), axis_span(node, number))
        self.inputs[node.name] = node
        self.scope.tensors[node.name] = len(node.indices)
        if not self.broke(node.name, node.indices):
            self.flat.inputs.append(node)

    def definition(self, node: nodes.Definition) -> None:
        self.begin()
        if not self.claim(node.name, node):
            self.flat.cut |= self.axes
            return
        self.scope.left(node.name, node.subscripts, node.span)
        made = self.made(node)
        self.scope.tensors[node.name] = len(node.subscripts)
        if not self.broke(node.name, self.scope.indices):
            self.flat.definitions += made
            self.sources[node.name] = made[-1]

    def made(self, node: nodes.Definition) -> list[loose.Definition]:
        found = definition(node, self.scope, self.mistakes)
        for inner in found:
            self.subscripts(inner)
        return found

    def subscripts(self, node: loose.Definition) -> None:
        """Refuses tensors as subscripts."""
        for read in node.reads:
            for name in read.carries:
                if name in self.axes or name not in self.scope.tensors:
                    continue
                origin = self.inputs.get(name)
                kind = origin.qualifier if origin else "computed"
                self.scope.error(
                    "E0401",
                    f"tensor `{name}` is used as an index",
                    Label(read.span, f"`{name}` is a {kind} value"),
                    hint="which elements are read must not depend on values: "
                    "declare an index, or multiply by a mask",
                )

    def begin(self) -> None:
        self.scope.failed = False
        for name, span in self.scope.indices.items():
            self.flat.occurring.setdefault(name, span)
        self.scope.indices = {}

    def broke(self, name: str, indices: Any) -> bool:
        """Whether the present statement is wrong; remembers it."""
        if self.scope.failed:
            self.scope.broken.add(name)
            self.flat.broken.add(name)
            self.flat.cut.update(indices)
        return self.scope.failed

    def finish(self) -> None:
        self.results()
        trials = Trials(self.scope, self.mistakes, self.inputs, self.subscripts)
        for node in self.tests:
            self.begin()
            self.flat.tests.append(trials.test(node))
            self.flat.definitions += trials.taken()
            self.flat.cut |= trials.cut
        self.begin()
        self.sizes()
        if not self.mistakes.errors:
            unused(self.flat, self.lines, self.scope, self.library, self.mistakes)

    def results(self) -> None:
        """The outputs: those asked for, or the last definition."""
        for node in self.outs:
            for name in node.names:
                self.result(name, node)
        written = [s for s in self.program.statements if isinstance(s, nodes.Definition)]
        if not self.outs and written:
            self.flat.outputs = [written[-1].name]

    def result(self, name: str, node: nodes.Out) -> None:
        known = {s.name for s in self.lines.values() if isinstance(s, nodes.Definition)}
        if name in known:
            if name not in self.flat.outputs:
                self.flat.outputs.append(name)
            return
        hint = similar(name, known)
        if name in self.inputs:
            hint = "an input is known already; a definition can copy it"
        what = "an input" if name in self.inputs else "not defined"
        message = f"`{name}` cannot be given out: it is {what}"
        self.mistakes.error("E0209", message, Label(node.span, "here"), hint=hint)

    def sizes(self) -> None:
        """Checks the names of indices whose sizes are asked for."""
        known = {*self.flat.indices, *self.flat.occurring, *self.axes}
        asked = list(self.scope.sizes)
        for node in list(self.flat.indices.values()):
            for part in unknown(node.size) if node.size is not None else ():
                name = part.tensor if isinstance(part, nodes.Access) else part.index
                self.size(name, part.span if part.span.source.text else node.span, known, node)
        for name, span in asked:
            self.size(name, span, known, None)

    def size(self, name: str, span: Span, known: set[str], node: nodes.Index | None) -> None:
        if name in self.scope.tensors and name not in self.axes:
            self.mistakes.error(
                "E0402",
                f"tensor `{name}` is used as a size",
                Label(span, "here"),
                hint="sizes are known when compiling and cannot depend on values",
            )
        elif name not in known:
            self.mistakes.error(
                "E0204",
                f"index `{name}` is not known",
                Label(span, "here"),
                hint=similar(name, known),
            )
        else:
            return
        if node is not None:
            self.flat.cut.add(node.name)
            self.flat.indices[node.name] = replace(node, size=None)
