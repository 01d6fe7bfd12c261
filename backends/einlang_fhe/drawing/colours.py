"""Colours that also those tell apart who see few of them (Okabe and Ito, 2008), in light tints.

Nothing is said by colour alone: indices have their names, copies are hatched.

>>> Colours(("i", "j")).of("j")
'#b4dff5'
"""

from __future__ import annotations

from dataclasses import dataclass

TINTS = (
    *("#f3cf80", "#b4dff5", "#8fd3bf", "#f7ef9b", "#93c1e0", "#eeb38c", "#e7c3d7"),
    *("#d9d4c7", "#c9e2a8", "#c8c4ea"),
)
PLAIN = "#ffffff"
ZERO = "#ffffff"
JUNK = "#c9ced3"
COPY = "#f4f5f6"
ZOOM = "#e4e8ec"
LINE = "#8894a0"


@dataclass(frozen=True)
class Colours:
    """A tint for every index name, in order of appearance; they repeat where there are many."""

    names: tuple[str, ...]

    def of(self, name: str) -> str:
        """The tint of an index."""
        place = self.names.index(name) if name in self.names else 0
        return TINTS[place % len(TINTS)]
