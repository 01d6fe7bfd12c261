"""What a program defines and nothing reads: probably a misspelling, or a leftover.

>>> from einlang.checking import check
>>> from einlang.syntax import read
>>> check(read("a = 1\\nb = 2")).warnings[0].message
'definition `a` is not used'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from einlang.checking.constants import unknown
from einlang.checking.functions import Library
from einlang.checking.mistakes import Mistakes
from einlang.checking.scope import Scope
from einlang.errors import Label
from einlang.syntax import nodes

if TYPE_CHECKING:
    from einlang.checking.names import Flat


def unused(
    flat: Flat,
    lines: Mapping[str, nodes.Node],
    scope: Scope,
    library: Library,
    mistakes: Mistakes,
) -> None:
    """Warns of inputs, definitions, indices and functions that are not used."""
    used = scope.used | set(flat.outputs)
    for name, node in lines.items():
        if name in used:
            continue
        if isinstance(node, nodes.Input):
            mistakes.warn("W0201", f"input `{name}` is not used", Label(node.span, "here"))
        else:
            mistakes.warn(
                "W0202",
                f"definition `{name}` is not used",
                Label(node.span, "here"),
                hint="take it out, or `out` it",
            )
    sized = {name for name, _ in scope.sizes}
    for node in flat.indices.values():
        parts = unknown(node.size) if node.size is not None else []
        sized |= {part.tensor if isinstance(part, nodes.Access) else part.index for part in parts}
    for name, node in flat.indices.items():
        if name not in flat.occurring and name not in sized:
            mistakes.warn("W0203", f"index `{name}` is not used", Label(node.span, "here"))
    for name, node in library.heads.items():
        if name not in library.asked and flat.definitions:
            mistakes.warn("W0204", f"function `{name}` is not used", Label(node.span, "here"))
