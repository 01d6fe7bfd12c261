"""The quantum world: programs as circuits."""

from einlang_quantum.backend import QuantumBackend

__all__ = ["QuantumBackend"]
