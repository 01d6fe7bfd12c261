"""Those who compute: OpenFHE on ciphertexts, and NumPy on the same slot programs in the clear."""

from __future__ import annotations

from einlang_fhe.engines.engine import Engine


def engine_named(name: str) -> Engine:
    """The engine `openfhe` or `clear`; its library is loaded when keys are made."""
    if name == "clear":
        from einlang_fhe.engines.clear import ClearEngine

        return ClearEngine()
    from einlang_fhe.engines.openfhe import OpenFHEEngine

    return OpenFHEEngine()
