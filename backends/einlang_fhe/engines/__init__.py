"""Those who compute: OpenFHE on ciphertexts, and NumPy on the same slot programs in the clear."""
