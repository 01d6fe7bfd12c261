"""Options by name, sorted into data, sizes and settings of the backend.

A name that the program declares as an input is data, one that it uses as an index is a
size, any other is a setting, as it would stand in a `target` block.

>>> setting("sigmoid", "chebyshev(degree=15, on=-8..8)").name
'chebyshev'
>>> setting("precision", "1e-3"), setting("engine", "clear")
(0.001, 'clear')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from einlang.api.renaming import index_names, subscript_names
from einlang.errors import SyntaxMistake
from einlang.syntax import nodes, read

SETTING = (bool, int, float, str, tuple, nodes.Choice)


@dataclass
class Options:
    """What a run was given, by kind."""

    data: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


def setting(name: str, text: str) -> Any:
    """A setting's value from its text; a text that is none stands for itself."""
    try:
        program = read(f"target backend:\n    {name} = {text}\n", "<setting>")
    except SyntaxMistake:
        return text
    target = program.statements[0]
    assert isinstance(target, nodes.Target)
    return target.settings[0].value


def inputs(program: nodes.Program) -> dict[str, nodes.Input]:
    """The declared inputs, by name."""
    return {item.name: item for item in program.statements if isinstance(item, nodes.Input)}


def indices(program: nodes.Program) -> set[str]:
    """The names that the program declares or uses as indices of its tensors."""
    names: set[str] = set()
    for item in program.statements:
        if isinstance(item, nodes.Index):
            names.add(item.name)
        elif isinstance(item, nodes.Input):
            names.update(item.indices)
        elif isinstance(item, nodes.Definition):
            names.update(name for place in item.subscripts for name in subscript_names(place))
            names.update(index_names(item.value))
    return names


def sort_options(program: nodes.Program, given: Mapping[str, Any]) -> Options:
    """Options by kind; arrays are data, whatever they are called: the checker knows the names."""
    options = Options()
    tensors, sizes = inputs(program), indices(program)
    for name, value in given.items():
        if name in tensors or not isinstance(value, SETTING):
            options.data[name] = np.asarray(value)
        elif name in sizes and isinstance(value, int):
            options.sizes[name] = value
        else:
            options.settings[name] = setting(name, value) if isinstance(value, str) else value
    return options
