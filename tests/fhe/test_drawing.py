"""Pictures and texts of layouts: what they say is so, and nothing is drawn outside."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from einlang_fhe.drawing.markup import html, svg
from einlang_fhe.drawing.named import Named, spelled
from einlang_fhe.drawing.panel import panel
from einlang_fhe.drawing.rows import contents, rows
from einlang_fhe.drawing.words import bits, columns, slots
from einlang_fhe.layout import Bit, Copy, Digit, Gap, Layout, Roll, arrange, pack
from slot_interpreter import random_layout

import einlang as ein
from einlang.diagrams.drawing import KINDS, Drawing
from einlang.diagrams.drawing.scene import Item, Picture, Shape, Strokes, Text, width

GOLDEN = Path(__file__).parents[1] / "golden" / "layouts"
LAYOUTS = {
    "rows": arrange((3, 4), first=(1, 0), slots=32),
    "scores": Layout(
        (4, 16, 16),
        (
            *(Gap(True), Gap(True), Gap(True), Bit(0, 0), Bit(0, 1)),
            *(Bit(axis, bit) for axis in (1, 2) for bit in range(4)),
            Copy(),
        ),
    ),
    "rolled": Layout(
        (8, 8), (Bit(0, 0), Bit(0, 1), Bit(0, 2), Gap()), (Digit(1, 0, 8),), (Roll(1, 0),)
    ),
    "diagonals": Layout(
        (8, 8), (Bit(0, 0), Bit(0, 1), Bit(0, 2)), (Digit(1, 0, 8),), (Roll(1, 0),)
    ),
    "split": Layout(
        (100, 7, 40),
        (*(Bit(2, bit) for bit in (0, 3, 1)), Gap(), *(Bit(0, bit) for bit in range(4)), Bit(2, 2)),
        (Digit(0, 4, 7), Digit(1, 0, 7), Digit(2, 4, 3)),
        dirty=frozenset({2}),
    ),
    "pairs": Layout(
        (4, 16),
        (*(Bit(1, bit) for bit in (1, 2, 3)), Bit(0, 0), Bit(0, 1), Copy()),
        part=Bit(1, 0),
        conjugate=True,
    ),
    "halves": Layout((4,), (Gap(True), Bit(0, 0), Bit(0, 1), Copy()), imaginary=True),
    "scalar": arrange((), (), slots=16),
}
PROGRAMS = {
    "product": """
index i = 8, j = 4, k = 8
secret A[i, k] in [-1, 1]
secret B[k, j] in [-1, 1]
C[i, j] = A[i, k] * B[k, j]
""",
    "smooth": """
index n = 32, r = 3, t = 8
secret signal[n] in [-1, 1]
param taps[r]
smooth[n] = taps[r] * signal[pad(n + r - 1)]
energy[t] = square(smooth[4 * t]) + 1
""",
}


def program(name: str) -> Drawing:
    given = {"taps": np.array([0.25, 0.5, 0.25])} if name == "smooth" else {}
    return ein.compile(PROGRAMS[name]).layouts(engine="clear", **given)


def any_layout(seed: int) -> Layout:
    random = Random(seed)
    shape = [random.choice([1, 2, 3, 4, 5, 8, 11]) for _ in range(random.randint(0, 3))]
    return random_layout(random, shape, 1 << random.randint(2, 7))


# -- what is said is so ------------------------------------------------------------------------


def indices(text: str) -> tuple[int, ...]:
    return () if text == "x" else tuple(map(int, text.split(",")))


@pytest.mark.parametrize("seed", range(60))
def test_single_slots_show_what_is_packed_there(seed: int) -> None:
    layout = any_layout(seed)
    tensor = np.arange(1.0, 1 + np.prod(layout.shape)).reshape(layout.shape)
    named = Named.of(layout)
    for number, row in enumerate(pack(tensor, layout)):
        for value, (kind, text) in zip(row, contents(named, number, layout.slots), strict=True):
            if kind in ("index", "copy"):
                sides = [tensor[indices(part)] for part in text.split("&")]
                assert sides == [abs(side) for side in (value.real, value.imag)][: len(sides)]
            else:
                assert value == 0


def spanned(text: str) -> set[int]:
    """The values that a block may stand for."""
    start, _, end = text.rpartition("= ")[2].partition("–")
    return set(range(int(start), int(end or start) + 1))


@pytest.mark.parametrize("seed", range(60))
def test_a_row_names_the_indices_that_its_blocks_hold(seed: int) -> None:
    layout = any_layout(seed)
    named = Named.of(layout, "x")
    table = layout.table(0)
    tables = [table, layout.table(0, imaginary=True)]
    places = [np.unravel_index(np.maximum(t, 0), layout.shape or (1,)) for t in tables]
    slot, magnified = np.arange(layout.slots), np.ones(layout.slots, dtype=bool)
    found = rows(named, count=20)[layout.count > 1 :]
    for group, row in zip(named.groups, found, strict=True):
        value = slot // group.step % (1 << group.count)
        for number, block in enumerate(row.blocks[:13]):
            here = magnified & (value == number) & (table >= 0)
            inside = np.concatenate([place[block.axis][here] for place in places])
            if block.axis >= 0 and "…" not in block.text:
                assert set(inside.tolist()) == spanned(block.text)
            elif block.kind in ("zero", "junk"):
                assert not inside.size
        magnified &= value == 0


def test_every_axis_has_a_name_of_its_own() -> None:
    assert spelled(("b", "b", ""), 4) == ("b", "c", "d", "e")
    many = spelled((), 30)
    assert len(set(many)) == 30


def test_ciphertexts_are_named_by_the_indices_they_hold() -> None:
    named = Named.of(LAYOUTS["split"], "x", ("i", "j", "k"))
    assert named.digits(146) == "i = 96–99, j = 6, k = 32–39"
    parts = Named.of(Layout((8,), (Bit(0, 1),), (Digit(0, 2, 2), Digit(0, 0, 2))), "x")
    assert [parts.digits(number) for number in range(2)] == ["a = 0, 2, …", "a = 1, 3, …"]


# -- pictures ----------------------------------------------------------------------------------


def corners(item: Item) -> list[tuple[float, float]]:
    if isinstance(item, Text):
        half = width(item.text, item.height) / 2
        left = item.x - half if item.anchor == "middle" else item.x
        return [(left, item.y), (left + 2 * half, item.y)]
    if isinstance(item, Shape):
        return list(item.points)
    if isinstance(item, Strokes):
        return [point for line in item.lines for point in line]
    return []


def inside(drawn: Picture) -> None:
    for item in drawn.items:
        for x, y in corners(item):
            assert -0.05 <= x <= drawn.width + 0.05, item
            assert -0.05 <= y <= drawn.height + 0.05, item


@pytest.mark.parametrize("seed", range(30))
def test_everything_lies_inside_the_picture(seed: int) -> None:
    layout = any_layout(seed)
    inside(panel(Named.of(layout, "x")))
    ElementTree.fromstring(layout._repr_svg_())


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_lie_inside_their_pictures(name: str, tmp_path: Path) -> None:
    drawing = program(name)
    inside(drawing.picture)
    assert drawing == program(name)
    ElementTree.fromstring(drawing._repr_svg_())


def test_files_of_every_kind(tmp_path: Path) -> None:
    drawing = program("product")
    starts = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "tikz": b"\\begin{tikzpicture}"}
    for kind in KINDS:
        path = tmp_path / f"layouts.{kind}"
        drawing.save(path)
        first = path.read_bytes()
        assert first.startswith(starts.get(kind, b"\\documentclass"))
        drawing.save(path)
        assert path.read_bytes() == first


# -- texts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYOUTS)
def test_texts_of_layouts(name: str, golden: Any) -> None:
    named = Named.of(LAYOUTS[name], "x")
    lines = [f"{named.title}: {named.shape} in {named.room}", named.line]
    golden(GOLDEN / f"{name}.txt", "\n".join([*lines, *bits(named), *slots(named), ""]))


@pytest.mark.parametrize("name", PROGRAMS)
def test_texts_of_programs(name: str, golden: Any) -> None:
    text = re.sub(r"about [^ ]+ m?s", "about ...", program(name).text)
    golden(GOLDEN / f"program-{name}.txt", PROGRAMS[name].lstrip() + "\n" + text + "\n")


# -- notebooks ---------------------------------------------------------------------------------


class Reader(HTMLParser):
    """The cells of each row, and whether every tag is closed by its own."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[int] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += int(dict(attrs).get("colspan") or 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_notebook_shows_table_and_picture(name: str) -> None:
    layout = LAYOUTS[name]
    shown = Reader(layout._repr_html_())
    assert shown.open == []
    assert len(set(shown.rows)) == 1
    assert shown.rows[0] == 1 + sum(len(top) for _, top, _ in columns(Named.of(layout)))
    assert layout._repr_svg_() in layout._repr_html_()


def test_names_cannot_break_out_of_a_notebook() -> None:
    wild = "<script>alert('&')</script>"
    text = html(arrange((2, 2), (1, 0), slots=4), wild, (wild, "&amp;"))
    assert "<script" not in text
    shown = Reader(text)
    assert shown.open == []
    assert f"{wild}: 2" in shown.words


# -- the pages ---------------------------------------------------------------------------------

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("picture", "layout", "name", "axes"),
    [("rows", "rows", "A", ("i", "k")), ("diagonals", "diagonals", "W", ("i", "j"))],
)
def test_pictures_of_layouts_are_current(
    picture: str, layout: str, name: str, axes: tuple[str, ...], golden: Any
) -> None:
    golden(DOCS / "pictures" / f"layout-{picture}.svg", svg(LAYOUTS[layout], name, axes))


def test_the_picture_of_a_program_is_current(golden: Any) -> None:
    page = (DOCS / "layouts.md").read_text()
    (source,) = re.findall(r"```ein\n(# scores.ein\n.*?)```", page, re.DOTALL)
    picture = ein.compile(source).layouts()._repr_svg_()
    golden(DOCS / "pictures" / "layouts-scores.svg", re.sub(r" · about [^ ]+ m?s", "", picture))
