"""Pictures and texts of where tensors sit in their ciphertexts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from einlang.diagrams.drawing import Drawing
    from einlang_fhe.compiling import Compiled

__all__ = ["drawing"]


def drawing(compiled: Compiled) -> Drawing:
    """All that happens to the encrypted tensors of a program."""
    from einlang.diagrams.drawing import Drawing
    from einlang_fhe.drawing import page, words

    return Drawing(page.page(compiled), words.page(compiled))
