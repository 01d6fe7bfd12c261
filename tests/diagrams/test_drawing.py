"""Pictures: what is in them, and that they are the same every time."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypergraphs import diagrams
from hypothesis import HealthCheck, given, settings

from einlang.checking.typed import Apply, At, Fold, Function, Index, Number, Product, Read, Sum, at
from einlang.diagrams import Diagram, MapBox, Node, TensorBox, expression
from einlang.diagrams.drawing import draw, draw_program, text
from einlang.diagrams.drawing.layout import picture
from einlang.diagrams.drawing.scene import Curve, Dot, Frame, Text
from einlang.diagrams.labels import label

i, j, k = Index("i", 2), Index("j", 3), Index("k", 4)
LIGHT = settings(
    max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def read(name: str, *indices: Index) -> Read:
    return Read(name, tuple(at(index) for index in indices))


MATMUL = expression(Product((read("A", i, k), read("B", k, j)), (k,)), (i, j))
LAYER = expression(
    Apply(
        Function("relu"),
        Sum(
            (
                Product((Number(-1), read("b", i))),
                Product((read("W", i, k), read("x", k)), (k,)),
            )
        ),
    ),
    (i,),
)


def words(diagram: Diagram, **options: bool) -> list[str]:
    return [item.text for item in picture(diagram, **options).items if isinstance(item, Text)]


def test_boxes_and_wires_have_their_names() -> None:
    assert words(MATMUL) == ["A", "B", "k", "i", "j"]
    assert words(MATMUL, sizes=True) == ["A", "B", "k:4", "i:2", "j:3"]


def test_a_contraction_is_a_cup_and_a_hyperedge_a_dot() -> None:
    assert not any(isinstance(item, Dot) for item in picture(MATMUL).items)
    three = expression(Product((read("A", i, k), read("B", j, k), read("c", k)), (k,)), (i, j))
    assert sum(isinstance(item, Dot) for item in picture(three).items) == 1


def test_sums_show_signs_and_functions_frames() -> None:
    assert words(LAYER) == ["relu", "W", "x", "k", "i", "−", "b", "i", "i"]
    frames = [item for item in picture(LAYER).items if isinstance(item, Frame)]
    assert [frame.kind for frame in frames] == ["apply", "tensor", "tensor", "tensor"]
    outer, *inner = frames
    for frame in inner:
        assert outer.x < frame.x
        assert frame.x + frame.width < outer.x + outer.width
        assert outer.y < frame.y
        assert frame.y + frame.height < outer.y + outer.height


def test_a_fold_ends_its_wires_in_squares() -> None:
    drawn = picture(expression(Fold("max", (k,), read("A", i, k)), (i,)))
    assert [item.square for item in drawn.items if isinstance(item, Dot)] == [True]
    assert "max[k]" in [item.text for item in drawn.items if isinstance(item, Text)]


def test_index_maps_say_where_they_read() -> None:
    place = At(((i, 2), (k, 1)), -1, "pad", 0.5)
    diagram = expression(Product((Read("x", (place,)), read("w", k)), (k,)), (i,), {"x": (8,)})
    assert "pad(2i + k - 1, 0.5)" in words(diagram)
    assert label(MapBox((-1,), 3, "wrap"), ("x",)) == "wrap(-x + 3)"
    assert label(MapBox((), 2)) == "2"


@given(diagrams(depth=2))
@LIGHT
def test_everything_lies_inside_the_picture(f: Diagram) -> None:
    drawn = picture(f)
    for item in drawn.items:
        points = item.points[::3] if isinstance(item, Curve) else [(item.x, item.y)]
        for x, y in points:
            assert -1e-6 <= x <= drawn.width + 1e-6
            assert -1e-6 <= y <= drawn.height + 1e-6
    ElementTree.fromstring(text(f, "svg"))


def overlap(a: Frame, b: Frame) -> bool:
    """Whether two frames share some room, and neither is inside the other."""
    apart = (
        a.x + a.width <= b.x
        or b.x + b.width <= a.x
        or a.y + a.height <= b.y
        or b.y + b.height <= a.y
    )
    return not apart and not inside(a, b) and not inside(b, a)


def inside(a: Frame, b: Frame) -> bool:
    across = b.x <= a.x and a.x + a.width <= b.x + b.width
    return across and b.y <= a.y and a.y + a.height <= b.y + b.height


@given(diagrams(depth=2))
@LIGHT
def test_no_two_boxes_overlap(f: Diagram) -> None:
    frames = [item for item in picture(f).items if isinstance(item, Frame)]
    for number, frame in enumerate(frames):
        assert not any(overlap(frame, other) for other in frames[:number])


def test_files_of_every_kind(tmp_path: Path) -> None:
    starts = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "tikz": b"\\begin{tikzpicture}"}
    starts["tex"] = b"\\documentclass"
    for kind, start in starts.items():
        path = tmp_path / f"picture.{kind}"
        draw(LAYER, path, title="y")
        first = path.read_bytes()
        assert first.startswith(start)
        draw(LAYER, path, title="y")
        assert path.read_bytes() == first
    with pytest.raises(ValueError, match=r"not \.gif"):
        draw(LAYER, tmp_path / "picture.gif")


def test_a_program_shows_every_definition(tmp_path: Path) -> None:
    path = tmp_path / "program.svg"
    draw_program({"C": MATMUL, "y": LAYER}, path)
    root = ElementTree.fromstring(path.read_text())
    found = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert found[0] == "C[i, j] ="
    assert "y[i] =" in found
    assert LAYER._repr_svg_() == text(LAYER, "svg")


def test_latex_is_escaped() -> None:
    diagram = Diagram.box(TensorBox("w_1^2"), [2], ["x_0"])
    code = text(diagram, "tikz")
    assert r"w\_1\textasciicircum{}2" in code
    assert r"x\_0" in code
    assert len(re.findall(r"\\node", code)) == 2


def test_foreign_letters_do_not_warn(tmp_path: Path) -> None:
    draw(Diagram.box(TensorBox("権"), [2], ["α"]), tmp_path / "picture.png")


def test_five_thousand_boxes_are_drawn() -> None:
    count = 5000
    nodes = tuple(Node(TensorBox("A"), (n, n + 1)) for n in range(count))
    drawn = picture(Diagram((2,) * (count + 1), nodes, (), (0, count)))
    assert sum(isinstance(item, Frame) for item in drawn.items) == count
