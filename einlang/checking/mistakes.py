"""The mistakes of one program, collected while it is checked and raised together.

>>> found = Mistakes()
>>> found.error("E0202", "tensor `B` is not defined", hint=similar("B", ["A", "Bx"]))
>>> [str(error) for error in found.errors]
['error[E0202]: tensor `B` is not defined\\n = hint: did you mean `Bx`?']
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from einlang.errors import CheckMistake, DataMistake, Diagnostic, EinlangError, Label, Span


@dataclass
class Mistakes:
    """What is wrong so far (`errors`), and what only looks wrong (`warnings`)."""

    errors: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)

    def error(self, code: str, message: str, *labels: Label, hint: str = "") -> None:
        """Notes a mistake."""
        self.errors.append(Diagnostic(code, message, labels, hint))

    def warn(self, code: str, message: str, *labels: Label, hint: str = "") -> None:
        """Notes what is allowed but suspicious."""
        self.warnings.append(Diagnostic(code, message, labels, hint))

    def take(self, error: EinlangError, span: Span) -> None:
        """Notes the diagnostics of an error; those without a place get this one."""
        for diagnostic in error.diagnostics:
            placed = diagnostic if diagnostic.labels else replace(diagnostic, labels=(Label(span),))
            self.errors.append(placed)

    def raised(self) -> None:
        """Raises the mistakes, if there are any, in the order of the source.

        Raises `DataMistake` when only the data is wrong, else `CheckMistake`.
        """
        if not self.errors:
            return
        data = all(error.code.startswith("E06") for error in self.errors)
        raise (DataMistake if data else CheckMistake)(ordered(self.errors))


def ordered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The same, by the place in the source; those of one source stay together."""
    found = list(dict.fromkeys(diagnostics))
    names = list(dict.fromkeys(label.span.source.name for d in found for label in d.labels[:1]))

    def place(diagnostic: Diagnostic) -> tuple[int, int]:
        if not diagnostic.labels:
            return (-1, 0)
        span = diagnostic.labels[0].span
        return (names.index(span.source.name), span.start)

    return tuple(sorted(found, key=place))


def similar(name: str, known: Iterable[str]) -> str:
    """A hint with the name that was probably meant, or an empty one."""
    from difflib import get_close_matches

    names = list(known)
    close = get_close_matches(name, names, 1, 0.5)
    close = close or [other for other in names if other.lower() == name.lower()]
    return f"did you mean `{close[0]}`?" if close else ""


def listed(names: Iterable[str]) -> str:
    """Names as they are written in a sentence: `a`, `b` and `c`."""
    words = [f"`{name}`" for name in names]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
