"""Makes a program that fails smaller, as long as it fails in the same way.

One simplification at a time is tried on the nodes: a statement less, an expression
replaced by one of its parts, a subscript by a fixed position, a promise left out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
from agreement import FAILURES, check
from meaning import AmbiguousError, OutsideError, meaning
from programs import Generated
from spelling import Speller

from einlang.errors import EinlangError
from einlang.syntax import nodes

FIRST = nodes.Affine((), 0)


def simpler(node: object) -> Iterator[object]:
    """A node with one thing less."""
    if isinstance(node, nodes.Affine) and node not in (FIRST, *_plain(node)):
        yield from (*_plain(node), FIRST)
    if isinstance(node, nodes.Binary):
        yield from (node.left, node.right)
    if isinstance(node, nodes.Unary):
        yield node.operand
    if isinstance(node, nodes.Call):
        yield from node.arguments
    if isinstance(node, nodes.Reduction):
        yield node.body
    if isinstance(node, nodes.Definition) and node.range:
        yield replace(node, range=None)
    yield from _inside(node)


def _plain(node: nodes.Affine) -> list[nodes.Affine]:
    return [nodes.Affine(((name, 1),)) for name, _ in node.terms]


def _inside(node: object) -> Iterator[object]:
    """A node with one of its parts made simpler."""
    if not isinstance(node, nodes.Node):
        return
    for part in fields(node):
        value = getattr(node, part.name)
        if isinstance(value, nodes.Node):
            for less in simpler(value):
                yield replace(node, **{part.name: less})
        elif isinstance(value, tuple) and part.name not in ("indices", "bound", "comments"):
            for position, item in enumerate(value):
                for less in simpler(item):
                    parts = (*value[:position], less, *value[position + 1 :])
                    yield replace(node, **{part.name: parts})


def smaller(program: nodes.Program) -> Iterator[nodes.Program]:
    """Programs with one thing less."""
    statements = program.statements
    for position in reversed(range(len(statements))):
        rest = statements[:position] + statements[position + 1 :]
        yield replace(program, statements=rest, docstring=None)
    yield from (p for p in _inside(program) if isinstance(p, nodes.Program))


def _again(made: Generated, program: nodes.Program) -> Generated | None:
    """The same data with another program, if that means anything."""
    statements = list(program.statements)
    for position, item in enumerate(statements):
        if isinstance(item, nodes.Index) and item.same_line:
            statements[position] = replace(item, same_line=False)
    program = replace(program, statements=tuple(statements))
    declared = {s.name for s in statements if isinstance(s, nodes.Input)}
    data = {name: array for name, array in made.data.items() if name in declared}
    outs = [name for s in statements if isinstance(s, nodes.Out) for name in s.names]
    last = [s.name for s in statements if isinstance(s, nodes.Definition)][-1:]
    names = tuple(outs or last)
    try:
        with np.errstate(all="ignore"):
            values = meaning(program, made.sizes, data)
        expected = {name: values[name] for name in names}
    except (AmbiguousError, OutsideError, KeyError, IndexError, ValueError, AssertionError):
        return None
    text = Speller(random.Random(0), plain=True).program(program)
    return Generated(text, program, made.sizes, data, expected, names)


def failure(made: Generated, backend: str, settings: dict[str, object]) -> str:
    """In which way a program fails; empty if it does not."""
    try:
        check(made, backend, **settings)
    except EinlangError as refusal:
        return refusal.diagnostics[0].code
    except FAILURES as wrong:
        return type(wrong).__name__
    return ""


def shrink(made: Generated, backend: str, settings: dict[str, object]) -> str:
    """The text of the smallest program found, with its data and what it should give."""
    kind = failure(made, backend, settings)
    going = bool(kind)
    while going:
        going = False
        for program in smaller(made.program):
            tried = _again(made, program)
            if tried and failure(tried, backend, settings) == kind:
                made, going = tried, True
                break
    shapes = {name: array.shape for name, array in made.data.items()}
    return f"{kind or 'it does not fail'}\n{made.text}# data: {shapes}\n"
