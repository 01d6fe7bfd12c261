"""Who may see what: a value is as secret as the most secret one that it is made from.

What only the client computes may be read by the client alone.

>>> from einlang.checking import check
>>> from einlang.syntax import read
>>> typed = check(read("secret a\\npublic b\\nparam c\\nd = b * c\\ne = d + a\\nout d, e"))
>>> [typed.tensors[name].qualifier.name for name in "de"]
['PUBLIC', 'SECRET']
"""

from __future__ import annotations

from dataclasses import dataclass, field

from einlang.checking import loose
from einlang.checking.mistakes import Mistakes
from einlang.checking.typed import Qualifier
from einlang.errors import Label
from einlang.syntax import nodes

QUALIFIERS = {
    "param": Qualifier.PARAM,
    "public": Qualifier.PUBLIC,
    "secret": Qualifier.SECRET,
}


@dataclass
class Secrecy:
    """The qualifiers of tensors by name, and those that the client computes."""

    mistakes: Mistakes
    qualifiers: dict[str, Qualifier] = field(default_factory=dict)
    clients: dict[str, loose.Definition] = field(default_factory=dict)

    def input(self, node: nodes.Input) -> None:
        """Takes in what an input is declared as."""
        self.qualifiers[node.name] = QUALIFIERS[node.qualifier]

    def define(self, node: loose.Definition) -> Qualifier:
        """The qualifier of a definition: the largest among what it reads."""
        reads = node.reads
        found = max((self.qualifiers[read.tensor] for read in reads), default=Qualifier.PARAM)
        self.qualifiers[node.name] = found
        told: set[str] = set()
        for read in reads:
            if read.tensor in self.clients and not node.client and read.tensor not in told:
                told.add(read.tensor)
                self.client(node, read)
        if node.client:
            self.clients[node.name] = node
        return found

    def client(self, node: loose.Definition, read: loose.Read) -> None:
        """Refuses what only the client knows, outside of what the client computes."""
        self.mistakes.error(
            "E0403",
            f"`{node.name}` reads `{read.tensor}`, which only the client knows",
            Label(read.span, "read here"),
            Label(self.clients[read.tensor].span, "computed by the client here"),
            hint=f"let the client compute this too: `client {node.name}...`",
        )
