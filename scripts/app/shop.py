"""A shop on a single table, with boto3: `shop.py write` opens it and trades, `shop.py read` prints every view of it.

One table, keys PK and SK; GSI1 turns relations round (orders by customer, products by category), GSI2 lists orders by status
and date and is sparse. What is printed is the same on every DynamoDB.
"""
import base64
import json
import os
import sys
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key

TABLE = "shop-python"
dynamodb = boto3.resource("dynamodb", endpoint_url=os.environ["ENDPOINT"])
table = dynamodb.Table(TABLE)
Failed = dynamodb.meta.client.exceptions.ConditionalCheckFailedException

CUSTOMERS, PRODUCTS, ORDERS = 30, 40, 200
STATUSES = ["PLACED", "PAID", "SHIPPED", "DELIVERED"]


def open_shop():
    keys = [("GSI1PK", "GSI1SK"), ("GSI2PK", "GSI2SK")]
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("PK", "SK", *keys[0], *keys[1])],
        KeySchema=key_schema("PK", "SK"),
        GlobalSecondaryIndexes=[
            {"IndexName": "GSI1", "KeySchema": key_schema(*keys[0]), "Projection": {"ProjectionType": "ALL"}},
            {"IndexName": "GSI2", "KeySchema": key_schema(*keys[1]),
             "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total", "customer"]}},
        ],
    )
    table.wait_until_exists()


def key_schema(partition, sort):
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def register(number, email):
    """An address belongs to one customer only: whoever comes first."""
    try:
        table.put_item(Item={"PK": f"EMAIL#{email}", "SK": "EMAIL", "customer": number}, ConditionExpression="attribute_not_exists(PK)")
    except Failed:
        return False
    table.put_item(Item={"PK": f"CUSTOMER#{number:04}", "SK": "PROFILE", "email": email, "version": 1, "tags": {"new", "eu"},
                         "address": {"city": "Zürich", "lines": ["Bahnhofstrasse", str(number)]}})
    return True


def stock(number):
    return {"PK": f"PRODUCT#{number:04}", "SK": "PRODUCT", "GSI1PK": f"CATEGORY#{number % 5}", "GSI1SK": f"{number * 37 % 100:04}",
            "name": f"Product {number}", "price": Decimal(number) + Decimal("0.99"), "stock": 12, "photo": bytes(range(number % 256)),
            "description": "A fine thing. " * 40}


def place_order(number, customer, lines):
    """Takes each line from the stock, if there is enough of it; gives all back if one is short."""
    taken = []
    for product, count in lines:
        try:
            table.update_item(Key={"PK": f"PRODUCT#{product:04}", "SK": "PRODUCT"}, UpdateExpression="SET stock = stock - :n ADD sold :n",
                              ConditionExpression="stock >= :n", ExpressionAttributeValues={":n": count})
            taken.append((product, count))
        except Failed:
            for back, amount in taken:
                table.update_item(Key={"PK": f"PRODUCT#{back:04}", "SK": "PRODUCT"}, UpdateExpression="SET stock = stock + :n ADD sold :m",
                                  ExpressionAttributeValues={":n": amount, ":m": -amount})
            return None
    total = sum((Decimal(product) + Decimal("0.99")) * count for product, count in lines)
    date = f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}"
    order = {"PK": f"ORDER#{number:05}", "SK": "ORDER", "GSI1PK": f"CUSTOMER#{customer:04}", "GSI1SK": f"ORDER#{date}#{number:05}",
             "GSI2PK": "STATUS#PLACED", "GSI2SK": date, "customer": customer, "total": total, "status": "PLACED", "history": ["PLACED"]}
    with table.batch_writer() as batch:
        batch.put_item(Item=order)
        for line, (product, count) in enumerate(lines):
            batch.put_item(Item={"PK": order["PK"], "SK": f"LINE#{line:03}", "product": product, "count": count})
    return total


def advance(number, status):
    """One step on, from the step before only."""
    before = STATUSES[STATUSES.index(status) - 1]
    done = status == STATUSES[-1]
    try:
        answer = table.update_item(
            Key={"PK": f"ORDER#{number:05}", "SK": "ORDER"},
            UpdateExpression="SET #s = :to, history = list_append(history, :h)" + (" REMOVE GSI2PK" if done else ", GSI2PK = :g"),
            ConditionExpression=Attr("status").eq(before), ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":to": status, ":h": [status]} | ({} if done else {":g": f"STATUS#{status}"}),
            ReturnValues="UPDATED_NEW", ReturnValuesOnConditionCheckFailure="ALL_OLD")
        return answer["Attributes"]["history"]
    except Failed as failed:
        return failed.response["Item"]["status"]["S"] if "Item" in failed.response else None


def move_house(number, city, version):
    """Only over the version that was read."""
    try:
        return table.update_item(
            Key={"PK": f"CUSTOMER#{number:04}", "SK": "PROFILE"}, ConditionExpression=Attr("version").eq(version),
            UpdateExpression="SET address.city = :c, address.#l[2] = :new, version = version + :one DELETE tags :gone",
            ExpressionAttributeNames={"#l": "lines"}, ReturnValues="ALL_NEW",
            ExpressionAttributeValues={":c": city, ":new": "moved", ":one": 1, ":gone": {"new"}})["Attributes"]
    except Failed:
        return "somebody was faster"


def write():
    open_shop()
    show("registered", [register(i, f"c{i % (CUSTOMERS - 3)}@example.com") for i in range(CUSTOMERS)])
    with table.batch_writer() as batch:
        for i in range(PRODUCTS):
            batch.put_item(Item=stock(i))
    show("orders", [place_order(i, i % 7, [(i * 3 % PRODUCTS, i % 4 + 1), ((i * 5 + 1) % PRODUCTS, 1)]) for i in range(ORDERS)])
    show("paid", [advance(i, "PAID") for i in range(0, ORDERS, 2)])
    show("shipped", [advance(i, "SHIPPED") for i in range(0, ORDERS, 3)])
    show("delivered", [advance(i, "DELIVERED") for i in range(0, ORDERS, 12)])
    show("moved", [move_house(1, "Genève", 1), move_house(1, "Basel", 1), move_house(1, "Bern", 2)])
    for i in range(10, 14):
        table.delete_item(Key={"PK": f"ORDER#{i:05}", "SK": "LINE#001"})


def pages(operation, size, **request):
    """A page at a time, its cursor handed to a client as text and taken back."""
    cursor = None
    while True:
        if cursor:
            request["ExclusiveStartKey"] = json.loads(base64.b64decode(cursor))
        page = operation(Limit=size, **request)
        yield page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        cursor = base64.b64encode(json.dumps(page["LastEvaluatedKey"]).encode())


def everything(operation, size, **request):
    return [item for page in pages(operation, size, **request) for item in page]


def read():
    for number in (0, 1, 29):
        show(f"customer {number}", table.get_item(Key={"PK": f"CUSTOMER#{number:04}", "SK": "PROFILE"}).get("Item"))
    for number in range(0, ORDERS, 13):
        show(f"order {number}", table.query(KeyConditionExpression=Key("PK").eq(f"ORDER#{number:05}"), ConsistentRead=True)["Items"])
    for customer in range(7):
        show(f"latest orders of {customer}", everything(
            table.query, 4, IndexName="GSI1", ScanIndexForward=False,
            KeyConditionExpression=Key("GSI1PK").eq(f"CUSTOMER#{customer:04}") & Key("GSI1SK").begins_with("ORDER#2026-0")))
    for category in range(5):
        show(f"cheap in category {category}", everything(
            table.query, 3, IndexName="GSI1", KeyConditionExpression=Key("GSI1PK").eq(f"CATEGORY#{category}"),
            FilterExpression=Attr("price").lt(20) & Attr("stock").gte(1), ProjectionExpression="#n, price, stock, sold",
            ExpressionAttributeNames={"#n": "name"}))
    for status in STATUSES:
        found = everything(table.query, 9, IndexName="GSI2", KeyConditionExpression=Key("GSI2PK").eq(f"STATUS#{status}")
                           & Key("GSI2SK").between("2026-02-01", "2026-08-31"))
        show(f"{status} from February to August", sorted(found, key=lambda item: (item["GSI2SK"], item["PK"])))
    whole = [item for segment in range(3) for item in everything(table.scan, 50, Segment=segment, TotalSegments=3)]
    show("everything", sorted(whole, key=lambda item: (item["PK"], item["SK"])))


def show(what, value):
    print(f"{what}: {json.dumps(value, default=plain, sort_keys=True, ensure_ascii=False)}")


def plain(value):
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, set):
        return sorted(value)
    return bytes(value).hex()


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]]()
