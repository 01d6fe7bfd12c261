"""Every mistake a user can make is an `EinlangError`, and says where, why and what to do.

An error carries one or more *diagnostics*: a code that names the kind of mistake, a
sentence, the places in the source that matter, and a hint. All the diagnostics of one
file are collected and raised together.

>>> source = Source("a.ein", "C[i] = A[i, k]")
>>> wrong = Diagnostic("E0202", "tensor `A` is not defined", (Label(source.span(7, 8), "here"),))
>>> print(EinlangError([wrong]))
error[E0202]: tensor `A` is not defined
 --> a.ein:1:8
1 | C[i] = A[i, k]
  |        ^ here
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any


@dataclass(frozen=True)
class Source:
    """A text and the name it is known by (a path, `<command line>`, `<python>`)."""

    name: str
    text: str = field(repr=False)

    def span(self, start: int, end: int) -> Span:
        """The part of the text from offset `start` up to `end`."""
        return Span(self, start, end)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        if not 0 < number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")

    @cached_property
    def _starts(self) -> list[int]:
        """The offsets at which lines begin; found once, for long texts have many places."""
        lengths = (len(line) + 1 for line in self.text.split("\n"))
        return [0, *accumulate(lengths)][:-1]


@dataclass(frozen=True)
class Span:
    """A stretch of a source: what a diagnostic points at."""

    source: Source = field(repr=False)
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line of its first character, counted from 1."""
        return self.source.place(self.start)[0]

    @property
    def column(self) -> int:
        """The column of its first character, counted from 1."""
        return self.source.place(self.start)[1]

    @property
    def text(self) -> str:
        """What it covers."""
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of another."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))


NOWHERE = Span(Source("<nowhere>", ""), 0, 0)


@dataclass(frozen=True)
class Label:
    """A span and the few words that are written under it."""

    span: Span
    text: str = ""


@dataclass(frozen=True)
class Diagnostic:
    """One mistake (or warning): a code, a sentence, the places, a hint."""

    code: str
    message: str
    labels: tuple[Label, ...] = ()
    hint: str = ""

    @property
    def severity(self) -> str:
        """`error`, or `warning` for codes that start with W."""
        return "warning" if self.code.startswith("W") else "error"

    def __str__(self) -> str:
        lines = [f"{self.severity}[{self.code}]: {self.message}"]
        labels = [label for label in self.labels if label.span.source.text]
        margin = max((len(str(label.span.line)) for label in labels), default=0)
        source = None
        for label in labels:
            if label.span.source is not source:
                source = label.span.source
                lines.append(
                    f"{' ' * margin}--> {source.name}:{label.span.line}:{label.span.column}"
                )
            lines.extend(_excerpt(label, margin))
        if self.hint:
            lines.append(f"{' ' * margin} = hint: {self.hint}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The same for machines: plain dictionaries, lists, numbers and strings."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "hint": self.hint,
            "labels": [
                {
                    "file": label.span.source.name,
                    "line": label.span.line,
                    "column": label.span.column,
                    "text": label.text,
                }
                for label in self.labels
            ],
        }


WIDEST = 100


def _excerpt(label: Label, margin: int) -> list[str]:
    """The line of a label and the marks below it; of a long line, the part around them."""
    span = label.span
    text = span.source.line(span.line)
    start = span.column - 1
    end = min(max(start + 1, start + span.end - span.start), max(start + 1, len(text)))
    left = max(0, start - WIDEST // 3) if len(text) > WIDEST else 0
    right = left + WIDEST
    before = "…" * (left > 0) + _plain(text[left:start])
    inside, after = _plain(text[start : min(end, right)]), _plain(text[end:right])
    shown = f"{before}{inside}{after}{'…' * (len(text) > right)}"
    below = " " * _width(before) + "^" * max(1, _width(inside))
    return [
        f"{span.line:>{margin}} | {shown}",
        f"{'':>{margin}} | {below} {label.text}".rstrip(),
    ]


def _plain(text: str) -> str:
    """The text without what a terminal would act upon."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in text)


def _width(text: str) -> int:
    """How many columns a terminal gives to a text."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


class EinlangError(Exception):
    """What a user did wrong, as one or more diagnostics; printing it shows them all."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        return "\n\n".join(str(diagnostic) for diagnostic in self.diagnostics)


class SyntaxMistake(EinlangError):
    """The text is not a program (codes E01xx)."""


class CheckMistake(EinlangError):
    """The program does not fit together: names, sizes, secrecy, ranges (E02xx to E05xx)."""


class DataMistake(EinlangError):
    """The data does not fit the program: missing, wrong shape, NaN, out of range (E06xx)."""


class BackendMistake(EinlangError):
    """The backend cannot run this program, or is not installed (E07xx, E08xx)."""


def fail(
    kind: type[EinlangError], code: str, message: str, *labels: Label, hint: str = ""
) -> EinlangError:
    """An error with a single diagnostic, ready to be raised."""
    return kind([Diagnostic(code, message, labels, hint)])
