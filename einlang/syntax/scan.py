"""Cuts a text into tokens and logical lines, and finds what is wrong with its brackets.

A logical line ends at a line end, unless a bracket is open, an operator, `,` or `=` stands
last, or the next line begins with `where`. Every mistake found is kept, and the text is
cut as if it were not there.

>>> from einlang.errors import Source
>>> lines = scan(Source("a.ein", "C[i] = A[i] +  # the sum\\n  B[i]\\nout C")).lines
>>> [" ".join(token.text for token in line.tokens) for line in lines]
['C [ i ] = A [ i ] + B [ i ]', 'out C']
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from einlang.errors import Diagnostic, Source, Span
from einlang.syntax import spelling
from einlang.syntax.grammar import FIRST, SOFT, literals

DEEPEST = 100
CLOSING = {"(": ")", "[": "]"}
OPENING = {closing: opening for opening, closing in CLOSING.items()}
CONTINUES = frozenset(["+", "-", "*", "**", "/", "^", "<", "<=", ">", ">=", "==", "!=", "=", ","])

AFTER_EXPRESSIONS = ("in", "where", "within")

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r]+)
    |(?P<newline>\n)
    |(?P<comment>\#[^\n]*)
    |(?P<docstring>\"\"\")
    |(?P<string>"[^"\n]*"?)
    |(?P<word>(?:[A-Za-z_]|[^\x00-\x7f])(?:\w|[^\x00-\x7f])*'*)
    |(?P<number>(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<sign>\*\*|<=|>=|==|!=|\.\.|[-+*/^<>=\[\](){},:;])
    |(?P<other>.)""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A word, number, text or sign; `type` is its name in the grammar."""

    type: str
    text: str
    span: Span

    @property
    def is_word(self) -> bool:
        """Whether it looks like a name, reserved or not."""
        return self.text[:1].isidentifier()


@dataclass(frozen=True)
class Line:
    """A logical line.

    `broken` says that a mistake in it is told already, `tabbed` that one about its indentation.
    """

    tokens: tuple[Token, ...]
    indent: int
    broken: bool = False
    tabbed: bool = False

    @property
    def span(self) -> Span:
        """From its first token to its last."""
        return self.tokens[0].span.to(self.tokens[-1].span)

    def part(self, start: int, end: int | None = None) -> Line:
        """Some of its tokens, as a line."""
        tokens = keyworded(self.tokens[start:end])
        return Line(tokens, self.indent, self.broken, self.tabbed)


@dataclass
class Scanned:
    """What a text consists of."""

    docstring: Token | None = None
    lines: list[Line] = field(default_factory=list)
    comments: list[tuple[int, str]] = field(default_factory=list)
    mistakes: list[Diagnostic] = field(default_factory=list)


def scan(source: Source) -> Scanned:
    """The lines of a text, its comments, and what is wrong with its signs and brackets."""
    result = Scanned()
    if "\0" in source.text:
        at = source.text.index("\0")
        result.mistakes.append(spelling.not_text(source.span(at, at + 1)))
        return result
    tokens = _Tokens(source, result).all()
    cut = _Cut(source, tokens)
    cut.run()
    if cut.left_open:
        cut = _Cut(source, tokens, recover=True)
        cut.run()
    result.lines = cut.lines
    result.mistakes += cut.mistakes
    return result


class _Tokens:
    """One pass over the characters."""

    def __init__(self, source: Source, result: Scanned) -> None:
        self.source = source
        self.result = result
        self.tokens: list[Token] = []
        self.line = 1
        self.wrong = 0

    def all(self) -> list[Token]:
        text = self.source.text
        at = 1 if text.startswith("\ufeff") else 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            assert match is not None
            kind = match.lastgroup
            at = match.end() if kind == "blank" else getattr(self, f"_{kind}")(match)
        return self.tokens

    def _add(self, type_: str, text: str, start: int, end: int) -> int:
        self.tokens.append(Token(type_, text, Span(self.source, start, end)))
        return end

    def _mistake(self, mistake: Diagnostic, start: int, end: int) -> int:
        if self.wrong != self.line:
            self.result.mistakes.append(mistake)
        self.wrong = self.line
        return self._add("WRONG", self.source.text[start:end], start, end)

    def _newline(self, match: re.Match[str]) -> int:
        self.line += 1
        return self._add("NEWLINE", "\n", match.start(), match.end())

    def _comment(self, match: re.Match[str]) -> int:
        self.result.comments.append((self.line, match[0].rstrip()))
        return match.end()

    def _docstring(self, match: re.Match[str]) -> int:
        text, start = self.source.text, match.start()
        end = text.find('"""', start + 3)
        span = self.source.span(start, start + 3)
        if end < 0:
            self.result.mistakes.append(spelling.endless_docstring(span))
            return len(text)
        self.line += text.count("\n", start, end)
        first = self.result.docstring is None and all(t.type == "NEWLINE" for t in self.tokens)
        if first:
            span = self.source.span(start, end + 3)
            self.result.docstring = Token("STRING", text[start + 3 : end], span)
        else:
            self.result.mistakes.append(spelling.late_docstring(span))
            self.tokens.append(Token("WRONG", '"""', span))
        return end + 3

    def _string(self, match: re.Match[str]) -> int:
        text = match[0]
        if len(text) < 2 or not text.endswith('"'):
            span = self.source.span(*match.span())
            return self._mistake(spelling.endless_string(span), *match.span())
        return self._add("STRING", text, *match.span())

    def _word(self, match: re.Match[str]) -> int:
        text = match[0]
        if text.isascii():
            return self._add(_type(text), text, *match.span())
        good = next((n for n, c in enumerate(text) if not _in_name(c, n == 0)), len(text))
        if good == 0:
            return self._bad(match.start())
        name = unicodedata.normalize("NFC", text[:good])
        return self._add("NAME", name, match.start(), match.start() + good)

    def _number(self, match: re.Match[str]) -> int:
        return self._add("NUMBER", match[0], *match.span())

    def _sign(self, match: re.Match[str]) -> int:
        text = match[0]
        if text not in literals():
            return self._bad(match.start())
        return self._add(literals()[text], text, *match.span())

    def _other(self, match: re.Match[str]) -> int:
        return self._bad(match.start())

    def _bad(self, start: int) -> int:
        span = self.source.span(start, start + 1)
        end = spelling.end_of_quote(self.source.text, start)
        return self._mistake(spelling.unknown_character(span), start, end)


def _type(word: str) -> str:
    return "NAME" if word in SOFT else literals().get(word, "NAME")


def _in_name(character: str, first: bool) -> bool:
    return character == "'" or (character if first else f"a{character}").isidentifier()


@dataclass
class _Cut:
    """One pass over the tokens; `recover` ends a line where a new statement seems to begin."""

    source: Source
    tokens: Sequence[Token]
    recover: bool = False
    lines: list[Line] = field(default_factory=list)
    mistakes: list[Diagnostic] = field(default_factory=list)
    open: list[Token] = field(default_factory=list)
    current: list[Token] = field(default_factory=list)
    broken: bool = False
    left_open: bool = False
    tabs: list[Span] = field(default_factory=list)

    def run(self) -> None:
        for at, token in enumerate(self.tokens):
            if token.type == "NEWLINE":
                self._line_end(at)
            else:
                self._take(token)
        if self.open:
            self._unclosed()
        self._finish()
        if self.tabs:
            self.mistakes.append(spelling.tab(self.tabs[0], len(self.tabs)))

    def _take(self, token: Token) -> None:
        if token.type == "WRONG":
            self.broken = True
        elif token.text in CLOSING:
            self.open.append(token)
            if len(self.open) == DEEPEST + 1:
                self._mistake(spelling.too_deep(token.span, DEEPEST))
        elif token.text in OPENING:
            self._close(token)
        self.current.append(token)

    def _mistake(self, mistake: Diagnostic) -> None:
        if not self.broken:
            self.mistakes.append(mistake)
        self.broken = True

    def _close(self, token: Token) -> None:
        if not self.open:
            self._mistake(spelling.never_opened(token.span))
            return
        opened = self.open.pop()
        if CLOSING[opened.text] != token.text:
            self._mistake(spelling.mismatch(opened.span, token.span))

    def _line_end(self, at: int) -> None:
        if not self.current:
            return
        following = self._following(at)
        if self.open:
            if not (self.recover and self._restarts(following)):
                return
            self._unclosed()
        elif self._goes_on(following):
            return
        self._finish()

    @cached_property
    def _significant(self) -> list[int]:
        """For each token, the position of the first one from there on that is no line end."""
        result = [len(self.tokens)] * (len(self.tokens) + 1)
        for at in range(len(self.tokens) - 1, -1, -1):
            result[at] = result[at + 1] if self.tokens[at].type == "NEWLINE" else at
        return result

    def _following(self, at: int) -> int | None:
        found = self._significant[at]
        return found if found < len(self.tokens) else None

    def _goes_on(self, following: int | None) -> bool:
        if following is None:
            return False
        token = self.tokens[following]
        if token.text == "where" and self._indent(token) > self._indent(self.current[0]):
            return True
        if self.current[-1].text not in CONTINUES or self.current[-1].type == "WRONG":
            return False
        more_indices = self.current[0].text == "index" and self.current[-1].text == ","
        return more_indices or not starts_statement(self.tokens, following)

    def _restarts(self, following: int | None) -> bool:
        if following is None:
            return False
        indent = self._indent(self.tokens[following])
        return indent <= self._indent(self.current[0]) and starts_statement(self.tokens, following)

    def _unclosed(self) -> None:
        opened, closing = self.open[-1].span, CLOSING[self.open[-1].text]
        self._mistake(spelling.never_closed(opened, closing))
        self.broken = self.left_open = True
        self.open.clear()

    def _indent(self, token: Token) -> int:
        """The width of the blanks before the token, a tab counting as four."""
        return len(self._margin(token).text.expandtabs(4))

    def _margin(self, token: Token) -> Span:
        start = self.source.text.rfind("\n", 0, token.span.start) + 1
        before = self.source.text[start : token.span.start]
        return self.source.span(start, start + len(before) - len(before.lstrip(" \t")))

    def _finish(self) -> None:
        if self.current:
            first = self.current[0]
            tabbed = "\t" in self._margin(first).text
            if tabbed:
                self.tabs.append(self._margin(first))
            tokens = keyworded(self.current)
            self.lines.append(Line(tokens, self._indent(first), self.broken, tabbed))
        self.current, self.broken = [], False


def keyworded(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens of a line, the first being a word of the language where it opens a statement.

    `target fhe:` does, `target[n] = 1` defines a tensor of that name.
    """
    if not tokens or tokens[0].text not in SOFT:
        return tuple(tokens)
    after = tokens[1].text if len(tokens) > 1 else ""
    if after in ("=", "["):
        return tuple(tokens)
    return (tokens[0]._replace(type=literals()[tokens[0].text]), *tokens[1:])


def starts_statement(tokens: Sequence[Token], at: int) -> bool:
    """Whether a statement seems to begin at this token: `out P`, `C[i] =`."""
    token = tokens[at]
    if not token.is_word or at + 1 >= len(tokens):
        return False
    after = tokens[at + 1]
    if after.text == "=":
        return True
    if token.text in FIRST and (after.is_word or after.type == "STRING"):
        return after.text not in AFTER_EXPRESSIONS
    if after.text != "[":
        return False
    stop = next((n for n in range(at + 2, len(tokens)) if tokens[n].text in "]\n"), len(tokens))
    return stop + 1 < len(tokens) and tokens[stop + 1].text == "="
