"""The pieces of `tests/bench/fhe.py`: cases, expert kernels, measuring, targets."""
