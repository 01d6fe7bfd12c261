"""What boxes are called where they are shown.

>>> from einlang.diagrams.diagram import MapBox, NumberBox
>>> label(MapBox((2, -1), 3), ("p", "r"))
'2p - r + 3'
>>> label(MapBox((1,), -1, "pad"), ("x",))
'pad(x - 1)'
>>> label(NumberBox(0.5))
'0.5'
"""

from __future__ import annotations

from collections.abc import Sequence

from einlang.diagrams.diagram import Box, Bubble, FoldBox, MapBox, NumberBox, TensorBox


def label(box: Box, names: Sequence[str] = ()) -> str:
    """A name for a box; `names` are those of the indices that an index map reads."""
    match box:
        case TensorBox(name):
            return name
        case NumberBox(value):
            return f"{value:.6g}"
        case MapBox():
            return place(box, names)
        case Bubble(function):
            return str(function)
        case FoldBox(operator, inside, count):
            folded = [inside.name(wire) for wire in inside.cod[len(inside.cod) - count :]]
            return f"{operator}[{', '.join(folded)}]" if all(folded) else operator
        case _:
            return "+"


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
