"""From text to a `Program` and back.

>>> program = read("C[i,j]=(A[i,k]*B[k,j])")
>>> print(show(program), end="")
C[i, j] = A[i, k] * B[k, j]
>>> read(show(program)) == program
True
"""

from einlang.syntax.formatting import format, show
from einlang.syntax.printing import show_expression
from einlang.syntax.reading import read

__all__ = ["format", "read", "show", "show_expression"]
