"""Pictures and texts of where tensors sit in their ciphertexts."""

from __future__ import annotations

from einlang.diagrams.drawing import Drawing
from einlang_fhe.compiling import Compiled
from einlang_fhe.drawing import page, words

__all__ = ["drawing"]


def drawing(compiled: Compiled) -> Drawing:
    """All that happens to the encrypted tensors of a program."""
    return Drawing(page.page(compiled), words.page(compiled))
