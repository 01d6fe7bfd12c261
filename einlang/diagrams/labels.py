"""What boxes are called where they are shown.

>>> from einlang.diagrams.diagram import MapBox, NumberBox
>>> label(MapBox((2, -1), 3), ("p", "r"))
'2p - r + 3'
>>> label(MapBox((1,), -1, "pad"), ("x",))
'pad(x - 1)'
>>> label(NumberBox(0.5)), label(NumberBox(1 / 128))
('0.5', '1/128')
"""

from __future__ import annotations

from collections.abc import Sequence

from einlang.checking.typed import Function
from einlang.diagrams.diagram import Box, Bubble, FoldBox, MapBox, NumberBox, TensorBox

STEPS = {"lt0": "<", "le0": "≤", "gt0": ">", "ge0": "≥", "eq0": "=", "ne0": "≠"}


def label(box: Box, names: Sequence[str] = ()) -> str:
    """A name for a box; `names` are those of the indices that an index map reads."""
    match box:
        case TensorBox(name):
            return name
        case NumberBox(value):
            return number(value)
        case MapBox():
            return place(box, names)
        case Bubble(function):
            return of(function)
        case FoldBox(operator, inside, count):
            folded = [inside.name(wire) for wire in inside.cod[len(inside.cod) - count :]]
            return f"{operator}[{', '.join(folded)}]" if all(folded) else operator
        case _:
            return "+"


def number(value: float) -> str:
    """A number in six digits, or as one over a whole number where that is what it is."""
    short = f"{value:.6g}"
    if len(short) < 6 or not 0 < abs(value) < 1:
        return short
    below = round(1 / abs(value))
    exact = abs(abs(value) * below - 1) < 1e-14 and below < 1e6
    return f"{'-' if value < 0 else ''}1/{below}" if exact else short


def of(function: Function) -> str:
    """A function by name, a comparison by its sign, a power by its exponent."""
    if function.name in STEPS:
        return f"{STEPS[function.name]} 0"
    if function.name == "power":
        return f"^ {function.parameters[0]:g}"
    if function.name == "polynomial" and len(function.parameters) > 4:
        return f"polynomial of degree {len(function.parameters) - 1}"
    return str(function)


def place(box: MapBox, names: Sequence[str] = ()) -> str:
    """Where an index map reads, as a program says it."""
    known = list(names) + [""] * (len(box.coefficients) - len(names))
    named = [name or f"i{number}" for number, name in enumerate(known)]
    terms = [
        (coefficient, name if abs(coefficient) == 1 else f"{abs(coefficient)}{name}")
        for coefficient, name in zip(box.coefficients, named, strict=True)
        if coefficient
    ]
    if box.offset or not terms:
        terms.append((box.offset, str(abs(box.offset))))
    text = " ".join(f"{'-' if sign < 0 else '+'} {term}" for sign, term in terms)
    text = text.removeprefix("+ ") if text.startswith("+") else "-" + text[2:]
    inside = f"{text}, {box.fill:g}" if box.fill and box.border == "pad" else text
    return f"{box.border}({inside})" if box.border else text
