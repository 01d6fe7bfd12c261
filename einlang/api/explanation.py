"""How a program runs: its statements, its contractions in order, what the backend says.

>>> from einlang.api.program import compile
>>> print(compile("index i = 3\\npublic x[i]\\ny = x[i]").explain("numpy").statements[-1])
y = x[i]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from einlang.api.pipeline import Compiled
from einlang.checking.typed import Tensor, Typed
from einlang.planning import printing
from einlang.syntax import nodes, show
from einlang.units import duration, size

Rows = list[dict[str, Any]]


@dataclass(frozen=True, repr=False)
class Explanation:
    """Everything there is to say before a run, as tables; printing it shows them all.

    `figures` are the backend's, by name, shown in `groups`; `tables` map a title to rows of
    equal keys.
    """

    name: str
    backend: str
    statements: tuple[str, ...]
    figures: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Rows] = field(default_factory=dict)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def sections(self) -> dict[str, Rows]:
        """All tables by title, the figures last."""
        return {**self.tables, **figure_tables(self.figures, self.groups, self.backend)}

    def as_json(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "name": self.name,
            "backend": self.backend,
            "statements": list(self.statements),
            "figures": dict(self.figures),
            "tables": dict(self.tables),
        }

    def __str__(self) -> str:
        parts = ["\n".join(self.statements)]
        parts += [f"{title}\n{aligned(rows)}" for title, rows in self.sections.items() if rows]
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        return f"Explanation({self.name!r}, backend={self.backend!r})"

    def _repr_html_(self) -> str:
        parts = [f"<pre>{escape(chr(10).join(self.statements))}</pre>"]
        parts += [_html(title, rows) for title, rows in self.sections.items() if rows]
        return "".join(parts)


def figure_tables(
    figures: Mapping[str, Any], groups: Mapping[str, Sequence[str]], rest: str
) -> dict[str, Rows]:
    """Figures as tables: the groups, and before them what is in none, under the title `rest`.

    >>> figures = {"engine": "clear", "depth": 3}
    >>> for title, rows in figure_tables(figures, {"parameters": ["depth", "ring"]}, "fhe").items():
    ...     print(title, rows)
    fhe [{'figure': 'engine', 'value': 'clear'}]
    parameters [{'figure': 'depth', 'value': 3}]
    """
    grouped = {name for names in groups.values() for name in names}
    tables = {rest: {name: value for name, value in figures.items() if name not in grouped}}
    for title, names in groups.items():
        tables[title] = {name: figures[name] for name in names if name in figures}
    return {title: figure_rows(some) for title, some in tables.items() if some}


def figure_rows(figures: Mapping[str, Any]) -> Rows:
    """Figures as the rows of a table, bytes and seconds in fitting units.

    >>> figure_rows({"request bytes": 2367072, "encrypt seconds": 0.0123})
    [{'figure': 'request', 'value': '2.37 MB'}, {'figure': 'encrypt', 'value': '12.3 ms'}]
    """
    return [dict(zip(("figure", "value"), _shown(*item), strict=True)) for item in figures.items()]


def _shown(name: str, value: Any) -> tuple[str, Any]:
    for ending, unit in ((" bytes", size), (" seconds", duration)):
        if name.endswith(ending) and isinstance(value, (int, float)):
            return name.removesuffix(ending), unit(value)
    return name, value


def cell(value: Any) -> str:
    """A value as it stands in a table.

    >>> cell(0.1234567), cell(123456), cell((2, 3)), cell(None)
    ('0.1235', '123,456', '2, 3', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (tuple, list)):
        return ", ".join(cell(item) for item in value)
    return str(value)


def aligned(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as text with aligned columns.

    >>> print(aligned([{"a": 1, "b": "x"}, {"a": 10, "b": "y"}]))
      a   b
      1   x
      10  y
    """
    heads = list(rows[0])
    lines = [heads, *([cell(row.get(head)) for head in heads] for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(heads))]
    padded = (
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "\n".join(f"  {line}".rstrip() for line in padded)


def _html(title: str, rows: Rows) -> str:
    """Rows as an HTML table."""
    lines = [rows[0].keys(), *([cell(row.get(head)) for head in rows[0]] for row in rows)]
    cells = ("".join(f"<td>{escape(str(text))}</td>" for text in line) for line in lines)
    body = "".join(f"<tr>{line}</tr>" for line in cells)
    return f"<table><caption>{escape(title)}</caption>{body}</table>"


def explain(tree: nodes.Program, compiled: Compiled, backend: str) -> Explanation:
    """The explanation of a compiled program."""
    report = compiled.report
    plan = compiled.plan
    tables = {
        "tensors": _tensors(compiled.typed),
        "order of operations": printing.rows(plan.server),
        "by the client, in the clear": printing.rows(plan.client),
    }
    tables |= {title: rows for title, rows in report.tables.items() if rows not in tables.values()}
    statements = tuple(show(tree).rstrip().split("\n"))
    kept = {title: rows for title, rows in tables.items() if rows}
    name, figures = compiled.typed.name, report.figures
    return Explanation(name, backend, statements, figures, kept, report.groups)


def _tensors(typed: Typed) -> Rows:
    inputs = [_tensor(item.tensor, item.axes, _origin(item.path)) for item in typed.inputs]
    return inputs + [
        _tensor(item.tensor, item.axes, "client" if item.client else "computed")
        for item in typed.definitions
    ]


def _origin(path: str | None) -> str:
    return Path(path).name if path else "given"


def _tensor(tensor: Tensor, axes: Sequence[str], origin: str) -> dict[str, Any]:
    span = "" if tensor.range is None else f"[{tensor.range[0]:.4g}, {tensor.range[1]:.4g}]"
    return {
        "tensor": f"{tensor.name}[{', '.join(axes)}]" if axes else tensor.name,
        "shape": "x".join(map(str, tensor.shape)) or "scalar",
        "qualifier": tensor.qualifier.name.lower(),
        "range": span,
        "origin": origin,
    }
