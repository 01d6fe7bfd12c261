"""Writes whole programs in the one way of writing them, comments and blank lines kept.

Declarations that follow each other are aligned, and so are the comments behind them. Lines
of more than 100 characters are broken between the terms of a sum.

>>> print(format('secret A[i]from "a.npy"#data\\nparam b\\n\\n\\n# twice\\nC=2*( A[i] )'), end="")
secret A[i] from "a.npy"  #data
param  b
<BLANKLINE>
# twice
C = 2 * A[i]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from einlang.syntax import nodes
from einlang.syntax.reading import read
from einlang.syntax.rows import STEP, Row, rows


def format(text: str, name: str = "<string>") -> str:
    """A text in canonical form; raises `SyntaxMistake` if it is no program."""
    return show(read(text, name))


def show(program: nodes.Program) -> str:
    """The canonical text of a program, which reads back as the same program."""
    found = list(_Merge(program).all(rows(program)))
    for run in _runs(found, lambda row: bool(row.cells)):
        _align(run)
    for run in _runs(found, lambda row: bool(row.comment) and len(row.lines) == 1):
        _align_comments(run)
    return "".join(f"{line}\n" for row in found for line in _printed(row))


def _printed(row: Row) -> list[str]:
    lines = ["", *row.lines] if row.gap else row.lines
    if row.comment:
        lines[-1] += row.comment
    return lines


class _Merge:
    """Puts comments and blank lines where they were."""

    def __init__(self, program: nodes.Program) -> None:
        self.pending = sorted(program.comments, reverse=True)
        self.source = program.span.source.text.split("\n")
        self.previous: Row | None = None

    def all(self, found: Sequence[Row]) -> Iterator[Row]:
        for row, following in zip(found, [*found, None][1:], strict=True):
            yield from self.before(row)
            yield from self.with_own(row, following)
        while self.pending:
            yield self.comment(*self.pending.pop(), None)

    def before(self, row: Row) -> Iterator[Row]:
        """The comments on the lines above a row."""
        while self.pending and self.pending[-1][0] < row.first:
            yield self.comment(*self.pending.pop(), row)

    def with_own(self, row: Row, following: Row | None) -> Iterator[Row]:
        """A row with the comment behind it, and those within it above."""
        group = []
        shared = following is not None and following.first == row.last
        while self.pending and row.first <= self.pending[-1][0] <= row.last - shared:
            line, text = self.pending.pop()
            if line == row.last:
                row.comment = f"  {text}"
            else:
                group.append(Row("comment", [text], row.indent))
        group.append(row)
        group[0].gap = self.gap(row)
        self.previous = row
        yield from group

    def comment(self, line: int, text: str, following: Row | None) -> Row:
        """A comment on a line of its own, indented as the block that it stands in."""
        indent = following.indent if following else ""
        inside = self.previous and (self.previous.indent or self.previous.kind == "header")
        blank = line <= len(self.source) and self.source[line - 1][:1].isspace()
        row = Row("comment", [text], STEP if indent or (inside and blank) else "", line, line)
        row.gap = self.gap(row)
        self.previous = row
        return row

    def gap(self, row: Row) -> bool:
        """Whether a blank line stands above: as in the source, or between kinds of rows."""
        previous = self.previous
        if previous is None or (previous.kind == "header" and row.indent):
            return False
        if row.first:
            return row.first > 1 and not self.source[row.first - 2].strip()
        if row.indent:
            return False
        return bool(previous.indent) or previous.kind != row.kind or row.kind == "header"


def _runs(found: Sequence[Row], belongs: Callable[[Row], bool]) -> Iterator[list[Row]]:
    """The rows that belong, grouped where they follow each other without a gap."""
    run: list[Row] = []
    for row in found:
        if run and (row.gap or not belongs(row)):
            yield run
            run = []
        if belongs(row):
            run.append(row)
    if run:
        yield run


def _align(run: Sequence[Row]) -> None:
    """Pads the qualifiers and the names of declarations to the same widths."""
    widths = [max(len(row.cells[column]) for row in run) for column in range(2)]
    for row in run:
        qualifier, name, behind = row.cells
        row.pieces = [f"{qualifier:<{widths[0]}} {name:<{widths[1]}} {behind}".rstrip()]


def _align_comments(run: Sequence[Row]) -> None:
    width = max(len(row.text) for row in run)
    for row in run:
        row.comment = " " * (width - len(row.text)) + row.comment
