"""The quantum world: programs as circuits."""
