"""What is wrong with lines that are no statement, or that stand where they cannot.

>>> from einlang.errors import Source
>>> from einlang.syntax.scan import scan
>>> line = scan(Source("a.ein", "secrt A[i]")).lines[0]
>>> unknown_statement(line.tokens).hint
'did you mean `secret`?'
"""

from __future__ import annotations

from collections.abc import Sequence

from einlang.errors import Diagnostic, Label, Span
from einlang.syntax.grammar import FIRST
from einlang.syntax.scan import CONTINUES, Token

OTHER_WORDS = {
    "input": "inputs are declared by `secret`, `public` or `param`",
    "tensor": "tensors are declared by `secret`, `public` or `param`",
    "private": "what only the client may see is declared by `secret`",
    "const": "what is known when compiling is declared by `param`",
    "import": "`use` takes `def`s from another file",
    "from": "`use` takes `def`s from another file",
    "return": "`out` names what the program returns",
    "output": "`out` names what the program returns",
    "print": "`out` names what the program returns",
    "for": "no loop is needed: a definition holds for all values of its indices",
    "if": "multiply by a condition, which is 0 or 1: `(x > 0) * x`",
    "assert": "`expect` checks, within a `test`",
    "backend": "`target` opens the settings of a backend",
    "function": "functions are written `def f[i](X[i]) = ...`",
    "let": "`let` stands within a `test`",
}


def unknown_statement(tokens: Sequence[Token]) -> Diagnostic:
    """A line that begins with none of the words that open a statement."""
    first = tokens[0]
    label = (Label(first.span),)
    if not first.is_word:
        return _headless(tokens)
    if first.text in OTHER_WORDS:
        hint = OTHER_WORDS[first.text]
    elif close := _close(first.text):
        hint = f"did you mean `{close}`?"
    else:
        hint = "statements begin with `index`, `secret`, `public`, `param`, `out`, `def`, ...; "
        hint += "a definition is written `A[i] = ...`"
    return Diagnostic("E0107", f"`{first.text}` opens no statement", label, hint)


def _close(word: str) -> str | None:
    from difflib import get_close_matches

    lower = word.lower()
    return next(iter(get_close_matches(lower, sorted(FIRST), n=1, cutoff=0.6)), None)


def _headless(tokens: Sequence[Token]) -> Diagnostic:
    first = tokens[0]
    hint = ""
    if first.text in CONTINUES:
        hint = f"`{first.text}` stands at the end of the line before, when a line goes on"
    elif first.type == "STRING":
        hint = 'a docstring stands between `"""`, a comment after `#`'
    return Diagnostic(
        "E0101", f"a line cannot begin with `{first.text}`", (Label(first.span),), hint
    )


def out_of_place(line: Sequence[Token], block: str) -> Diagnostic:
    """A statement within a block that has no place for it, or outside of its own."""
    first = line[0]
    hints = {
        "test": "a `test` consists of `let` and `expect`",
        "target": "a `target` consists of settings: `name = value`",
        "where": "after `where` stand definitions",
        "": f"`{first.text}` stands within a `test`",
    }
    where = f"within a `{block}`" if block else "outside of a `test`"
    return Diagnostic(
        "E0113", f"`{first.text}` cannot stand {where}", (Label(first.span),), hints[block]
    )


def empty_block(span: Span, word: str) -> Diagnostic:
    """A header without lines."""
    return Diagnostic(
        "E0116",
        f"nothing stands in this `{word}`",
        (Label(span, "opened here"),),
        "its lines follow, indented by four spaces",
    )


def indented(tokens: Sequence[Token], blocks: bool) -> Diagnostic:
    """A line that is further to the right than it may be."""
    if tokens[0].text in CONTINUES:
        return _headless(tokens)
    hint = "lines are indented within `target`, `test` and `where` alone"
    if blocks:
        hint = "all lines of a block begin in the same column"
    return Diagnostic("E0105", "this line is indented without need", (Label(tokens[0].span),), hint)


def nested_einsum(span: Span) -> Diagnostic:
    """An einsum without subscripts within a larger expression."""
    return Diagnostic(
        "E0115",
        "within a larger expression, `einsum` needs the indices of its axes",
        (Label(span),),
        'write them behind it: `einsum("ij,jk->ik", A, B)[i, k]`',
    )
