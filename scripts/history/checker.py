#!/usr/bin/env python3
"""Looks for what no order of whole operations explains in a recorded history; see README.md.

    checker.py HISTORY.jsonl

One operation a line:

    {"id": 7, "kind": "transact_write", "start": ns, "end": ns or null, "outcome": "ok" | "cancelled" | "unknown",
     "appends": {item: element}, "reads": {item: [elements]}, "lengths": {item: length}}

`reads` is what an operation saw of an item (its own element included, if it answers the new item), `lengths` how many
elements an item must have had for the operation to succeed. Elements are unique in a history.
"""
import collections
import json
import sys


class Violation:
    def __init__(self, kind, text):
        self.kind, self.text = kind, text

    def __str__(self):
        return f"{self.kind}: {self.text}"


def load(path):
    with open(path) as lines:
        return [json.loads(line) for line in lines]


def check(history):
    """All violations that are not cycles, or else the shortest cycle found of each knot."""
    items = Items(history)
    if items.violations:
        return items.violations
    return cycles(Graph(history, items))


class Items:
    """The order of each item's elements, and whether operations agree with it."""

    def __init__(self, history):
        self.violations = []
        self.order = {}
        self.writers = {}
        self._take_writers(history)
        self._take_orders(history)
        self._check_reads(history)
        self._check_writes(history)

    def _found(self, kind, text):
        self.violations.append(Violation(kind, text))

    def _take_writers(self, history):
        for operation in history:
            for item, element in operation.get("appends", {}).items():
                self.writers[item, element] = operation

    def _take_orders(self, history):
        for operation in history:
            if operation["outcome"] == "ok":
                for item, elements in operation.get("reads", {}).items():
                    if len(elements) > len(self.order.get(item, ())):
                        self.order[item] = elements
        for item, elements in self.order.items():
            for element, count in collections.Counter(elements).items():
                if count > 1:
                    self._found("repeated", f"{item} holds {element} {count} times")
                writer = self.writers.get((item, element))
                if writer is None:
                    self._found("aborted", f"{item} holds {element}, which nobody wrote")
                elif writer["outcome"] == "cancelled":
                    self._found("aborted", f"{item} holds {element} of {name(writer)}, which was cancelled")

    def _check_reads(self, history):
        for operation in history:
            if operation["outcome"] != "ok":
                continue
            for item, elements in operation.get("reads", {}).items():
                if elements != self.order.get(item, [])[: len(elements)]:
                    self._found("reordered", f"{name(operation)} saw {item} as {elements}, others as {self.order[item]}")

    def _check_writes(self, history):
        present = {item: set(elements) for item, elements in self.order.items()}
        for operation in history:
            appends = operation.get("appends", {})
            shown = [item for item, element in appends.items() if element in present.get(item, ())]
            if operation["outcome"] == "ok" and len(shown) < len(appends):
                missing = [f"{item}: {element}" for item, element in appends.items() if item not in shown]
                self._found("lost", f"{name(operation)} was acknowledged and is not in {', '.join(missing)}")
            elif operation["outcome"] == "unknown" and 0 < len(shown) < len(appends):
                self._found("half", f"{name(operation)} shows in {', '.join(shown)} and not in all of {', '.join(appends)}")


class Graph:
    """Which operation must come before which. Nodes are ids, and ("time", place) for moments between operations."""

    def __init__(self, history, items):
        self.operations = {operation["id"]: operation for operation in history}
        self.edges = collections.defaultdict(dict)
        took_effect = [operation for operation in history if self._took_effect(operation, items)]
        for item, elements in items.order.items():
            for one, other in zip(elements, elements[1:]):
                self._add(items.writers[item, one], items.writers[item, other], f"{item}: {one} before {other}")
        for operation in took_effect:
            versions = {item: len(elements) for item, elements in operation.get("reads", {}).items()}
            for item, version in list(versions.items()) + list(operation.get("lengths", {}).items()):
                self._add_read(operation, item, version, items)
        self._add_real_time(took_effect)

    @staticmethod
    def _took_effect(operation, items):
        if operation["outcome"] == "unknown":
            return any(element in items.order.get(item, ()) for item, element in operation.get("appends", {}).items())
        return operation["outcome"] == "ok"

    def _add(self, one, other, why):
        if one["id"] != other["id"]:
            self.edges[one["id"]].setdefault(other["id"], why)

    def _add_read(self, operation, item, version, items):
        order = items.order.get(item, [])
        if 0 < version <= len(order):
            self._add(items.writers[item, order[version - 1]], operation, f"{item}: {order[version - 1]} was seen")
        if version < len(order):
            self._add(operation, items.writers[item, order[version]], f"{item}: {order[version]} was not seen")

    def _add_real_time(self, operations):
        """An operation that ended before another began comes before it, through a chain of moments."""
        events = [(operation["start"], 1, operation["id"]) for operation in operations]
        events += [(operation["end"], 0, operation["id"]) for operation in operations if operation["outcome"] == "ok"]
        moment = None
        for place, (_, is_start, operation) in enumerate(sorted(events)):
            if is_start:
                if moment is not None:
                    self.edges[moment][operation] = "began after that"
                continue
            now = ("time", place)
            self.edges[operation][now] = "ended"
            if moment is not None:
                self.edges[moment][now] = "then"
            moment = now

    def describe(self, path):
        shown = []
        for one, other in zip(path, path[1:]):
            if not isinstance(one, tuple):
                shown.append(f"{name(self.operations[one])} ({self.edges[one][other]})")
        return " -> ".join(shown + [name(self.operations[path[0]])])


def cycles(graph):
    return [
        Violation("cycle", graph.describe(shortest_cycle(graph, knot)))
        for knot in knots(graph.edges)
        if any(not isinstance(node, tuple) for node in knot)
    ]


def knots(edges):
    """Strongly connected components of more than one node (Tarjan's algorithm, without recursion)."""
    index, low, on_stack, stack, found = {}, {}, set(), [], []
    for root in list(edges):
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, followers = work[-1]
            for follower in followers:
                if follower not in index:
                    index[follower] = low[follower] = len(index)
                    stack.append(follower)
                    on_stack.add(follower)
                    work.append((follower, iter(edges.get(follower, ()))))
                    break
                if follower in on_stack:
                    low[node] = min(low[node], index[follower])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    knot = set()
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        knot.add(member)
                        if member == node:
                            break
                    if len(knot) > 1:
                        found.append(knot)
    return found


def shortest_cycle(graph, knot):
    """Through the first operation of the knot."""
    start = min(node for node in knot if not isinstance(node, tuple))
    came_from, queue = {}, collections.deque([start])
    while queue:
        node = queue.popleft()
        for follower in graph.edges[node]:
            if follower == start:
                path = [start, node]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return path[::-1]
            if follower in knot and follower not in came_from:
                came_from[follower] = node
                queue.append(follower)
    raise AssertionError("a knot without a cycle")


def name(operation):
    return f"{operation['kind']} {operation['id']}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    violations = check(load(sys.argv[1]))
    for violation in violations[:20]:
        print(violation)
    print(f"{len(violations)} violations")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
