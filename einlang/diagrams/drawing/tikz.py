r"""Pictures as TikZ: a `tikzpicture`, or a document of its own.

>>> from einlang.diagrams.drawing.scene import Dot, Picture
>>> print(tikz(Picture((Dot(1, 1),), 2, 2)), end="")
\begin{tikzpicture}[x=0.8cm, y=-0.8cm, line width=0.6pt]
\fill (1, 1) circle[radius=0.09];
\end{tikzpicture}
"""

from __future__ import annotations

from einlang.diagrams.drawing.scene import Curve, Dot, Frame, Item, Picture, Text

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
        case Text(x, y, text, height, italic, anchor):
            shape = r"\itshape" if italic else r"\upshape"
            size = r"\footnotesize" if height < 0.4 else r"\normalsize"
            where = "anchor=west, inner sep=0pt" if anchor == "start" else "inner sep=0pt"
            return rf"\node[{where}, font={size}{shape}] at ({_p(x)}, {_p(y)}) {{{escape(text)}}};"


def _p(number: float) -> str:
    return f"{round(number, 3) + 0.0:g}"
