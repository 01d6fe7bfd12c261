"""What is wrong with the characters, quotes, brackets and blanks of a text.

>>> from einlang.errors import Source
>>> unknown_character(Source("a.ein", "A × B").span(2, 3)).hint
'write `*`'
"""

from __future__ import annotations

import unicodedata

from einlang.errors import Diagnostic, Label, Span

INSTEAD = {
    "×": "write `*`",
    "·": "write `*`",
    "∗": "write `*`",
    "⋅": "write `*`",
    "÷": "write `/`",
    "−": "write `-`",
    "–": "write `-`",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "²": "write `^2`",
    "³": "write `^3`",
    "½": "write `0.5`",
    "∞": "there is no infinity; give a number",
    "√": "write `sqrt(x)`",
    "∑": "an index that is missing on the left is summed; or write `sum[i](x)`",
    "Σ": "write `sum[i](x)`",
    "“": 'quotes are `"`',
    "”": 'quotes are `"`',
    "'": 'texts stand between double quotes: `"a.npy"`',
    "`": 'texts stand between double quotes: `"a.npy"`',
    "@": "write the product with its indices: `C[i, j] = A[i, k] * B[k, j]`",
    "%": "there is no remainder; `wrap(x + 1)` in a subscript goes around",
    "&": "conditions give 0 or 1: multiply them",
    "|": "conditions give 0 or 1: `a + b - a*b` holds where one of them does",
    "!": "write `1 - x`, or `!=`",
    "~": "write `1 - x`",
    "{": "indices stand in `[ ]`, expressions in `( )`",
    "}": "indices stand in `[ ]`, expressions in `( )`",
    "\\": "a line goes on inside brackets and after an operator; no `\\` is needed",
    ".": "a path stands in quotes; a range is written `lo..hi`",
    "$": "names consist of letters, digits and `_`",
    "?": "names consist of letters, digits and `_`",
    "…": "a range is written `lo..hi`",
}


def _mistake(code: str, message: str, *labels: Label, hint: str = "") -> Diagnostic:
    return Diagnostic(code, message, labels, hint)


def not_text(span: Span) -> Diagnostic:
    """A zero byte."""
    hint = 'is it an array? Data is named by `secret`, `public` or `param X[i] from "file"`'
    return _mistake("E0104", "this is not a text, but binary data", Label(span), hint=hint)


def unknown_character(span: Span) -> Diagnostic:
    """A character that no token begins with."""
    character = span.text
    shown = f"`{character}`" if character.isprintable() and not character.isspace() else ""
    if not shown or not character.isascii():
        name = unicodedata.name(character, "without a name").lower()
        shown = f"{shown} U+{ord(character):04X} ({name})".strip()
    hint = INSTEAD.get(character, "")
    if not hint and character.isspace():
        hint = "use a plain space"
    return _mistake("E0104", f"the character {shown} has no meaning here", Label(span), hint=hint)


def end_of_quote(text: str, start: int) -> int:
    """Where a text in single quotes ends, so that what is in it is not read as a program."""
    if text[start] not in "'`":
        return start + 1
    line_end = text.find("\n", start)
    end = text.find(text[start], start + 1, line_end if line_end >= 0 else len(text))
    return end + 1 if end >= 0 else start + 1


def endless_string(span: Span) -> Diagnostic:
    """A `"` without its partner."""
    return _mistake(
        "E0103",
        "a text in quotes does not end",
        Label(span, "begins here"),
        hint='close it with `"` on the same line',
    )


def endless_docstring(span: Span) -> Diagnostic:
    """A triple quote without its partner."""
    return _mistake(
        "E0103",
        "the docstring does not end",
        Label(span, "begins here"),
        hint='close it with `"""`',
    )


def late_docstring(span: Span) -> Diagnostic:
    """A triple quote in the middle."""
    return _mistake(
        "E0103",
        "a docstring stands before all statements",
        Label(span),
        hint="move it to the top of the file, or use `#` comments",
    )


def too_deep(span: Span, most: int) -> Diagnostic:
    """More brackets inside of each other than anyone reads."""
    return _mistake(
        "E0112",
        f"brackets stand more than {most} deep",
        Label(span, "here"),
        hint="name parts of the expression by definitions of their own",
    )


def never_opened(span: Span) -> Diagnostic:
    """A closing bracket too many."""
    return _mistake(
        "E0102",
        f"`{span.text}` closes a bracket that was not opened",
        Label(span, "no bracket is open here"),
        hint=f"take it away, or open it with `{_PARTNER[span.text]}`",
    )


def mismatch(opened: Span, closed: Span) -> Diagnostic:
    """`(a]`."""
    return _mistake(
        "E0102",
        f"`{opened.text}` is closed by `{closed.text}`",
        Label(opened, "opened here"),
        Label(closed, f"`{_PARTNER[opened.text]}` is expected"),
    )


def never_closed(span: Span, closing: str) -> Diagnostic:
    """An opening bracket too many."""
    return _mistake(
        "E0102",
        f"`{span.text}` is never closed",
        Label(span, "opened here"),
        hint=f"add `{closing}`",
    )


def tab(span: Span, lines: int) -> Diagnostic:
    """Indentation by tabs."""
    many = f" ({lines} lines)" if lines > 1 else ""
    return _mistake(
        "E0105",
        f"lines are indented by spaces, not by tabs{many}",
        Label(span, "a tab"),
        hint="replace each tab by four spaces",
    )


_PARTNER = {"(": ")", ")": "(", "[": "]", "]": "["}
