"""Diagrams as quantum circuits: the functor, its scales and its probabilities of success."""
