"""One client: it sends one request after the other and records each with its times and its answer."""
import http.client
import itertools
import json
import random
import time
import urllib.parse

TABLE = "history"
# A list that is longer is left alone; its slot goes on with a new item.
LENGTH_MAX = 40
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=history/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00"
)
RETRYABLE = ("TransactionConflictException", "TransactionInProgressException")


class Refused(Exception):
    def __init__(self, error, body):
        super().__init__(error)
        self.error, self.body = error, body


class Unreachable(Exception):
    """No answer: what was asked may have been done or not."""


class Connection:
    def __init__(self, url):
        self.host = urllib.parse.urlsplit(url).netloc
        self.http = None

    def call(self, operation, body):
        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": AUTHORIZATION,
            "X-Amz-Date": "20260101T000000Z",
        }
        try:
            if self.http is None:
                self.http = http.client.HTTPConnection(self.host, timeout=30)
            self.http.request("POST", "/", json.dumps(body), headers)
            answer = self.http.getresponse()
            status, content = answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.http = None
            raise Unreachable() from error
        if status >= 500:
            raise Unreachable()
        if status != 200:
            raise Refused(content["__type"].split("#")[-1], content)
        return content


def create_table(url):
    Connection(url).call(
        "CreateTable",
        {
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("slot", "item")],
            "KeySchema": [{"AttributeName": "slot", "KeyType": "HASH"}, {"AttributeName": "item", "KeyType": "RANGE"}],
        },
    )


def key(item):
    return {"slot": {"S": item.split("/")[0]}, "item": {"S": item}}


def elements_of(answer):
    return [int(element["N"]) for element in answer.get("l", {"L": []})["L"]]


def append(item, element):
    return {
        "TableName": TABLE,
        "Key": key(item),
        "UpdateExpression": "SET l = list_append(if_not_exists(l, :none), :one)",
        "ExpressionAttributeValues": {":none": {"L": []}, ":one": {"L": [{"N": str(element)}]}},
    }


def has_length(length):
    """A condition on an item, and the values it needs."""
    if length == 0:
        return {"ConditionExpression": "attribute_not_exists(l)"}
    return {"ConditionExpression": "size(l) = :n", "ExpressionAttributeValues": {":n": {"N": str(length)}}}


class Client:
    def __init__(self, url, number, seed, generations, record):
        self.connection = Connection(url)
        self.chance = random.Random(seed)
        self.generations = generations
        self.record = record
        # Ids, which are the elements too, are unique among clients.
        self.ids = itertools.count(number, 1000)
        self.lengths = {}

    def transaction_and_more(self):
        """One transaction, and now and then something else."""
        if self.chance.random() < 0.6:
            self.transact_write()
        else:
            self.transact_get()
        other = self.chance.random()
        if other < 0.12:
            self.update()
        elif other < 0.24:
            self.put()
        elif other < 0.36:
            self.get(self.items(1)[0])
        elif other < 0.42:
            self.read_apart(self.chance.choice(["batch_get", "query", "scan"]))

    def read_all(self, items):
        for item in sorted(items):
            while self.get(item) is None:
                pass

    def items(self, count):
        slots = self.chance.sample(range(len(self.generations)), count)
        return [f"s{slot}/{self.generations[slot]}" for slot in slots]

    def saw(self, item, elements):
        self.lengths[item] = len(elements)
        slot, generation = item[1:].split("/")
        if len(elements) >= LENGTH_MAX:
            with self.generations.get_lock():
                self.generations[int(slot)] = max(self.generations[int(slot)], int(generation) + 1)
        return elements

    def transact_write(self):
        number = next(self.ids)
        items = self.items(self.chance.randint(1, 5))
        lengths = {}
        if len(items) > 1 and self.chance.random() < 0.4:
            checked = items.pop()
            lengths[checked] = self.lengths.get(checked, 0)
        actions = [{"Update": append(item, number)} for item in items]
        for item, length in lengths.items():
            actions.append({"ConditionCheck": {"TableName": TABLE, "Key": key(item), **has_length(length)}})
        self.chance.shuffle(actions)
        body = {"TransactItems": actions}
        if self.chance.random() < 0.5:
            body["ClientRequestToken"] = f"{number}"
        operation = {"id": number, "kind": "transact_write", "appends": {item: number for item in items}, "lengths": lengths}
        outcome = self.attempt("TransactWriteItems", body, operation, retry="ClientRequestToken" in body)
        if outcome == "ok" and "ClientRequestToken" in body and self.chance.random() < 0.2:
            # A replay, which must change nothing.
            self.try_call("TransactWriteItems", body)
        if outcome == "cancelled" and lengths:
            self.get(next(iter(lengths)))

    def update(self):
        number, item = next(self.ids), self.items(1)[0]
        operation = {"id": number, "kind": "update", "appends": {item: number}}

        def take(answer):
            operation["reads"] = {item: self.saw(item, elements_of(answer["Attributes"]))}

        self.attempt("UpdateItem", {**append(item, number), "ReturnValues": "ALL_NEW"}, operation, take=take)

    def put(self):
        item = self.items(1)[0]
        elements = self.get(item)
        if elements is None:
            return
        number = next(self.ids)
        new = {**key(item), "l": {"L": [{"N": str(element)} for element in elements + [number]]}}
        operation = {"id": number, "kind": "put", "appends": {item: number}, "lengths": {item: len(elements)}}
        self.attempt("PutItem", {"TableName": TABLE, "Item": new, **has_length(len(elements))}, operation)

    def transact_get(self):
        items = self.items(self.chance.randint(1, 5))
        operation = {"id": next(self.ids), "kind": "transact_get"}

        def take(answer):
            found = [elements_of(response.get("Item", {})) for response in answer["Responses"]]
            operation["reads"] = {item: self.saw(item, elements) for item, elements in zip(items, found)}

        body = {"TransactItems": [{"Get": {"TableName": TABLE, "Key": key(item)}} for item in items]}
        self.attempt("TransactGetItems", body, operation, take=take)

    def get(self, item):
        operation = {"id": next(self.ids), "kind": "get"}

        def take(answer):
            operation["reads"] = {item: self.saw(item, elements_of(answer.get("Item", {})))}

        body = {"TableName": TABLE, "Key": key(item), "ConsistentRead": True}
        if self.attempt("GetItem", body, operation, take=take) != "ok":
            return None
        return operation["reads"][item]

    def read_apart(self, kind):
        """Reads of several items, each of which stands for itself."""
        items = self.items(4)
        slot = items[0].split("/")[0]
        calls = {
            "batch_get": ("BatchGetItem", {"RequestItems": {TABLE: {"ConsistentRead": True, "Keys": [key(item) for item in items]}}}),
            "query": (
                "Query",
                {
                    "TableName": TABLE,
                    "ConsistentRead": True,
                    "KeyConditionExpression": "slot = :s",
                    "ExpressionAttributeValues": {":s": {"S": slot}},
                    "ScanIndexForward": False,
                    "Limit": 5,
                },
            ),
            "scan": ("Scan", {"TableName": TABLE, "ConsistentRead": True, "TotalSegments": 64, "Segment": self.chance.randrange(64), "Limit": 20}),
        }
        start = time.monotonic_ns()
        answer = self.try_call(*calls[kind])
        end = time.monotonic_ns()
        if answer is None:
            return
        found = answer["Responses"][TABLE] if kind == "batch_get" else answer["Items"]
        for item in found:
            reads = {item["item"]["S"]: elements_of(item)}
            self.record({"id": next(self.ids), "kind": kind, "start": start, "end": end, "outcome": "ok", "reads": reads})

    def try_call(self, name, body):
        try:
            return self.connection.call(name, body)
        except Unreachable:
            time.sleep(0.02)
        except Refused as refusal:
            if refusal.error not in RETRYABLE and refusal.error != "TransactionCanceledException":
                raise
        return None

    def attempt(self, name, body, operation, take=None, retry=False):
        """Sends a request and records it. A write without an answer may have been done; with `retry` it is sent again."""
        operation["start"], operation["end"], operation["outcome"] = time.monotonic_ns(), None, "unknown"
        while True:
            try:
                answer = self.connection.call(name, body)
            except Unreachable:
                time.sleep(0.02)
                if not retry:
                    break
                continue
            except Refused as refusal:
                known = ("ConditionalCheckFailedException", "TransactionCanceledException", *RETRYABLE)
                if refusal.error not in known:
                    raise
                # With the token of a call that was done, this would have been an acknowledgement.
                operation["outcome"] = "cancelled"
            else:
                operation["outcome"] = "ok"
                if take:
                    take(answer)
            operation["end"] = time.monotonic_ns()
            break
        if "appends" in operation or operation["outcome"] == "ok":
            self.record(operation)
        return operation["outcome"]
