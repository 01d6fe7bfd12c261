"""Drawing: a diagram, or all those of a program, as SVG, PNG, PDF or TikZ.

>>> from einlang.diagrams.diagram import Diagram, TensorBox
>>> a = Diagram.box(TensorBox("A"), [2, 2], ["i", "k"])
>>> "A" in text(a, "tikz")
True
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from einlang.checking.typed import Typed
from einlang.diagrams.build import build
from einlang.diagrams.diagram import Diagram
from einlang.diagrams.drawing.layout import picture
from einlang.diagrams.drawing.scene import NAME, Picture, Text, stack, width
from einlang.diagrams.drawing.svg import markup
from einlang.diagrams.drawing.tikz import document, tikz
from einlang.errors import DataMistake, fail

WRITERS: dict[str, Callable[[Picture], str]] = {"svg": markup, "tikz": tikz, "tex": document}
KINDS = ("svg", "png", "pdf", "tikz", "tex")


@dataclass(frozen=True)
class Drawing:
    """Something to look at: a picture, and the same as text.

    >>> from einlang.diagrams.drawing.scene import Dot
    >>> drawing = Drawing(Picture((Dot(1, 1),), 2, 2), "a dot")
    >>> print(drawing)
    a dot
    >>> drawing.save("dot.svg")
    """

    picture: Picture
    text: str

    def save(self, path: str | Path) -> None:
        """Writes the picture; raises `DataMistake` E0692 where `path` ends in no known kind."""
        path = Path(path)
        if path.suffix[1:] not in KINDS:
            kinds = ", ".join(f".{kind}" for kind in KINDS)
            message = f"`{path.name}` has no known kind"
            raise fail(DataMistake, "E0692", message, hint=f"pictures end in {kinds}")
        _write(self.picture, path)

    def __str__(self) -> str:
        return self.text

    def _repr_svg_(self) -> str:
        return markup(self.picture)


def drawing(program: Typed) -> Drawing:
    """The diagrams of all definitions, one below the other, each under its name."""
    return Drawing(_page(program, sizes=False), ", ".join(program.tensors))


def draw(diagram: Diagram, path: str | Path, *, title: str = "", sizes: bool = False) -> None:
    """Writes a picture; the end of `path` says which kind, a `ValueError` which there are."""
    _write(_titled(diagram, title, sizes), Path(path))


def draw_program(
    program: Typed | Mapping[str, Diagram], path: str | Path, *, sizes: bool = False
) -> None:
    """Writes the diagrams of all definitions, one below the other, each under its name."""
    _write(_page(program, sizes), Path(path))


def text(
    program: Diagram | Typed | Mapping[str, Diagram], kind: str, *, sizes: bool = False
) -> str:
    """What `draw` would write into a file of one of the kinds that are text."""
    whole = picture(program, sizes=sizes) if isinstance(program, Diagram) else _page(program, sizes)
    return _bytes(whole, kind).decode()


def _page(program: Typed | Mapping[str, Diagram], sizes: bool) -> Picture:
    diagrams = build(program) if isinstance(program, Typed) else program
    pages = [_titled(diagram, name, sizes) for name, diagram in diagrams.items()]
    return stack(pages, 0.9)


def _titled(diagram: Diagram, title: str, sizes: bool) -> Picture:
    inside = picture(diagram, sizes=sizes)
    if not title:
        return inside
    names = ", ".join(diagram.name(wire) for wire in diagram.cod)
    whole = f"{title}[{names}] =" if names else f"{title} ="
    head = Text(0, 0.2, whole, NAME, anchor="start")
    items = (head, *inside.at(0, 0.75))
    return Picture(items, max(inside.width, width(whole)), inside.height + 0.75)


def _write(whole: Picture, path: Path) -> None:
    path.write_bytes(_bytes(whole, path.suffix.removeprefix(".")))


def _bytes(whole: Picture, kind: str) -> bytes:
    if kind not in KINDS:
        raise ValueError(f"pictures end in {', '.join('.' + k for k in KINDS)}, not .{kind}")
    if kind in WRITERS:
        return WRITERS[kind](whole).encode()
    from einlang.diagrams.drawing.canvas import render

    return render(whole, kind)
