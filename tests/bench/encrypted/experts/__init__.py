"""Expert kernels: for each case the program that a person would write on the OpenFHE bindings."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from encrypted.experts.kit import Expert


def find(name: str) -> Expert:
    """The kernel that a function of a module here makes: `products.matvec`."""
    module, function = name.split(".")
    return getattr(import_module(f"encrypted.experts.{module}"), function)()
