#!/usr/bin/env python3
"""Records what concurrent clients of a server see, and checks it; see README.md.

    run.py --server PATH [--in-memory] [--transactions N] [--kills N] [--no-conflicts]
           [--processes N] [--seed N] [--keep FILE]
    run.py --url URL ...

The exit status is 0 only if nothing was found. --keep leaves the history in a file, for checker.py and planted.py.
"""
import argparse
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import checker
from client import TABLE, Client, create_table

SLOTS = 12
THREADS = 4


class Server:
    """A server of our own, to be killed and started again."""

    def __init__(self, path, in_memory, more):
        self.path, self.in_memory, self.more, self.process = path, in_memory, more, None
        self.folder = tempfile.mkdtemp(prefix="kstone-history-")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        where = ["--in-memory"] if self.in_memory else ["--db-path", os.path.join(self.folder, "data")]
        # A small budget makes flushes and compactions part of the run.
        command = [self.path, "--port", str(self.port), "--log", "error", "--memtable-bytes", "2MiB", *where, *self.more]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if "listening" not in self.process.stdout.readline():
            sys.exit(f"{self.path} does not start")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clients(number, url, seed, generations, transactions_left, path):
    """One process: its threads append what they did to one file."""
    with open(path, "w") as out:
        lock = threading.Lock()

        def record(operation):
            with lock:
                out.write(json.dumps(operation) + "\n")

        def work(thread):
            client = Client(url, number * THREADS + thread, f"{seed}-{number}-{thread}", generations, record)
            while True:
                with transactions_left.get_lock():
                    if transactions_left.value <= 0:
                        return
                    transactions_left.value -= 1
                client.transaction_and_more()

        threads = [threading.Thread(target=work, args=(thread,)) for thread in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def run(url, server, arguments, folder):
    """The history of a run."""
    generations = multiprocessing.Array("i", SLOTS)
    transactions_left = multiprocessing.Value("q", arguments.transactions)
    paths = [os.path.join(folder, f"{number}.jsonl") for number in range(arguments.processes)]
    processes = [
        multiprocessing.Process(target=clients, args=(number, url, arguments.seed, generations, transactions_left, path))
        for number, path in enumerate(paths)
    ]
    for process in processes:
        process.start()
    marks = [arguments.transactions * (kill + 1) // (arguments.kills + 1) for kill in range(arguments.kills)]
    for mark in marks if server else []:
        while arguments.transactions - transactions_left.value < mark and any(process.is_alive() for process in processes):
            time.sleep(0.02)
        server.kill()
        server.start()
    for process in processes:
        process.join()
        if process.exitcode:
            sys.exit("a client failed")
    history = [operation for path in paths for operation in checker.load(path)]
    last = Client(url, arguments.processes * THREADS, f"{arguments.seed}-last", generations, history.append)
    last.read_all({item for operation in history for item in operation.get("appends", {})})
    return history


def summary(history):
    counts = {}
    for operation in history:
        key = (operation["kind"], operation["outcome"])
        counts[key] = counts.get(key, 0) + 1
    return ", ".join(f"{kind} {outcome} {count}" for (kind, outcome), count in sorted(counts.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--server", help="the kstone to start")
    where.add_argument("--url", help="a server that already runs")
    parser.add_argument("--in-memory", action="store_true")
    parser.add_argument("--transactions", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep")
    parser.add_argument("--no-conflicts", action="store_true", help="the server answers no TransactionConflict")
    arguments = parser.parse_args()
    more = ["--no-transaction-conflicts"] if arguments.no_conflicts else []
    server = Server(arguments.server, arguments.in_memory, more) if arguments.server else None
    if arguments.in_memory or not server:
        arguments.kills = 0
    url = server.url if server else arguments.url
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            if server:
                server.start()
            create_table(url)
            history = run(urllib.parse.urlsplit(url).geturl(), server, arguments, folder)
        finally:
            if server:
                server.stop()
    print(f"{TABLE}, seed {arguments.seed}, {time.monotonic() - began:.0f} s, {arguments.kills} kills: {summary(history)}")
    if arguments.keep:
        with open(arguments.keep, "w") as out:
            out.writelines(json.dumps(operation) + "\n" for operation in history)
    violations = checker.check(history)
    for violation in violations[:20]:
        print(violation)
    print(f"{len(history)} operations, {len(violations)} violations")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
