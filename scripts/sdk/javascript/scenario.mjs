// The JavaScript SDK v3: the scenario of scripts/sdk.sh.
import assert from "node:assert/strict";
import {
  ConditionalCheckFailedException, CreateTableCommand, DeleteTableCommand, DescribeTableCommand, DynamoDBClient,
  PutItemCommand, ResourceInUseException, ResourceNotFoundException, waitUntilTableExists, waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";
import {
  BatchWriteCommand, DynamoDBDocumentClient, GetCommand, paginateQuery, paginateScan, PutCommand, QueryCommand, UpdateCommand,
} from "@aws-sdk/lib-dynamodb";

const TableName = "sdk-javascript";
const client = new DynamoDBClient({ endpoint: process.env.ENDPOINT });
const documents = DynamoDBDocumentClient.from(client);

await client.send(new CreateTableCommand({
  TableName,
  AttributeDefinitions: [["pk", "S"], ["sk", "N"], ["colour", "S"]].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }, { AttributeName: "sk", KeyType: "RANGE" }],
  GlobalSecondaryIndexes: [{
    IndexName: "by-colour",
    KeySchema: [{ AttributeName: "colour", KeyType: "HASH" }, { AttributeName: "sk", KeyType: "RANGE" }],
    Projection: { ProjectionType: "ALL" },
  }],
  BillingMode: "PAY_PER_REQUEST",
}));
await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName });

const Item = {
  pk: "types", sk: 1.5, text: "né", flag: true, none: null, bytes: new Uint8Array([0, 255]),
  list: [1, "a", { deep: [] }], strings: new Set(["a", "b"]), numbers: new Set([1, 2.5]),
};
await documents.send(new PutCommand({ TableName, Item }));
const got = await documents.send(new GetCommand({ TableName, Key: { pk: "types", sk: 1.5 }, ConsistentRead: true }));
assert.deepEqual(got.Item, Item);

const rows = Array.from({ length: 60 }, (_, i) => ({ pk: "rows", sk: i, colour: i % 3 ? "red" : "blue" }));
for (let i = 0; i < rows.length; i += 25) {
  const requests = rows.slice(i, i + 25).map((Item) => ({ PutRequest: { Item } }));
  const written = await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: requests } }));
  assert.deepEqual(written.UnprocessedItems, {});
}

const found = await documents.send(new QueryCommand({
  TableName, KeyConditionExpression: "pk = :p AND sk BETWEEN :a AND :b", FilterExpression: "colour = :c", ScanIndexForward: false,
  ExpressionAttributeValues: { ":p": "rows", ":a": 10, ":b": 49, ":c": "red" },
}));
assert.equal(found.ScannedCount, 40);
assert.deepEqual(found.Items.map((item) => item.sk), rows.slice(10, 50).reverse().filter((row) => row.colour === "red").map((row) => row.sk));

const paged = [];
for await (const page of paginateQuery({ client: documents, pageSize: 7 }, {
  TableName, IndexName: "by-colour", KeyConditionExpression: "colour = :c", ExpressionAttributeValues: { ":c": "red" },
})) paged.push(...page.Items);
assert.deepEqual(paged.map((item) => item.sk), rows.filter((row) => row.colour === "red").map((row) => row.sk));
let scanned = 0;
for await (const page of paginateScan({ client: documents, pageSize: 9 }, { TableName })) scanned += page.Count;
assert.equal(scanned, 61);

const updated = await documents.send(new UpdateCommand({
  TableName, Key: { pk: "counter", sk: 0 }, UpdateExpression: "ADD n :one", ExpressionAttributeValues: { ":one": 1 }, ReturnValues: "UPDATED_NEW",
}));
assert.deepEqual(updated.Attributes, { n: 1 });

await assert.rejects(
  client.send(new PutItemCommand({
    TableName, Item: { pk: { S: "counter" }, sk: { N: "0" } }, ConditionExpression: "attribute_not_exists(pk)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  })),
  (error) => error instanceof ConditionalCheckFailedException && error.Item.n.N === "1" && error.$metadata.requestId.length === 52,
);
await assert.rejects(client.send(new DescribeTableCommand({ TableName: "nowhere" })), ResourceNotFoundException);
const twice = new CreateTableCommand({
  TableName, BillingMode: "PAY_PER_REQUEST", AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
});
await assert.rejects(client.send(twice), ResourceInUseException);

await client.send(new DeleteTableCommand({ TableName }));
await waitUntilTableNotExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName });
const { default: { version } } = await import("@aws-sdk/client-dynamodb/package.json", { with: { type: "json" } });
console.log(`javascript: ok (@aws-sdk/client-dynamodb ${version})`);
