"""An expression without a left side: what it keeps, by Einstein's convention.

>>> asked("A[i, k] * B[k, j]", "<repl>").subscripts
(Affine(terms=(('i', 1),), offset=0, border=None, fill=0.0, scaled=()), \
Affine(terms=(('j', 1),), offset=0, border=None, fill=0.0, scaled=()))
"""

from __future__ import annotations

from collections import Counter

from einlang.api.renaming import index_names
from einlang.errors import SyntaxMistake
from einlang.syntax import nodes, read

ANSWER = "it"


def asked(text: str, source: str) -> nodes.Definition | None:
    """A definition of `it` as the expression; None where the text is no expression."""
    try:
        program = read(f"{ANSWER} = {text}\n", source)
    except SyntaxMistake:
        return None
    if len(program.statements) != 1 or not isinstance(program.statements[0], nodes.Definition):
        return None
    value = program.statements[0].value
    left = tuple(nodes.Affine(((name, 1),)) for name in kept(value))
    return nodes.Definition(ANSWER, left, value)


def kept(value: nodes.Expression) -> tuple[str, ...]:
    """The indices that are not summed: those that no product, and no access, repeats."""
    if isinstance(value, nodes.Access):
        return _once(tuple(index_names(value)))
    if isinstance(value, nodes.Reduction):
        return tuple(name for name in kept(value.body) if name not in value.indices)
    found = tuple(name for part in nodes.parts(value) for name in kept(part))
    if isinstance(value, nodes.Binary) and value.operator in "*/":
        return _once(found)
    return tuple(dict.fromkeys(found))


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    counts = Counter(names)
    return tuple(name for name in counts if counts[name] == 1)
