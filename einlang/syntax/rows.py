"""The statements of a program as rows of text, each knowing the source lines it came from.

>>> from einlang.syntax.nodes import Index, Number, Program
>>> program = Program(None, (Index("a", Number(2)), Index("b", same_line=True)))
>>> [row.text for row in rows(program)]
['index a = 2, b']
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from einlang.errors import Span
from einlang.syntax import nodes, printing

WIDTH = 100
STEP = "    "


@dataclass
class Row:
    """One statement, comment or docstring on its way out.

    `pieces` are joined by blanks, or by line ends where they are too long together; `cells`
    are what is aligned with the rows around; `first` and `last` are lines of the source, 0
    if it comes from none; `gap` asks for a blank line before.
    """

    kind: str
    pieces: list[str]
    indent: str = ""
    first: int = 0
    last: int = 0
    cells: tuple[str, ...] = ()
    gap: bool = False
    comment: str = ""

    @property
    def text(self) -> str:
        """All of it on one line."""
        return self.indent + " ".join(self.pieces)

    @property
    def lines(self) -> list[str]:
        """What is printed, but for the comment behind it."""
        text = self.text
        if "\n" in text:
            return text.split("\n")
        if len(text) <= WIDTH or len(self.pieces) == 1:
            return [text]
        lines = [self.indent + self.pieces[0]]
        for piece in self.pieces[1:]:
            if len(lines[-1]) + 1 + len(piece) <= WIDTH:
                lines[-1] += f" {piece}"
            else:
                lines.append(f"{self.indent}{STEP}{piece}")
        return lines


def rows(program: nodes.Program) -> list[Row]:
    """The rows of a program, without its comments."""
    return list(_Rows(program).all())


def docstring(text: str) -> str:
    """A docstring with its quotes, on one line where it has one."""
    if '"""' in text:
        raise ValueError('a docstring cannot have `"""` in it')
    alone = "\n" in text or text.endswith('"')
    return f'"""\n{text}\n"""' if alone else f'"""{text}"""'


class _Rows:
    def __init__(self, program: nodes.Program) -> None:
        self.program = program
        self.source = program.span.source
        self.ends = list(accumulate(len(line) + 1 for line in self.source.text.split("\n")))

    def all(self) -> Iterator[Row]:
        program = self.program
        if program.docstring is not None:
            yield self.documentation(program.docstring)
        statements, at = program.statements, 0
        while at < len(statements):
            end = at + 1
            while end < len(statements) and _goes_along(statements[at], statements[end]):
                end += 1
            yield from self.statement(statements[at:end])
            at = end

    def line(self, offset: int) -> int:
        return bisect_right(self.ends, offset) + 1

    def extent(self, span: Span) -> tuple[int, int]:
        """The first and last line of a span in the source of the program, else zeros."""
        if span.source is not self.source or not span.source.text:
            return 0, 0
        return self.line(span.start), self.line(max(span.start, span.end - 1))

    def documentation(self, text: str) -> Row:
        start = self.program.span.start
        first = last = 0
        if self.source.text.startswith('"""', start):
            end = self.source.text.find('"""', start + 3)
            first, last = self.line(start), self.line(end)
        return Row("docstring", [docstring(text)], first=first, last=last)

    def row(self, kind: str, pieces: list[str], span: Span, indent: str = "") -> Row:
        first, last = self.extent(span)
        return Row(kind, pieces, indent, first, last)

    def statement(self, group: Sequence[nodes.Statement]) -> Iterator[Row]:
        node = group[0]
        match node:
            case nodes.Index():
                found = [index for index in group if isinstance(index, nodes.Index)]
                span = node.span.to(group[-1].span)
                yield self.row("index", printing.indices(found), span)
            case nodes.Input():
                yield self.input(node)
            case nodes.Definition():
                yield self.row("definition", printing.definition(node), node.span)
            case nodes.Out(names):
                first, *others = printing.commas(names)
                yield self.row("out", [f"out {first}", *others], node.span)
            case nodes.Use(path, names):
                yield self.row("use", [f'use "{path}" ({", ".join(names)})'], node.span)
            case nodes.Def():
                yield from self.function(node)
            case nodes.Target(backend, settings):
                yield self.header(f"target {backend}:", node.span)
                for setting in settings:
                    text = f"{setting.name} = {printing.setting(setting.value)}"
                    yield self.row("setting", [text], setting.span, STEP)
            case nodes.Test(label, body):
                yield self.header(f'test "{label}":', node.span)
                for part in body:
                    yield self.part(part)

    def header(self, text: str, span: Span) -> Row:
        first, _ = self.extent(span)
        return Row("header", [text], first=first, last=first)

    def part(self, node: nodes.Let | nodes.Expect) -> Row:
        if isinstance(node, nodes.Let):
            return self.row("let", printing.definition(node), node.span, STEP)
        return self.row("expect", [printing.expect(node)], node.span, STEP)

    def input(self, node: nodes.Input) -> Row:
        path = "" if node.path is None else f'from "{node.path}"'
        behind = f"{path}{printing.in_range(node.range)}".strip()
        name = f"{node.name}{printing.head(node.indices)}"
        row = self.row("input", [f"{node.qualifier} {name} {behind}".rstrip()], node.span)
        row.cells = (node.qualifier, name, behind)
        return row

    def function(self, node: nodes.Def) -> Iterator[Row]:
        first, last = self.extent(node.span)
        head = Row("def", printing.function(node), first=first, last=last)
        if not node.where:
            yield head
            return
        head.last = self.extent(node.value.span)[1]
        whole = f"{head.text} where {' '.join(printing.definition(node.where[0]))}"
        inside = any(head.last <= line < last for line, _ in self.program.comments)
        if len(node.where) == 1 and len(whole) <= WIDTH and not inside:
            yield Row("def", [whole], first=first, last=last)
            return
        head.kind = "header"
        head.pieces[-1] += " where:"
        yield head
        for part in node.where:
            yield self.row("definition", printing.definition(part), part.span, STEP)


def _goes_along(first: nodes.Statement, other: nodes.Statement) -> bool:
    if isinstance(first, nodes.Index) and isinstance(other, nodes.Index):
        return other.same_line
    return False
