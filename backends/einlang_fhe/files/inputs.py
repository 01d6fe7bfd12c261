"""The data of a program's inputs: given, or in the files that the program names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from einlang import data
from einlang.backend import Arrays
from einlang.checking.typed import Qualifier
from einlang.errors import DataMistake, Diagnostic, fail
from einlang_fhe.files.parts import Program
from einlang_fhe.tensors import extract

Array = np.ndarray[Any, Any]


def bound(
    program: Program,
    names: Sequence[str],
    given: Mapping[str, Any],
    folder: Any,
    batch: bool = False,
) -> dict[str, Array]:
    """The data of these inputs: given, or in the files that the program names.

    Raises `DataMistake` with everything that is wrong, shapes and ranges included.
    """
    declared = {item.name: item for item in program.about.inputs}
    wrong = [data.stranger(name, list(declared)) for name in given if name not in declared]
    found: dict[str, Array] = {}
    for name in names:
        item = declared[name]
        try:
            values = data.array(name, item.source, given, folder)
            if name not in given and item.source:
                shape = data.fitted(values.shape, len(item.shape), item.source)
                values = values.reshape(shape)
            found[name] = _fitting(item, values, batch)
        except DataMistake as mistake:
            wrong += mistake.diagnostics
    if wrong:
        raise DataMistake(wrong)
    return found


def _fitting(item: Any, values: Array, batch: bool) -> Array:
    shape = values.shape[1:] if batch else values.shape
    if shape != item.shape:
        wanted = f"(runs, {', '.join(map(str, item.shape))})" if batch else item.shape
        message = f"`{item.name}` needs the shape {wanted}, but its data has {values.shape}"
        raise fail(DataMistake, "E0304", message)
    data.inside(item.name, values, item.range, item.qualifier is Qualifier.SECRET)
    return values


def public(program: Program) -> tuple[str, ...]:
    """The public inputs that the evaluator of a program reads."""
    part = program.full(program.about.name)
    used = {entry.reads for entry in part.plaintexts if entry.reads is not None}
    ports = extract(part.tensors, sorted(used | set(part.plain.values()))).inputs
    return tuple(port.name for port in ports if port.name not in part.params)


def counted(inputs: Arrays, names: Sequence[str]) -> int:
    """How many runs these inputs of a batch have; E0304 where they do not agree."""
    counts = {len(inputs[name]) for name in names}
    if len(counts) != 1 or counts == {0}:
        message = "the secret inputs of a batch have as many runs as each other, at least one"
        raise DataMistake([Diagnostic("E0304", message)])
    return counts.pop()
