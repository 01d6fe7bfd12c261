"""Slot programs to slot programs, one pass per file; the verifier runs around them in tests."""
