#!/usr/bin/env python3
"""Measures the server over HTTP beside the floor, a bare hyper server that reads the same requests and gives a fixed answer of
the same size, and beside dynoxide where it is installed.

    measure_http.py --server KSTONE --floor BENCH_FLOOR --data FOLDER [--dynoxide PATH] [--seconds S] [--rounds N] [--only A,B]

For each request it prints the CPU time of the server process per request (/proc/PID/stat, the median of the rounds), its ratio to
the floor, the budget, requests per second, p50 and p99. Servers take turns in every round, so that a disturbance hits all of them.
"""
import argparse
import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# As in requests.lua.
ITEMS, QUERY_PARTITIONS, QUERY_ITEMS, PAYLOAD = 10_000, 200, 25, "x" * 900
CONNECTIONS = 16
# (request, connections, budget as a multiple of the floor: for the in-memory mode). What changes the loaded items comes last.
REQUESTS = [
    ("GetItem", CONNECTIONS, 1.8),
    ("Query", CONNECTIONS, 5),
    ("Scan", CONNECTIONS, 25),
    ("PutItem", CONNECTIONS, 2.5),
    ("PutItem", 64, 2.5),
    ("PutItemIf", CONNECTIONS, 2.5),
    ("UpdateItem", CONNECTIONS, 2.5),
    ("TransactWriteItems", CONNECTIONS, 4),
    ("BatchWriteItem", CONNECTIONS, 15),
]


class Server:
    def __init__(self, name, command):
        self.name = name
        self.port = free_port()
        self.process = subprocess.Popen([part.format(port=self.port) for part in command], stdout=subprocess.DEVNULL)

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def resident_megabytes(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def call(self, operation, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/dynamodb/aws4_request, "
            "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + "0123456789abcdef" * 4,
        }
        connection.request("POST", "/", body if isinstance(body, bytes) else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status != 200:
            sys.exit(f"{self.name} answers {operation} with {answer.status}: {text[:500].decode(errors='replace')}")
        return text

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_listening(server):
    for _ in range(1000):
        if server.process.poll() is not None:
            sys.exit(f"{server.name} ended with status {server.process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", server.port)).close()
            return
        except OSError:
            time.sleep(0.01)
    sys.exit(f"{server.name} does not listen on port {server.port}")


def load(server):
    for table in ("bench", "written"):
        server.call("CreateTable", {
            "TableName": table,
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "BillingMode": "PAY_PER_REQUEST",
        })
        while json.loads(server.call("DescribeTable", {"TableName": table}))["Table"]["TableStatus"] != "ACTIVE":
            time.sleep(0.05)
    keys = [(f"item-{i:05}", "0") for i in range(ITEMS)]
    keys += [(f"query-{i:05}", f"{j:03}") for i in range(QUERY_PARTITIONS) for j in range(QUERY_ITEMS)]
    for start in range(0, len(keys), 25):
        puts = [{"PutRequest": {"Item": item(*key)}} for key in keys[start:start + 25]]
        server.call("BatchWriteItem", {"RequestItems": {"bench": puts}})


def item(partition, sort):
    return {
        "pk": {"S": partition}, "sk": {"S": sort}, "hits": {"N": "12345"},
        "tags": {"L": [{"S": "red"}, {"S": "blue"}]}, "payload": {"S": PAYLOAD},
    }


def answer_bytes(server, request):
    """The size of a usual answer, for the floor to give."""
    key = {"pk": {"S": "item-00000"}, "sk": {"S": "0"}}
    body = {
        "GetItem": {"TableName": "bench", "Key": key},
        "Query": {"TableName": "bench", "KeyConditionExpression": "pk = :pk",
                  "ExpressionAttributeValues": {":pk": {"S": "query-00000"}}},
        "Scan": {"TableName": "bench", "Limit": 200},
    }.get(request)
    if body is None:
        # Writes answer {} or little more.
        return len('{"UnprocessedItems":{}}') if request == "BatchWriteItem" else 2
    return len(server.call(request, body))


def measure(server, request, connections, seconds):
    before = server.cpu_seconds()
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(HERE / "requests.lua"),
         f"http://127.0.0.1:{server.port}/", "--", request],
        capture_output=True, text=True, check=True,
    ).stdout
    used = server.cpu_seconds() - before
    result = re.search(r"RESULT requests=(\d+) micros=(\d+) p50=(\d+) p99=(\d+) failed=(\d+)", output)
    requests, micros, p50, p99, failed = map(int, result.groups())
    if requests == 0:
        sys.exit(f"{server.name} answered no {request}")
    return {"cpu": used / requests * 1e6, "rate": requests / micros * 1e6, "p50": p50, "p99": p99, "failed": failed}


def report(request, connections, budget, floor_cpu, server, rounds):
    middle = {name: statistics.median(one[name] for one in rounds) for name in ("cpu", "rate", "p50", "p99")}
    spread = f"{min(one['cpu'] for one in rounds):.1f}-{max(one['cpu'] for one in rounds):.1f}"
    failed = sum(one["failed"] for one in rounds)
    print(
        f"| {request}{'' if connections == CONNECTIONS else f' at {connections}'} | {server} | {middle['cpu']:.1f} ({spread}) "
        f"| {middle['cpu'] / floor_cpu:.2f} | {budget if server == 'in memory' else ''} | {middle['rate']:.0f} "
        f"| {middle['p50'] / 1000:.2f} | {middle['p99'] / 1000:.2f} | {failed or ''} |",
        flush=True,
    )


def start_servers(options, stack):
    data = Path(options.data)
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    commands = {
        "in memory": [options.server, "--port", "{port}", "--in-memory", "--log", "warn"],
        "durable": [options.server, "--port", "{port}", "--db-path", str(data / "kstone"), "--log", "warn"],
    }
    if options.dynoxide:
        commands["dynoxide, in memory"] = [options.dynoxide, "serve", "--port", "{port}"]
    return [start(stack, name, command) for name, command in commands.items()]


def start(stack, name, command):
    server = Server(name, command)
    stack.callback(server.stop)
    wait_until_listening(server)
    return server


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--server", required=True, help="the kstone binary")
    parser.add_argument("--floor", required=True, help="the bench-floor binary")
    parser.add_argument("--data", required=True, help="a folder for the durable server's data; its content is removed")
    parser.add_argument("--dynoxide", help="the dynoxide binary")
    parser.add_argument("--seconds", type=int, default=4, help="how long each measurement lasts")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="requests to measure, comma-separated")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else [request for request, *_ in REQUESTS]
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, options.data, ignore_errors=True)
        run(options, wanted, start_servers(options, stack))


def run(options, wanted, servers):
    for server in servers:
        load(server)
    print("| request | server | CPU µs/request (range) | × floor | budget | requests/s | p50 ms | p99 ms | failed |")
    print("|---|---|---|---|---|---|---|---|---|")
    for request, connections, budget in REQUESTS:
        if request not in wanted:
            continue
        with contextlib.ExitStack() as stack:
            floor = start(stack, "floor", [options.floor, "{port}", str(answer_bytes(servers[0], request))])
            rounds = [
                [measure(server, request, connections, options.seconds) for server in [floor, *servers]]
                for _ in range(options.rounds)
            ]
        floor_cpu = statistics.median(one[0]["cpu"] for one in rounds)
        for at, server in enumerate([floor, *servers]):
            report(request, connections, budget, floor_cpu, server.name, [one[at] for one in rounds])
    print("\nresident at the end: " + ", ".join(f"{one.name} {one.resident_megabytes():.0f} MB" for one in servers))


if __name__ == "__main__":
    main()
