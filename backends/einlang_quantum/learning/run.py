"""One evaluation of a batch of networks, and the way back from it.

Every value but a shared one is used once, since a contraction is a tree: gradients are put in
their place, and only those of shared values are added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from einlang_quantum.learning.levels import Leaves, Level, Pairs

if TYPE_CHECKING:
    from einlang_quantum.learning.schedule import Schedule

Array = Any


class Run:
    """The values of all levels, of shape `(places, batch, *shape)` each."""

    def __init__(self, schedule: Schedule, tables: Sequence[Array], rows: Array) -> None:
        self.schedule, self.tables, self.rows = schedule, tables, rows
        self.values: list[Array] = []
        for level in schedule.levels:
            self.values.append(self._forward(level))

    def _forward(self, level: Level) -> Array:
        if isinstance(level, Pairs):
            return level.pair.forward(*self._factors(level))
        table = self.tables[level.table]
        taken = table[None] if level.shared else table[self.rows[:, level.places].T]
        return level.leaf.forward(taken)

    def _factors(self, level: Pairs) -> list[Array]:
        """Both factors of all places; a shared one, and a whole level, as they are."""
        sides = zip(level.levels, level.sides, strict=True)
        return [
            self.values[n] if self._whole(n, places) else self.values[n][places]
            for n, places in sides
        ]

    def _whole(self, number: int, places: list[int]) -> bool:
        return self._shared(number) or places == list(range(len(self.values[number])))

    def _shared(self, number: int) -> bool:
        return self.schedule.levels[number].shared

    def value(self) -> Array:
        """The values of all networks."""
        level, place = self.schedule.root
        root = self.values[level][place]
        turned = root.transpose(0, *(1 + axis for axis in self.schedule.turn))
        return np.broadcast_to(turned, (len(self.rows), *turned.shape[1:]))

    def pull(self, gradient: Array) -> list[Array]:
        """The gradients by the tables, of a function whose gradient by the values is given."""
        gradient = np.asarray(gradient)
        kind = np.result_type(gradient, *self.tables)
        grads: list[Any] = [None] * len(self.values)
        level, place = self.schedule.root
        back = np.argsort((0, *(1 + axis for axis in self.schedule.turn)))
        own = gradient.transpose(back)
        own = own.sum(0, keepdims=True) if self._shared(level) else own
        self._scatter(level, [place], own[None].astype(kind, copy=False), grads)
        tables = [np.zeros(table.shape, kind) for table in self.tables]
        for number in reversed(range(len(self.values))):
            own, grads[number] = grads[number], None
            if own is not None:
                self._backward(self.schedule.levels[number], own, grads, tables)
        return tables

    def _backward(self, level: Level, own: Array, grads: list[Any], tables: list[Array]) -> None:
        if isinstance(level, Leaves):
            table = tables[level.table]
            part = level.leaf.backward(own, table.shape[1:])
            if level.shared:
                table += part.sum(0)
            else:
                _add_rows(table, self.rows[:, level.places].T, part)
            return
        parts = level.pair.backward(own, *self._factors(level))
        for number, places, part in zip(level.levels, level.sides, parts, strict=True):
            self._scatter(number, places, part, grads)

    def _scatter(self, number: int, places: list[int], part: Array, grads: list[Any]) -> None:
        """Puts gradients to their places on a level."""
        if self._whole(number, places):
            grads[number] = part if grads[number] is None else grads[number] + part
            return
        if grads[number] is None:
            grads[number] = np.zeros(self.values[number].shape, part.dtype)
        grads[number][places] = part


def _add_rows(table: Array, rows: Array, part: Array) -> None:
    """Adds to each row what came of it, however often: sums of sorted stretches."""
    flat = rows.ravel()
    if not len(flat):
        return
    order = np.argsort(flat, kind="stable")
    which, starts = np.unique(flat[order], return_index=True)
    values = part.reshape(len(flat), *table.shape[1:])[order]
    table[which] += np.add.reduceat(values, starts, axis=0)
