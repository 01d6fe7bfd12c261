"""Reads a text into a `Program`; what is wrong with it is told all at once.

Each logical line is parsed by itself, so that one mistake hides no other.

>>> read("index i = 2\\nC[i] = A[i] + 1").statements[1].name
'C'
>>> try:
...     read("secrt A[i]\\nC[i] A[i]")
... except SyntaxMistake as mistake:
...     print([diagnostic.code for diagnostic in mistake.diagnostics])
['E0107', 'E0108']
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from einlang.errors import Diagnostic, Source, Span, SyntaxMistake
from einlang.syntax import mistakes, nodes, places, statements
from einlang.syntax.failure import Failure
from einlang.syntax.grammar import FIRST, parser
from einlang.syntax.scan import CONTINUES, Line, Scanned, Token, scan

KINDS = {
    "secret": "input",
    "public": "input",
    "param": "input",
    "client": "definition",
    "def": "function",
}
BLOCKS = ("target", "test")
DEFINES = ("=", "[", "==", ":", "+", "-", "*", "/")


def read(text: str, name: str = "<string>") -> nodes.Program:
    """The program that a text says; raises `SyntaxMistake` with all that is wrong."""
    source = Source(name, text)
    scanned = scan(source)
    reader = _Reader(scanned.mistakes)
    statements = tuple(reader.statements(scanned.lines))
    if reader.mistakes:
        raise SyntaxMistake(sorted(reader.mistakes, key=lambda m: m.labels[0].span.start))
    docstring = scanned.docstring.text.strip() if scanned.docstring else None
    return nodes.Program(
        docstring, statements, tuple(scanned.comments), span=_whole(source, scanned)
    )


def _whole(source: Source, scanned: Scanned) -> Span:
    spans = [line.span for line in scanned.lines]
    if scanned.docstring:
        spans.insert(0, scanned.docstring.span)
    return spans[0].to(spans[-1]) if spans else source.span(0, 0)


class _Reader:
    """Puts lines together to statements, and collects mistakes on the way."""

    def __init__(self, found: Sequence[Diagnostic]) -> None:
        self.mistakes = list(found)

    def statements(self, lines: Sequence[Line]) -> Iterator[nodes.Statement]:
        """All statements, in order."""
        at = 0
        while at < len(lines):
            line = lines[at]
            end = at + 1
            while end < len(lines) and lines[end].indent > line.indent:
                end += 1
            if line.indent and at == 0:
                self.misplaced(line, blocks=False)
            yield from self.statement(line, lines[at + 1 : end])
            at = end

    def statement(self, line: Line, body: Sequence[Line]) -> Iterator[nodes.Statement]:
        """What a line says, with the indented ones below it."""
        line, inline = _opened(line)
        if inline is None:
            yield from self.top(line)
            yield from self.stray(body) if _kind(line) else ()
            return
        head = self.top(line)
        word = "where" if line.tokens[0].text == "def" else line.tokens[0].text
        inner = [part for rest in (*inline, *self.even(body)) for part in self.inner(rest, word)]
        if not (inline or body or line.broken):
            self.mistakes.append(statements.empty_block(line.tokens[-1].span, word))
        for node in head:
            yield _filled(node, tuple(inner))

    def stray(self, body: Sequence[Line]) -> Iterator[nodes.Statement]:
        """Lines that are indented below a line that opens no block."""
        if body and not body[0].broken:
            self.misplaced(body[0], blocks=False)
            if body[0].tokens[0].text in CONTINUES:
                body = body[1:]
        yield from self.statements([replace(line, indent=0) for line in body])

    def even(self, body: Sequence[Line]) -> Sequence[Line]:
        """The lines of a block, which all begin in the same column."""
        for line in body:
            if line.indent != body[0].indent:
                self.misplaced(line, blocks=True)
        return body

    def misplaced(self, line: Line, blocks: bool) -> None:
        """Notes that a line is indented wrongly, unless its tabs are to blame."""
        if not line.tabbed:
            self.mistakes.append(statements.indented(line.tokens, blocks))

    def top(self, line: Line) -> list[Any]:
        """The nodes of a line outside of blocks."""
        kind = _kind(line)
        if kind in ("let", "expect"):
            self.mistakes.append(statements.out_of_place(line.tokens, ""))
            return []
        return self.parse(kind, line)

    def inner(self, line: Line, block: str) -> list[Any]:
        """The nodes of a line within a block."""
        if block == "target":
            return self.parse("setting", replace(line, tokens=_plain_words(line.tokens)))
        kind = _kind(line)
        expected = {"test": ("let", "expect"), "where": ("definition",)}[block]
        if not kind or (kind in expected and line.tokens[0].type != "CLIENT"):
            return self.parse(kind, line)
        self.mistakes.append(statements.out_of_place(line.tokens, block))
        return []

    def parse(self, kind: str, line: Line) -> list[Any]:
        """The nodes of one line, or none if it is wrong, which is noted."""
        if line.broken:
            return []
        if not kind:
            self.mistakes.append(statements.unknown_statement(line.tokens))
            return []
        try:
            return _parsed(kind, line)
        except SyntaxMistake as mistake:
            self.mistakes += mistake.diagnostics
            return []


def _opened(line: Line) -> tuple[Line, list[Line] | None]:
    """The head of a block and the lines that follow it on its own line; or no block at all."""
    word = line.tokens[0].text
    depth = 0
    for at, token in enumerate(line.tokens):
        depth += (token.text in "([") - (token.text in ")]")
        if word in BLOCKS and token.text == ":" and depth <= 0:
            return line.part(0, at + 1), _split(line.part(at + 1))
        if word == "def" and token.type == "WHERE" and depth <= 0:
            colon = at + 1 < len(line.tokens) and line.tokens[at + 1].text == ":"
            end = at + 1 + colon
            return line.part(0, end), _split(line.part(end))
    is_block = word in BLOCKS and _kind(line) == word
    return line, [] if is_block else None


def _split(line: Line) -> list[Line]:
    """The parts of a line between `;` that stand in no bracket."""
    parts, start, depth = [], 0, 0
    for at, token in enumerate(line.tokens):
        depth += (token.text in "([") - (token.text in ")]")
        if token.text == ";" and depth <= 0:
            parts.append(line.part(start, at))
            start = at + 1
    parts.append(line.part(start))
    return [part for part in parts if part.tokens]


def _kind(line: Line) -> str:
    """Which rule of the grammar a line is for, by its first words; empty if for none."""
    first = line.tokens[0]
    after = line.tokens[1].text if len(line.tokens) > 1 else ""
    if first.type != "NAME" and first.text in FIRST:
        return KINDS.get(first.text, first.text)
    if after in DEFINES and first.is_word:
        return "definition"
    is_definition = after == "(" and any(token.text == "=" for token in line.tokens)
    return "definition" if is_definition else ""


def _plain_words(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The same tokens, with the words of the language as names: `max = ...` is a setting."""
    return tuple(
        token._replace(type="NAME")
        if token.is_word and (token.text != "pi" or number == 0)
        else token
        for number, token in enumerate(tokens)
    )


def _parsed(kind: str, line: Line) -> list[Any]:
    """The nodes of a line that is of this kind."""
    from lark import UnexpectedToken

    steps = parser().parse_interactive(start=kind)
    end = Token("$END", "", line.tokens[-1].span)
    at = 0
    try:
        for token in line.tokens:
            steps.feed_token(token)  # type: ignore[arg-type]
            at += 1
        result = steps.feed_token(end)  # type: ignore[arg-type]
    except UnexpectedToken:
        accepts = frozenset(steps.accepts())
        failure = Failure(kind, line.tokens, at, accepts)
        raise SyntaxMistake([mistakes.explain(failure)]) from None
    found = list(result) if isinstance(result, tuple) else [result]
    for node in found:
        _verify(node, line)
    return found


def _verify(node: Any, line: Line) -> None:
    """Refuses what is too deep, and an einsum whose axes are not named where they must be."""
    wholes = [node.value] if isinstance(getattr(node, "value", None), nodes.Node) else []
    halves = [node.left, node.right] if isinstance(node, nodes.Expect) else []
    if len(line.tokens) > places.DEEPEST:
        for expression in wholes + halves:
            places.depth_checked(expression)
    if not any(token.type == "EINSUM" for token in line.tokens):
        return
    nested = [part for whole in wholes for part in nodes.parts(whole)] + halves
    while nested:
        expression = nested.pop()
        if isinstance(expression, nodes.Einsum) and expression.subscripts is None:
            raise SyntaxMistake([statements.nested_einsum(expression.span)])
        nested += nodes.parts(expression)


def _filled(node: Any, inner: tuple[Any, ...]) -> nodes.Statement:
    """A block with its lines."""
    field = {nodes.Target: "settings", nodes.Test: "body", nodes.Def: "where"}[type(node)]
    span = node.span.to(inner[-1].span) if inner else node.span
    return replace(node, **{field: inner}, span=span)
