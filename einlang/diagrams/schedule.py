"""An order of the nodes of a diagram in which few wires are open at a time.

Greedy: next comes a node that opens the fewest wires, less those that it closes.

>>> from einlang.diagrams.diagram import Node, TensorBox
>>> legs = [(0, 1), (4, 5), (1, 2), (3, 4), (2, 3)]
>>> nodes = tuple(Node(TensorBox(str(n)), pair) for n, pair in enumerate(legs))
>>> chain = Diagram((2,) * 6, nodes, (), (0, 5))
>>> [node.box.name for node in schedule(chain)]
['0', '2', '4', '3', '1']
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from einlang.diagrams.diagram import Diagram, Node


def schedule(diagram: Diagram) -> list[Node]:
    """All nodes, in such an order; ties in favour of the one that comes first."""
    nodes = diagram.nodes
    on: list[list[int]] = [[] for _ in diagram.sizes]
    for number, node in enumerate(nodes):
        for wire in dict.fromkeys(node.legs):
            on[wire].append(number)
    leaving = set(diagram.cod)
    left = [len(numbers) + (wire in leaving) for wire, numbers in enumerate(on)]
    open_wires = set(diagram.dom)

    def cost(number: int) -> int:
        legs = dict.fromkeys(nodes[number].legs)
        opened = sum(leg not in open_wires and left[leg] > 1 for leg in legs)
        return opened - sum(leg in open_wires and left[leg] == 1 for leg in legs)

    costs = [cost(number) for number in range(len(nodes))]
    queue = [(value, number) for number, value in enumerate(costs)]
    heapify(queue)
    done = [False] * len(nodes)
    order: list[Node] = []
    while queue:
        value, number = heappop(queue)
        if done[number] or value != costs[number]:
            continue
        done[number] = True
        order.append(nodes[number])
        for wire in dict.fromkeys(nodes[number].legs):
            left[wire] -= 1
            if wire in open_wires and left[wire] != 1:
                continue
            open_wires.add(wire)
            for other in on[wire]:
                if not done[other] and cost(other) != costs[other]:
                    costs[other] = cost(other)
                    heappush(queue, (costs[other], other))
    return order
