#!/usr/bin/env python3
"""Shows that the checker looks: plants each kind of violation in a sound history and expects it to be found.

    planted.py [HISTORY.jsonl]

Without a history a sound one is made up: operations on a model, one after the other, with overlapping times.
"""
import copy
import random
import sys

import checker


def made_up(count=3000, seed=1):
    """What a correct server could have answered."""
    chance, lists, history, clock = random.Random(seed), {}, [], 0
    for number in range(count):
        items = chance.sample([f"item-{place}-{number // 400}" for place in range(6)], chance.randint(1, 3))
        kind = chance.choice(["transact_write", "transact_write", "update", "put", "transact_get", "get", "unknown"])
        clock += 10
        operation = {"id": number, "kind": kind, "start": clock - chance.randint(0, 9), "end": clock + chance.randint(1, 9)}
        operation["outcome"] = "ok"
        # What took effect now is described before `clock`, so it lies between start and end.
        if kind in ("update", "put", "get"):
            items = items[:1]
        if kind in ("transact_get", "get"):
            operation["reads"] = {item: list(lists.get(item, [])) for item in items}
        else:
            if kind == "unknown":
                operation.update(kind="transact_write", outcome="unknown", end=None)
            if kind == "transact_write" and len(items) > 1:
                checked = items.pop()
                operation["lengths"] = {checked: len(lists.get(checked, []))}
            operation["appends"] = {item: number for item in items}
            for item in items:
                lists.setdefault(item, []).append(number)
            if kind == "update":
                operation["reads"] = {items[0]: list(lists[items[0]])}
        history.append(operation)
    for item, elements in lists.items():
        clock += 10
        history.append(
            {"id": len(history), "kind": "get", "start": clock, "end": clock + 1, "outcome": "ok", "reads": {item: elements}}
        )
    return copy.deepcopy(history)


def acknowledged(history, appends=1):
    return [one for one in history if one["outcome"] == "ok" and len(one.get("appends", {})) >= appends]


def edit_reads(history, item, edit):
    for operation in history:
        if item in operation.get("reads", {}):
            operation["reads"][item] = edit(operation["reads"][item])


def lost(history, chance):
    """An acknowledged write is gone, as if the server had forgotten it in a crash."""
    item, element = chance.choice([pair for one in acknowledged(history) for pair in one["appends"].items()])
    edit_reads(history, item, lambda elements: [other for other in elements if other != element])


def aborted(history, chance):
    """What was cancelled is read."""
    chance.choice(acknowledged(history))["outcome"] = "cancelled"


def half(history, chance):
    """A transaction that a crash interrupted shows in one item only."""
    seen = {(item, element) for one in history for item, elements in one.get("reads", {}).items() for element in elements}
    writers = [
        one
        for one in history
        if one["outcome"] == "unknown" and len(one["appends"]) > 1 and seen.issuperset(one["appends"].items())
    ]
    item, element = chance.choice(list(chance.choice(writers)["appends"].items()))
    edit_reads(history, item, lambda elements: [other for other in elements if other != element])


def repeated(history, chance):
    """A token was replayed and applied again."""
    item, element = chance.choice([pair for one in acknowledged(history) for pair in one["appends"].items()])
    edit_reads(history, item, lambda elements: elements + [element] if element in elements else elements)


def reordered(history, chance):
    """Two reads see two writes in different orders."""
    reads = [one for one in history if any(len(elements) > 2 for elements in one.get("reads", {}).values())]
    operation = chance.choice(reads[: len(reads) // 2])
    elements = next(elements for elements in operation["reads"].values() if len(elements) > 2)
    elements[0], elements[1] = elements[1], elements[0]


def torn(history, chance):
    """TransactGetItems sees a transaction in one item and not yet in another."""
    candidates = []
    writers = {(item, element): one for one in acknowledged(history, 2) for item, element in one["appends"].items()}
    for operation in history:
        if operation["kind"] == "transact_get" and operation["outcome"] == "ok":
            for item, elements in operation["reads"].items():
                writer = writers.get((item, elements[-1])) if elements else None
                if writer and any(
                    other != item and element in operation["reads"].get(other, []) for other, element in writer["appends"].items()
                ):
                    candidates.append((operation, item))
    operation, item = chance.choice(candidates)
    operation["reads"][item].pop()
    # Only the tear is to be found, not that the read is old.
    operation["start"] = 0


def stale(history, chance):
    """A read does not see a write that was acknowledged before it began."""
    reads = [one for one in history if one["kind"] == "get" and any(len(elements) > 3 for elements in one["reads"].values())]
    operation = chance.choice(reads[: max(1, len(reads) // 2)])
    for item, elements in operation["reads"].items():
        operation["reads"][item] = elements[:1]


def overwritten(history, _):
    """Two conditional puts both saw the same item, and both were acknowledged."""
    history[:] = [
        write(0, "put", 0, 100, {"a": 1}, {"a": 0}),
        write(1, "put", 0, 100, {"a": 2}, {"a": 0}),
        read(2, 200, {"a": [1, 2]}),
    ]


def skewed(history, _):
    """Two transactions each check the item that the other one writes."""
    history[:] = [
        write(0, "transact_write", 0, 100, {"a": 1}, {"b": 0}),
        write(1, "transact_write", 0, 100, {"b": 2}, {"a": 0}),
        read(2, 200, {"a": [1], "b": [2]}),
    ]


def long_fork(history, _):
    """Two readers see two independent writes in opposite orders."""
    history[:] = [
        write(0, "update", 0, 100, {"a": 1}, {}),
        write(1, "update", 0, 100, {"b": 2}, {}),
        dict(read(2, 0, {"a": [1], "b": []}), kind="transact_get", end=100),
        dict(read(3, 0, {"a": [], "b": [2]}), kind="transact_get", end=100),
        read(4, 200, {"a": [1]}),
        read(5, 200, {"b": [2]}),
    ]


def write(number, kind, start, end, appends, lengths):
    return {"id": number, "kind": kind, "start": start, "end": end, "outcome": "ok", "appends": appends, "lengths": lengths}


def read(number, start, reads):
    return {"id": number, "kind": "get", "start": start, "end": start + 10, "outcome": "ok", "reads": reads}


PLANTED = [
    (lost, {"lost"}),
    (aborted, {"aborted"}),
    (half, {"half"}),
    (repeated, {"repeated"}),
    (reordered, {"reordered"}),
    (torn, {"cycle"}),
    (stale, {"cycle"}),
    (overwritten, {"cycle"}),
    (skewed, {"cycle"}),
    (long_fork, {"cycle"}),
]


def main():
    sound = checker.load(sys.argv[1]) if len(sys.argv) > 1 else made_up()
    violations = checker.check(sound)
    if violations:
        sys.exit(f"the history is not sound to begin with: {violations[0]}")
    failures = 0
    for plant, expected in PLANTED:
        for seed in range(5):
            history = copy.deepcopy(sound)
            try:
                plant(history, random.Random(seed))
            except IndexError:
                print(f"{plant.__name__}: nothing in this history to plant it in")
                break
            kinds = {violation.kind for violation in checker.check(history)}
            if not kinds & expected:
                failures += 1
                print(f"{plant.__name__}, seed {seed}: not found ({', '.join(kinds) or 'nothing was'})")
    print(f"{len(PLANTED)} kinds of violations planted, {failures} not found")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
