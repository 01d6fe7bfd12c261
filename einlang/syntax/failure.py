"""Where the reading of a line stopped, and what could have followed there.

>>> from einlang.errors import Source
>>> from einlang.syntax.scan import scan
>>> tokens = scan(Source("a.ein", "out A B")).lines[0].tokens
>>> failure = Failure("out", tokens, 2, frozenset(["COMMA", "$END"]))
>>> shown(failure), expected(failure)
('`B`', 'expected `,` or the end of the line')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from einlang.errors import Diagnostic, Label, Span
from einlang.syntax.grammar import literals
from einlang.syntax.scan import Token

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
SHAPES = {
    "index": "`index i = 8`",
    "input": '`secret A[i, j] from "a.npy" in [-1, 1]`',
    "definition": "`C[i, j] = A[i, k] * B[k, j]`",
    "out": "`out A, B`",
    "function": "`def f[t; d](Q[t, d]) = ...`",
    "use": '`use "layers.ein" (dense)`',
    "target": "`target fhe:`",
    "setting": "`precision = 1e-4`",
    "test": '`test "what holds":`',
    "let": "`let A[i] = 1`",
    "expect": "`expect A[i] <= 1 within 1e-3`",
}


@dataclass(frozen=True)
class Failure:
    """A line, the position in it where reading stopped, and what could have followed."""

    kind: str
    tokens: Sequence[Token]
    at: int
    accepts: frozenset[str]

    @property
    def token(self) -> Token | None:
        """The token that does not fit, or None at the end of the line."""
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    @property
    def text(self) -> str:
        """The text of this token."""
        return self.token.text if self.token else ""

    @property
    def here(self) -> Span:
        """Where the mistake is."""
        if self.token:
            return self.token.span
        last = self.tokens[-1].span
        return Span(last.source, last.end, last.end)

    @property
    def before(self) -> Token | None:
        """The token before."""
        return self.tokens[self.at - 1] if self.at else None

    @property
    def after(self) -> str:
        """The text of the token behind."""
        return self.tokens[self.at + 1].text if self.at + 1 < len(self.tokens) else ""

    def accepted(self, text: str) -> bool:
        """Whether this sign or kind of token could have followed."""
        return literals().get(text, text) in self.accepts

    def say(self, code: str, message: str, label: str = "", hint: str = "") -> Diagnostic:
        """A diagnostic that points here."""
        return Diagnostic(code, message, (Label(self.here, label),), hint)


def shown(failure: Failure) -> str:
    """What does not fit, in words."""
    return f"`{failure.text}`" if failure.token else "the end of the line"


def expected(failure: Failure) -> str:
    """What could have stood there, in words."""
    names = {name: text for text, name in literals().items()}
    accepts = set(failure.accepts)
    phrases = []
    if {"NAME", "NUMBER", "LPAR"} <= accepts:
        phrases.append("an expression")
        accepts = set()
    if {"PLUS", "STAR"} <= accepts:
        phrases.append("an operator")
        accepts -= {literals()[sign] for sign in (*"+-*/^", "**", *COMPARISONS)}
    words = {"NAME": "a name", "NUMBER": "a number", "STRING": "a text in quotes"}
    phrases += [text for name, text in words.items() if name in accepts]
    phrases += sorted(f"`{names[name]}`" for name in accepts if name in names)
    if "$END" in accepts:
        phrases.append("the end of the line")
    return "expected " + " or ".join(filter(None, [", ".join(phrases[:-1]), *phrases[-1:]]))
