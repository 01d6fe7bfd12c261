"""Diagrams as linear combinations of products: sums and polynomials multiplied out.

What is left in each term are tensors and index maps. An elementwise function that is no
polynomial, and a reduction that is no sum, have no place in the algebra:

>>> from einlang.checking.typed import Function
>>> from einlang.diagrams import Bubble, Diagram, TensorBox
>>> x = Diagram.box(TensorBox("x"), [2])
>>> square = Diagram.box(Bubble(Function("square"), x), [2])
>>> [(term.coefficient, len(term.diagram.nodes)) for term in terms(square)]
[(1.0, 2)]
>>> terms(Diagram.box(Bubble(Function("tanh"), x), [2]), "y")
Traceback (most recent call last):
    ...
einlang.errors.BackendMistake: error[E0750]: in `y`: circuits have no `tanh`, being linear
 = hint: powers, `square` and `polynomial` are products; other functions are for `param` tensors, \
`client` definitions, or another backend: `--backend numpy`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from einlang.checking.typed import Function
from einlang.diagrams import (
    Box,
    Bubble,
    Diagram,
    FoldBox,
    Gluing,
    MapBox,
    NumberBox,
    SumBox,
    TensorBox,
)
from einlang.errors import BackendMistake, fail

MOST = 64


@dataclass(frozen=True)
class Term:
    """A number times a diagram of tensors and index maps."""

    coefficient: complex
    diagram: Diagram


Choice = tuple[complex, tuple[Diagram, ...]]
"""One summand of a box: a number times a pointwise product of diagrams."""


def terms(diagram: Diagram, statement: str = "") -> tuple[Term, ...]:
    """The terms of a diagram; `statement` is named where there are none.

    Raises `BackendMistake`: E0750 for what is not linear, E0752 for more than 64 terms.
    """
    choices = [_choices(node.box, statement) for node in diagram.nodes]
    if prod(len(some) for some in choices) > MOST:
        raise _excess(statement)
    found = [_glued(diagram, chosen) for chosen in product(*choices)]
    kept = [term for term in found if term.coefficient]
    return tuple(kept or [Term(0.0, found[0].diagram)])


def _glued(diagram: Diagram, chosen: Sequence[Choice | None]) -> Term:
    """One choice at every box, put in its place."""
    gluing = Gluing()
    gluing.wires(diagram)
    coefficient: complex = 1.0
    for node, choice in zip(diagram.nodes, chosen, strict=True):
        if choice is None:
            gluing.node(node.box, node.legs)
            continue
        coefficient *= choice[0]
        for inside in choice[1]:
            shift = gluing.add(inside)
            for wire, leg in zip(inside.cod, node.legs, strict=True):
                gluing.join(wire + shift, leg)
    return Term(coefficient, gluing.diagram(diagram.dom, diagram.cod))


def _choices(box: Box, statement: str) -> list[Choice | None]:
    """The summands of a box; None for one that stays as it is."""
    match box:
        case NumberBox(value=value):
            return [(complex(value) if isinstance(value, complex) else float(value), ())]
        case SumBox(terms=summands):
            return [
                (term.coefficient, (term.diagram,))
                for summand in summands
                for term in terms(summand, statement)
            ]
        case Bubble(function=function, inside=inside):
            return _polynomial(function, terms(inside, statement), statement)
        case FoldBox(operator=operator):
            raise refusal(operator, statement)
        case MapBox(border="pad", fill=fill) if fill:
            raise refusal(f"pad({fill:g})", statement)
        case TensorBox() | MapBox():
            return [None]


def _polynomial(function: Function, inside: Sequence[Term], statement: str) -> list[Choice | None]:
    """An elementwise polynomial of a sum: products of its terms."""
    coefficients = coefficients_of(function)
    if coefficients is None:
        raise refusal(str(function), statement)
    found: list[Choice | None] = []
    for degree, coefficient in enumerate(coefficients):
        if not coefficient:
            continue
        if len(inside) ** degree > MOST:
            raise _excess(statement)
        for factors in product(inside, repeat=degree):
            number = coefficient * prod(term.coefficient for term in factors)
            found.append((number, tuple(term.diagram for term in factors)))
    return found or [(0.0, ())]


def coefficients_of(function: Function) -> tuple[float, ...] | None:
    """The coefficients of a polynomial, the constant first; None for another function."""
    if function.name == "square":
        return (0.0, 0.0, 1.0)
    if function.name == "polynomial":
        return function.parameters
    if function.name == "power" and function.parameters[0] in range(MOST):
        return (0.0,) * int(function.parameters[0]) + (1.0,)
    return None


def refusal(what: str, statement: str) -> Exception:
    """The complaint about what is not linear."""
    message = f"{_place(statement)}circuits have no `{what}`, being linear"
    hint = (
        "powers, `square` and `polynomial` are products; other functions are for `param` "
        "tensors, `client` definitions, or another backend: `--backend numpy`"
    )
    return fail(BackendMistake, "E0750", message, hint=hint)


def _excess(statement: str) -> Exception:
    """The complaint about too many terms."""
    message = f"{_place(statement)}the sum has more than {MOST} terms when multiplied out"
    hint = "make sums of parameters `param` tensors of their own, or use `--backend numpy`"
    return fail(BackendMistake, "E0752", message, hint=hint)


def _place(statement: str) -> str:
    return f"in `{statement}`: " if statement else ""
