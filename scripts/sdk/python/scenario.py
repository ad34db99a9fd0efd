"""boto3: the scenario of scripts/sdk.sh."""
import os
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key

NAME = "sdk-python"
options = {"endpoint_url": os.environ["ENDPOINT"]}
client = boto3.client("dynamodb", **options)
resource = boto3.resource("dynamodb", **options)

client.create_table(
    TableName=NAME,
    AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in (("pk", "S"), ("sk", "N"), ("colour", "S"))],
    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    GlobalSecondaryIndexes=[{
        "IndexName": "by-colour",
        "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "ALL"},
    }],
    BillingMode="PAY_PER_REQUEST",
)
client.get_waiter("table_exists").wait(TableName=NAME, WaiterConfig={"Delay": 1})
table = resource.Table(NAME)

item = {"pk": "types", "sk": Decimal("1.5"), "text": "né", "flag": True, "none": None, "bytes": b"\x00\xff",
        "list": [Decimal(1), "a", {"deep": []}], "strings": {"a", "b"}, "numbers": {Decimal(1), Decimal("2.5")}}
table.put_item(Item=item)
got = table.get_item(Key={"pk": "types", "sk": Decimal("1.5")}, ConsistentRead=True)["Item"]
assert got == item | {"bytes": got["bytes"]} and got["bytes"].value == b"\x00\xff", got

with table.batch_writer() as batch:
    for i in range(60):
        batch.put_item(Item={"pk": "rows", "sk": i, "colour": "red" if i % 3 else "blue"})

condition = Key("pk").eq("rows") & Key("sk").between(10, 49)
found = table.query(KeyConditionExpression=condition, FilterExpression=Attr("colour").eq("red"), ScanIndexForward=False)
assert found["ScannedCount"] == 40 and [int(i["sk"]) for i in found["Items"]] == [i for i in range(49, 9, -1) if i % 3], found

pages = client.get_paginator("query").paginate(
    TableName=NAME, IndexName="by-colour", KeyConditionExpression="colour = :c",
    ExpressionAttributeValues={":c": {"S": "red"}}, PaginationConfig={"PageSize": 7})
rows = [item for page in pages for item in page["Items"]]
assert [int(row["sk"]["N"]) for row in rows] == [i for i in range(60) if i % 3], rows
assert sum(page["Count"] for page in client.get_paginator("scan").paginate(TableName=NAME, Limit=9)) == 61

updated = table.update_item(Key={"pk": "counter", "sk": 0}, UpdateExpression="ADD n :one", ReturnValues="UPDATED_NEW",
                            ExpressionAttributeValues={":one": 1})
assert updated["Attributes"] == {"n": 1}, updated

try:
    client.put_item(TableName=NAME, Item={"pk": {"S": "counter"}, "sk": {"N": "0"}}, ConditionExpression="attribute_not_exists(pk)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD")
    raise AssertionError("the condition held")
except client.exceptions.ConditionalCheckFailedException as error:
    assert error.response["Item"]["n"] == {"N": "1"}, error.response
try:
    client.describe_table(TableName="nowhere")
    raise AssertionError("nowhere is there")
except client.exceptions.ResourceNotFoundException:
    pass
try:
    client.create_table(TableName=NAME, AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST")
    raise AssertionError("created twice")
except client.exceptions.ResourceInUseException:
    pass

client.delete_table(TableName=NAME)
client.get_waiter("table_not_exists").wait(TableName=NAME, WaiterConfig={"Delay": 1})
print(f"python: ok (boto3 {boto3.__version__})")
