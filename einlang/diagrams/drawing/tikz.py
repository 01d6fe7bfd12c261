r"""Pictures as TikZ: a `tikzpicture`, or a document of its own.

>>> from einlang.diagrams.drawing.scene import Dot, Picture
>>> print(tikz(Picture((Dot(1, 1),), 2, 2)), end="")
\begin{tikzpicture}[x=0.8cm, y=-0.8cm, line width=0.6pt]
\fill (1, 1) circle[radius=0.09];
\end{tikzpicture}
"""

from __future__ import annotations

from einlang.diagrams.drawing.scene import (
    INK,
    Curve,
    Dot,
    Frame,
    Item,
    Picture,
    Shape,
    Strokes,
    Text,
)

STYLE = {
    "tensor": "fill=blue!8",
    "number": "draw=gray, fill=white",
    "map": "draw=brown, fill=yellow!15",
    "apply": "draw=green!50!black, fill=green!5",
    "fold": "draw=red!50!black, fill=red!5",
    "sum": "draw=gray, dashed, fill=gray!4",
}
SPECIAL = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "−": "$-$",
    "<": "$<$",
    ">": "$>$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    **{letter: "\\" + letter for letter in "&%$#_{}"},
}


SIZES = (
    (0.4, r"\normalsize"),
    (0.3, r"\footnotesize"),
    (0.24, r"\scriptsize"),
    (0, r"\tiny"),
)


def tikz(picture: Picture) -> str:
    """A `tikzpicture`."""
    lines = [r"\begin{tikzpicture}[x=0.8cm, y=-0.8cm, line width=0.6pt]"]
    lines += [_draw(item) for item in picture.items]
    return "\n".join([*lines, r"\end{tikzpicture}", ""])


def document(picture: Picture) -> str:
    """A LaTeX document with nothing but the picture."""
    head = "\\documentclass[tikz, border=4pt]{standalone}\n\\begin{document}\n"
    return f"{head}{tikz(picture)}\\end{{document}}\n"


def escape(text: str) -> str:
    r"""A word as LaTeX: `w_1` is `w\_1`."""
    return "".join(SPECIAL.get(letter, letter) for letter in text)


def _draw(item: Item) -> str:
    match item:
        case Frame(x, y, width, height, kind):
            corners = f"({_p(x)}, {_p(y)}) rectangle ({_p(x + width)}, {_p(y + height)})"
            return rf"\draw[rounded corners=2pt, {STYLE[kind]}] {corners};"
        case Curve(points):
            places = [f"({_p(x)}, {_p(y)})" for x, y in points]
            bends = [
                f" .. controls {places[n]} and {places[n + 1]} .. {places[n + 2]}"
                for n in range(1, len(places), 3)
            ]
            return rf"\draw {places[0]}{''.join(bends)};"
        case Dot(x, y, square):
            if square:
                left, top, right, bottom = x - 0.08, y - 0.08, x + 0.08, y + 0.08
                return rf"\fill ({_p(left)}, {_p(top)}) rectangle ({_p(right)}, {_p(bottom)});"
            return rf"\fill ({_p(x)}, {_p(y)}) circle[radius=0.09];"
        case Shape(points, fill, edge):
            corners = " -- ".join(f"({_p(x)}, {_p(y)})" for x, y in points)
            style = [f"{name}={{{_rgb(c)}}}" for name, c in (("fill", fill), ("draw", edge)) if c]
            return rf"\path[{', '.join(style)}] {corners} -- cycle;"
        case Strokes(lines, colour):
            ways = " ".join(f"({_p(a)}, {_p(b)}) -- ({_p(c)}, {_p(d)})" for (a, b), (c, d) in lines)
            return rf"\draw[color={{{_rgb(colour)}}}] {ways};"
        case Text(x, y, text, height, italic, anchor, colour, bold):
            shape = r"\itshape" if italic else r"\upshape"
            shape += r"\bfseries" if bold else ""
            shape += "" if colour == INK else rf"\color{{{_rgb(colour)}}}"
            size = next(name for least, name in SIZES if height >= least)
            where = "anchor=west, inner sep=0pt" if anchor == "start" else "inner sep=0pt"
            return rf"\node[{where}, font={size}{shape}] at ({_p(x)}, {_p(y)}) {{{escape(text)}}};"


def _rgb(colour: str) -> str:
    """A colour `#rrggbb` as LaTeX mixes it."""
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgb,255:red,{red};green,{green};blue,{blue}"


def _p(number: float) -> str:
    return f"{round(number, 3) + 0.0:g}"
