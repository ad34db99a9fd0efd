// A team's diary on a single table, with the JavaScript SDK v3: `diary.mjs write` fills it, `diary.mjs read` prints every view.
//
// Teams, members, entries, comments and likes share one table. "inverted" swaps the keys (memberships of a person, likes of
// an entry), "by-date" lists entries of a team in time, and is sparse. What is printed is the same on every DynamoDB.
import {
  ConditionalCheckFailedException, CreateTableCommand, DynamoDBClient, waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand, BatchWriteCommand, DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, ScanCommand, UpdateCommand,
} from "@aws-sdk/lib-dynamodb";

const TableName = "diary-javascript";
const TEAMS = 4, PEOPLE = 25, ENTRIES = 120;
const client = new DynamoDBClient({ endpoint: process.env.ENDPOINT });
const db = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });

const pad = (number) => String(number).padStart(4, "0");
const team = (number) => `TEAM#${number}`;
const person = (number) => `PERSON#${pad(number)}`;
const entry = (number) => `ENTRY#${pad(number)}`;

async function open() {
  const schema = (hash, range) => [{ AttributeName: hash, KeyType: "HASH" }, { AttributeName: range, KeyType: "RANGE" }];
  await client.send(new CreateTableCommand({
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [["pk", "S"], ["sk", "S"], ["team", "S"], ["written", "N"]].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    KeySchema: schema("pk", "sk"),
    GlobalSecondaryIndexes: [
      { IndexName: "inverted", KeySchema: schema("sk", "pk"), Projection: { ProjectionType: "ALL" } },
      { IndexName: "by-date", KeySchema: schema("team", "written"), Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["title", "likes"] } },
    ],
  }));
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName });
}

/** What a write came to: done, or the name of what stood against it. */
async function attempt(command) {
  try {
    const { Attributes } = await db.send(command);
    return Attributes ?? "done";
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return error.name;
    throw error;
  }
}

async function batchWrite(requests) {
  for (let i = 0; i < requests.length; i += 25) {
    let left = { [TableName]: requests.slice(i, i + 25) };
    while (Object.keys(left).length) left = (await db.send(new BatchWriteCommand({ RequestItems: left }))).UnprocessedItems ?? {};
  }
}

const join = (teamNumber, number) => new PutCommand({
  TableName, ConditionExpression: "attribute_not_exists(pk)",
  Item: { pk: team(teamNumber), sk: person(number), role: number % 5 ? "member" : "owner", since: 20260101 + number, skills: new Set(["go", `s${number % 3}`]) },
});

/** A like counts once; whoever likes twice is told. */
async function like(number, who) {
  const noted = await attempt(new PutCommand({ TableName, Item: { pk: entry(number), sk: `LIKE#${person(who)}` }, ConditionExpression: "attribute_not_exists(sk)" }));
  if (noted !== "done") return noted;
  return attempt(new UpdateCommand({
    TableName, Key: { pk: entry(number), sk: "ENTRY" }, ConditionExpression: "attribute_exists(pk)", ReturnValues: "UPDATED_NEW",
    UpdateExpression: "ADD likes :one SET #last = :who", ExpressionAttributeNames: { "#last": "last" }, ExpressionAttributeValues: { ":one": 1, ":who": who },
  }));
}

const edit = (number, version, text) => new UpdateCommand({
  TableName, Key: { pk: entry(number), sk: "ENTRY" }, ReturnValues: "UPDATED_OLD",
  UpdateExpression: "SET body.#t = :text, body.edits = list_append(if_not_exists(body.edits, :none), :edit), version = version + :one REMOVE body.draft",
  ConditionExpression: "version = :version AND size(body.#t) < :limit AND NOT contains(body.#t, :text)", ExpressionAttributeNames: { "#t": "text" },
  ExpressionAttributeValues: { ":text": text, ":none": [], ":edit": [{ version, length: text.length }], ":one": 1, ":version": version, ":limit": 5000 },
});

async function write() {
  await open();
  for (let i = 0; i < PEOPLE; i++) show(`join ${i}`, [await attempt(join(i % TEAMS, i)), await attempt(join((i * 3) % TEAMS, i))]);
  await batchWrite(Array.from({ length: ENTRIES }, (_, i) => ({ PutRequest: { Item: {
    pk: entry(i), sk: "ENTRY", team: team(i % TEAMS), written: 1.5e9 + ((i * 7919) % 1000) / 8, title: `Entry ${i} ☕`, version: 1,
    body: { text: "word ".repeat(i * 3), draft: i % 2 === 0, attachments: i % 10 ? [] : [new Uint8Array([i, 0, 255])] },
  } } })));
  await batchWrite(Array.from({ length: ENTRIES * 2 }, (_, i) => ({ PutRequest: { Item: {
    pk: entry(i % 50), sk: `COMMENT#${pad(i)}`, by: person(i % PEOPLE), text: i % 4 ? `comment ${i}` : "", stars: (i % 50) / 10,
  } } })));
  for (let i = 0; i < 150; i++) show(`like ${i}`, await like((i * 11) % 40, (i * 5) % PEOPLE));
  show("like of nothing", await like(9999, 1));
  for (let i = 0; i < 20; i++) show(`edit ${i}`, [await attempt(edit(i, 1, "first")), await attempt(edit(i, 1, "second")), await attempt(edit(i, 2, "third"))]);
  for (let i = 0; i < 8; i++) {
    const left = new DeleteCommand({ TableName, Key: { pk: team(i % TEAMS), sk: person(i) }, ReturnValues: "ALL_OLD", ConditionExpression: "#r = :m",
      ExpressionAttributeNames: { "#r": "role" }, ExpressionAttributeValues: { ":m": "member" } });
    show(`leave ${i}`, await attempt(left));
  }
  for (let i = 100; i < 110; i++) await db.send(new UpdateCommand({ TableName, Key: { pk: entry(i), sk: "ENTRY" }, UpdateExpression: "REMOVE written" }));
}

/** Page by page; the cursor goes out as text and comes back. */
async function everything(Command, size, request) {
  const items = [];
  let cursor;
  do {
    const ExclusiveStartKey = cursor && JSON.parse(Buffer.from(cursor, "base64url").toString());
    const page = await db.send(new Command({ TableName, Limit: size, ExclusiveStartKey, ...request }));
    items.push(...page.Items);
    cursor = page.LastEvaluatedKey && Buffer.from(JSON.stringify(page.LastEvaluatedKey)).toString("base64url");
  } while (cursor);
  return items;
}

const query = (size, condition, values, more = {}) =>
  everything(QueryCommand, size, { KeyConditionExpression: condition, ExpressionAttributeValues: values, ...more });

async function read() {
  for (let i = 0; i < TEAMS; i++) {
    show(`members of ${i}`, await query(3, "pk = :t AND begins_with(sk, :p)", { ":t": team(i), ":p": "PERSON#" }));
    show(`newest of ${i}`, await query(7, "team = :t AND written > :w", { ":t": team(i), ":w": 1500000040.5 }, { IndexName: "by-date", ScanIndexForward: false }));
    show(`liked in ${i}`, await query(5, "team = :t", { ":t": team(i), ":n": 2 }, { IndexName: "by-date", FilterExpression: "likes >= :n", ProjectionExpression: "title, likes" }));
  }
  for (let i = 0; i < PEOPLE; i += 4) {
    show(`teams of ${i}`, await query(2, "sk = :p", { ":p": person(i) }, { IndexName: "inverted" }));
    show(`likes of ${i}`, await query(2, "sk = :p", { ":p": `LIKE#${person(i)}` }, { IndexName: "inverted" }));
  }
  for (let i = 0; i < 50; i += 7) {
    show(`entry ${i}`, (await db.send(new GetCommand({ TableName, Key: { pk: entry(i), sk: "ENTRY" }, ConsistentRead: true }))).Item);
    show(`comments of ${i}`, await query(1, "pk = :e AND sk BETWEEN :a AND :b", { ":e": entry(i), ":a": "COMMENT#0000", ":b": "COMMENT#0150" }));
  }
  const Keys = [0, 5, 10, 9999].map((i) => ({ pk: entry(i), sk: "ENTRY" }));
  const batch = await db.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ProjectionExpression: "pk, title, body.attachments, body.edits[0]" } } }));
  show("some entries", batch.Responses[TableName].sort((a, b) => (a.pk < b.pk ? -1 : 1)));
  const segments = await Promise.all([0, 1, 2, 3].map((Segment) => everything(ScanCommand, 30, { Segment, TotalSegments: 4 })));
  show("everything", segments.flat().sort((a, b) => (a.pk + "\n" + a.sk < b.pk + "\n" + b.sk ? -1 : 1)));
}

function show(what, value) {
  console.log(`${what}: ${JSON.stringify(sorted(value))}`);
}

/** Members by name, sets as sorted arrays, bytes as hexadecimal digits. */
function sorted(value) {
  if (value instanceof Set) return [...value].sort();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
}

await { write, read }[process.argv[2]]();
