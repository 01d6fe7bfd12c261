"""lambeq's diagrams as ours and back; lambeq (extra `qnlp`) is imported when it is needed.

What lambeq's readers, parsers and rewrites give is taken as it is; its JSON form is between
the two, and is enough where lambeq is not installed (`from_derivation`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from einlang.diagrams import Diagram
from einlang.errors import BackendMistake, fail
from einlang_quantum.language.derivation import from_derivation
from einlang_quantum.language.recording import to_derivation


def from_lambeq(diagram: Any, sizes: Mapping[str, int] | int = 2) -> Diagram:
    """A `lambeq.backend.grammar.Diagram` as a diagram; `sizes` as in `from_derivation`."""
    return from_derivation(diagram.to_diagram().to_json(), sizes)


def to_lambeq(diagram: Diagram) -> Any:
    """A diagram of tensors as a `lambeq.backend.grammar.Diagram`.

    Words, types and boxes are those that the names of tensors and wires say; back again, it
    is the same morphism. Raises `BackendMistake` E0734 when lambeq is not installed.
    """
    content = json.dumps(to_derivation(diagram))
    try:
        grammar = import_module("lambeq.backend.grammar")
    except ImportError as error:
        hint = "install it with `pip install 'einlang[qnlp]'`"
        raise fail(BackendMistake, "E0734", "lambeq is not installed", hint=hint) from error
    return grammar.Diagram.from_json(content)
