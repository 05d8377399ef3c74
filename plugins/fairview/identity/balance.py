"""Joins the records of a register in which one person has many records and nothing lists two people together.

Knows: the weights of pairs, and that two sets of records are one person only where all their pairs speak for it on balance. One pair
between two sets is a bridge a misspelt or half-empty record builds: crossing by the heaviest pair alone, chains of such records joined
dozens of namesakes.
Refuses to know: what a record says, and what a council's lists know (`clusters`).
"""

from __future__ import annotations

import heapq


def join(con, least: float, against: float) -> None:
    """Cluster `profiles(unique_id)` by `scored(a, b, weight)` into `membership(node, cluster)`.

    The two sets whose pairs weigh most on average are joined first, until none is left with an average above 0 and a pair of `least`
    log2 odds. A pair counts for no less than `against`, so that one spoilt record does not outweigh the rest, and a pair never
    compared counts for that. Time grows as the pairs above `against` do, times a logarithm.
    """
    nodes = [row[0] for row in con.execute("SELECT unique_id FROM profiles ORDER BY unique_id").fetchall()]
    number = {node: place for place, node in enumerate(nodes)}
    size, joined = [1] * len(nodes), list(range(len(nodes)))
    # Of each set its neighbours, with the sum by which their pairs exceed `against` and the heaviest pair.
    neighbours: list[dict[int, tuple[float, float]]] = [{} for _ in nodes]
    for a, b, weight in con.execute(
        "SELECT a, b, weight FROM scored WHERE weight > ? ORDER BY a, b", [against]
    ).fetchall():
        x, y = number[a], number[b]
        neighbours[x][y] = neighbours[y][x] = (weight - against, weight)

    def average(x: int, y: int) -> float:
        return neighbours[x][y][0] / (size[x] * size[y]) + against

    def may_join(x: int, y: int) -> bool:
        return neighbours[x][y][1] >= least and average(x, y) > 0

    waiting = [(-average(x, y), x, y) for x in range(len(nodes)) for y in neighbours[x] if x < y and may_join(x, y)]
    heapq.heapify(waiting)
    while waiting:
        heaviest, x, y = heapq.heappop(waiting)
        if y not in neighbours[x] or -heaviest != average(x, y):
            continue  # one of the two has grown since
        if len(neighbours[x]) < len(neighbours[y]):
            x, y = y, x
        joined[y] = x
        size[x] += size[y]
        for z, (above, top) in neighbours[y].items():
            del neighbours[z][y]
            if z != x:
                known = neighbours[x].get(z, (0.0, top))
                neighbours[x][z] = neighbours[z][x] = (known[0] + above, max(known[1], top))
        neighbours[y] = {}
        for z in neighbours[x]:
            if may_join(x, z):
                heapq.heappush(waiting, (-average(min(x, z), max(x, z)), min(x, z), max(x, z)))
    for place in range(len(nodes)):
        while joined[joined[place]] != joined[place]:
            joined[place] = joined[joined[place]]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE membership AS SELECT unnest(?::VARCHAR[]) AS node, unnest(?::VARCHAR[]) AS cluster",
        [nodes, [nodes[place] for place in joined]],
    )
